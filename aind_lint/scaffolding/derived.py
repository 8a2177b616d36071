"""A new derived asset, from its source.

What the conventions say: subject, procedures, and the sidecars of the recording are copies of the source's;
data_description.json names the source; processing.json describes what was done. Source: "Data organization", AIND
documentation.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import build_derived_name
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.errors import UsageError
from aind_lint.scaffolding.new_asset import NewAsset
from aind_lint.scaffolding.new_sidecar import Release, write_sidecar
from aind_lint.scaffolding.skeleton import Blank, Skeleton
from aind_lint.schema.json_schema.sidecar_validator import validate_version
from aind_lint.schema.released_schemas import is_archived, known_versions
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.reader import Sidecar
from aind_lint.text.json_position import split_pointer

_COPIED = ("subject", "procedures", "instrument", "acquisition", "rig", "session", "mri_session")
#: Values of data_description.json that are about the source alone.
_OWN = ("object_type", "describedBy", "schema_version", "name", "creation_time", "creation_date", "data_level")
_OF_SOURCE = ("source_data", "input_data_name", "process_name", "label", "analysis_name", "related_data")
_LEVELS = ("derived", "derived data")


def new_derived(source: Asset, label: str, processed: datetime) -> NewAsset:
    """A derived asset of ``source``.

    Args:
        source: The source, which is not changed.
        label: The label in the name.
        processed: The time of processing, with the offset of the lab's zone. It is in the name.

    Raises:
        UsageError: The source or the label is not valid.
        ModelUnavailableError: The models of the source's generation are not installed.
    """
    description = _description(source)
    # The name is made from the first raw asset, even if other derived assets came in between.
    origin = source.name.source or source.listing.name
    name = build_derived_name(origin, label, processed)
    if source.name.form is None or parse_name(origin, vocabulary=source.vocabulary).problems:
        reason = source.name.problems[0].message if source.name.problems else "it has no date and time"
        raise UsageError(f"the source has no valid name: {reason}; see 'aind-lint check {source.listing.address}'")
    parsed = parse_name(name, "derived", source.vocabulary)
    if parsed.problems:
        raise UsageError(f"'{label}' is no label: {parsed.problems[0].message}")
    if parsed.label != label:
        raise UsageError(f"'{label}' is no label: it would be read as a part of another name")
    asset = NewAsset(name)
    stated = (description.data or {}).get("name")
    if stated != source.listing.name:
        # A published source cannot be corrected any more; its folder is what users and programs find.
        asset.notes.append(
            f"the source is named {source.listing.name}, but {stated} in its data_description.json; the new asset "
            "names the folder as its source"
        )
    release = _release(description)
    _describe(asset, source, description, release, label, processed)
    for kind in _COPIED:
        sidecar = source.sidecar(f"{kind}.json")
        if sidecar is not None:
            asset.files[sidecar.key] = sidecar.raw
    version = release.version_of("Processing")
    asset.add("processing", write_sidecar("processing", "Processing", version, _processing(version, source, name)))
    asset.blanks += _demanded(version)
    asset.blanks.append(Blank(None, None, f"the results, in {label}/ or in a folder named by the process"))
    return asset


def _description(source: Asset) -> Sidecar:
    """The readable data_description.json of the source."""
    where = source.listing.address
    description = source.sidecar("data_description.json")
    if description is None:
        raise UsageError(f"the source {where} has no data_description.json, from which the new one is made")
    if description.data is None:
        raise UsageError(f"data_description.json of the source {where}: {description.problems[-1].message}")
    return description


def _release(description: Sidecar) -> Release:
    declared = declaration(description)
    if declared.release is None or declared.generation is None:
        raise UsageError(
            f"data_description.json of the source declares no released version ({declared.version or 'none'}); "
            "fix it first"
        )
    return Release(declared.generation, None if declared.generation == "2.x" else declared.release)


def _describe(
    asset: NewAsset, source: Asset, description: Sidecar, release: Release, label: str, processed: datetime
) -> None:
    cls, version = _description_class(description, release)
    skeleton = Skeleton(cls, version)
    data = description.data or {}
    utc = processed.astimezone(timezone.utc)
    times = {"date": utc.date().isoformat(), "time": utc.time().isoformat(), "date-time": processed.isoformat()}
    own: dict[str, Any] = {
        "creation_time": times.get(skeleton.format_of("creation_time") or "", times["date-time"]),
        "creation_date": times["date"],
        "name": asset.name,
        "data_level": next((level for level in _LEVELS if skeleton.accepts("data_level", level)), _LEVELS[0]),
        "input_data_name": source.listing.name,
        "process_name": label,
        "source_data": [source.listing.name],
    }
    carried = {field: value for field, value in data.items() if field not in (*_OWN, *_OF_SOURCE)}
    known = {field: value for field, value in {**carried, **own}.items() if field in skeleton.fields}
    for error in validate_version("DataDescription", version, {**known, "schema_version": version}).errors:
        field = next(iter(split_pointer(error.pointer)), "")
        if field in carried and field in known and field not in own:
            del known[field]
            asset.notes.append(f"/{field} of the source is not valid for version {version} and was left out")
    asset.add("data_description", write_sidecar("data_description", cls, version, known))


def _description_class(description: Sidecar, release: Release) -> tuple[str, str]:
    """The class and version of the new data_description.json; up to 1.4.0 that of derived assets, if there is one."""
    declared = declaration(description)
    if release.number is None:
        return "DataDescription", release.version_of("DataDescription")
    version = declared.version or ""
    derived = "DerivedDataDescription"
    if version in known_versions()[derived] and is_archived(derived, version):
        return derived, version
    return "DataDescription", version


def _processing(version: str, source: Asset, name: str) -> dict[str, Any]:
    """What is known of processing.json: its structure, input and output."""
    fields = Skeleton("Processing", version).fields
    if "processing_pipeline" in fields or "pipelines" not in fields:
        process: dict[str, Any] = {"input_location": source.listing.name, "output_location": name}
    else:
        process = {"code": {"input_data": [{"object_type": "Data asset", "name": source.listing.name}]}}
    if "processing_pipeline" in fields:
        return {"processing_pipeline": {"data_processes": [process]}}
    return {"data_processes": [process]}


def _demanded(version: str) -> list[Blank]:
    """Fields of processing.json that the schema does not require, but a rule does."""
    if "pipelines" not in Skeleton("Processing", version).fields:
        return []
    pointer = "/data_processes/0/code/version"
    return [Blank("processing.json", pointer, "text (version of the code; or its commit, as commit_hash)")]
