"""The kinds of sidecars and their file names."""

from __future__ import annotations

#: Kinds of sidecar, as aind-data-schema names them. The file is ``<kind>.json``. ``mri_session`` existed until
#: aind-data-schema 0.33.
KINDS = (
    "data_description",
    "subject",
    "procedures",
    "processing",
    "session",
    "rig",
    "acquisition",
    "instrument",
    "quality_control",
    "model",
    "mri_session",
)

SIDECARS = tuple(f"{kind}.json" for kind in KINDS)

#: The record that contains all sidecars of an asset as members. The indexer of the bucket writes it.
RECORD = "metadata.nd.json"


def is_unmerged(key: str) -> bool:
    """Whether a file at the root is a part of a sidecar before a merge: ``acquisition_ephys.json``."""
    return key.endswith(".json") and key.startswith(("instrument_", "acquisition_", "quality_control_"))
