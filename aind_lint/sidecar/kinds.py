"""The kinds of sidecars, and the files they are."""

from __future__ import annotations

#: Kinds of sidecar, as aind-data-schema names them; the file is ``<kind>.json``.
#: ``mri_session`` was written until package 0.33.
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

#: The record of all sidecars in one file, which the bucket's indexer writes: each core record is a member of it.
RECORD = "metadata.nd.json"


def is_unmerged(key: str) -> bool:
    """Whether a root file is one part of a sidecar that has still to be merged: ``acquisition_ephys.json``."""
    return key.endswith(".json") and key.startswith(("instrument_", "acquisition_"))
