"""A new raw asset with the sidecars of metadata 2.x, from what is known before a recording."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aind_lint.asset.naming.asset_name import build_raw_name
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.errors import UsageError
from aind_lint.scaffolding.new_asset import NewAsset
from aind_lint.scaffolding.new_sidecar import Release, write_sidecar
from aind_lint.scaffolding.skeleton import Blank, Skeleton
from aind_lint.schema.versions import class_of
from aind_lint.text.suggestions import closest

_KINDS = ("data_description", "subject", "procedures", "instrument", "acquisition")


def new_raw(subject_id: str, modalities: Sequence[str], acquired: datetime, vocabulary: Vocabulary) -> NewAsset:
    """A raw asset.

    Args:
        subject_id: The subject.
        modalities: Abbreviations of the modalities.
        acquired: The start of the acquisition, with the offset of the lab's zone. It is in the name.
        vocabulary: The words of the laboratory.

    Raises:
        UsageError: The subject or a modality is not valid.
        ModelUnavailableError: The models are not installed.
    """
    name = build_raw_name(subject_id, acquired)
    parsed = parse_name(name, "raw", vocabulary)
    if parsed.problems:
        raise UsageError(f"'{subject_id}' is no subject id: {parsed.problems[0].message}")
    if parsed.subject_id != subject_id:
        raise UsageError(f"'{subject_id}' is no subject id: it would be read as something else in the name {name}")
    release = Release("2.x")
    versions = {kind: release.version_of(class_of(None, kind)) for kind in _KINDS}
    known_modalities = Skeleton("DataDescription", versions["data_description"]).tags_of("modalities")
    for modality in modalities:
        if modality not in known_modalities and modality not in vocabulary.added_modalities:
            similar = closest(modality, known_modalities)
            hint = f"did you mean '{similar}'?" if similar else f"it is one of {', '.join(sorted(known_modalities))}"
            raise UsageError(f"there is no modality '{modality}'; {hint}")
    known: dict[str, Any] = {
        "name": name,
        "subject_id": subject_id,
        "data_level": "raw",
        "modalities": [{"abbreviation": modality} for modality in dict.fromkeys(modalities)],
        "acquisition_start_time": acquired.isoformat(),
    }
    asset = NewAsset(name)
    for kind in _KINDS:
        asset.add(kind, write_sidecar(kind, class_of(None, kind), versions[kind], known))
    details = "an object (the state of the animal; of a specimen, /specimen_id instead)"
    asset.blanks.append(Blank("acquisition.json", "/subject_details", details))
    asset.blanks += [Blank(None, None, f"the data, in {modality}/") for modality in dict.fromkeys(modalities)]
    return asset
