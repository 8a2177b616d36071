"""Repairs: what to do about a wrong name, field or file, as a sentence of a fix.

A repair must make things right when it is followed to the letter. So a new name comes with the field that repeats it,
and a file that belongs to something else is replaced, not changed in one field.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName, build_derived_name, build_raw_name
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.name_timestamp import NAME_TIMESTAMP
from aind_lint.asset.value_reference import ReferencedValue, resolve_references
from aind_lint.engine.evidence import collect, join_words, same_start, start_evidence, stated_start
from aind_lint.text.timestamps import parse_iso

DATA_DESCRIPTION = "data_description.json"
#: Where sidecars state the subject.
SUBJECT_REFERENCES = tuple(
    f"{kind}.json#/subject_id"
    for kind in ("data_description", "subject", "procedures", "session", "acquisition", "mri_session")
)


def rename(asset: Asset, name: str) -> str:
    """Rename the folder, and correct the name in data_description.json if it is another one."""
    stated = stated_name(asset)
    if asset.upload is not None:
        return f"correct {asset.upload.manifest.path.name}, so that the name of the asset is {name}"
    if stated is None or stated == name:
        return f"rename the folder to {name}"
    return f'rename the folder to {name}, and set /name in {DATA_DESCRIPTION} to "{name}"'


def stated_name(asset: Asset) -> str | None:
    """The name in data_description.json."""
    try:
        name = asset.value(DATA_DESCRIPTION, "/name")
    except LookupError:
        return None
    return name if isinstance(name, str) and name else None


def set_source(asset: Asset, source: str) -> str:
    """Name the source of a derived asset in the field of its generation."""
    if asset.generation in ("2.x", "3.x"):
        return f'set /source_data in {DATA_DESCRIPTION} to ["{source}"]'
    return f'set /input_data_name in {DATA_DESCRIPTION} to "{source}"'


def name_with(
    asset: Asset, *, prefix: str | None = None, subject_id: str | None = None, acquired: datetime | None = None
) -> str | None:
    """The asset's name with another prefix, subject or acquisition time; None if the name lacks other parts."""
    name = asset.name
    prefix, subject_id, acquired = prefix or name.prefix, subject_id or name.subject_id, acquired or name.acquired
    if subject_id is None or acquired is None:
        return None
    raw = build_raw_name(subject_id, acquired, prefix)
    if name.form == "raw":
        return raw
    if name.form != "derived" or name.label is None or name.processed is None:
        return None
    return build_derived_name(raw, name.label, name.processed)


def suggested_name(asset: Asset, suggestion: str | None = None, zone: str | None = None) -> str | None:
    """The name that the sidecars state, if they agree with each other; else ``suggestion``.

    Args:
        asset: An asset with a wrong name.
        suggestion: What the name itself was probably meant to be. If its time is another one, the sidecars may belong
            to another recording.
        zone: The zone of rigs that state none. Up to metadata 1.x, names are in local time.
    """
    start, subject = stated_start(asset), _stated_subject(asset)
    if suggestion is not None:
        meant = _parse(asset, suggestion)
        is_same_recording = start is not None and meant.acquired is not None and same_start(meant.acquired, start)
        if meant.form != "raw" or not is_same_recording or meant.subject_id == subject:
            return suggestion
    local = _local(asset, start, zone) if start is not None and zone is not None else start
    return _name_in_sidecars(asset, subject, local) or suggestion


def _local(asset: Asset, start: datetime, zone: str) -> datetime:
    """The start in the zone in which names are made of it.

    Up to metadata 1.x that is local time, also if the start is stated in UTC, unless the wrong name shows that time.
    """
    is_utc = start.utcoffset() == timedelta(0) and asset.zone is None
    if not is_utc or asset.generation in ("2.x", "3.x") or f"{start:%H-%M-%S}" in asset.name.text:
        return start
    try:
        return start.astimezone(ZoneInfo(zone))
    except OverflowError:  # the first day of the calendar, which programs write for no time, has no other zone
        return start


def _stated_subject(asset: Asset) -> str | None:
    """The subject, if all sidecars state the same."""
    subjects = {str(entry.value) for entry in resolve_references(asset, SUBJECT_REFERENCES)}
    return subjects.pop() if len(subjects) == 1 else None


def _name_in_sidecars(asset: Asset, subject: str | None, start: datetime | None) -> str | None:
    if asset.stated_level == "derived" and (derived := derived_name(asset)) is not None:
        return derived
    stated = stated_name(asset)
    name = _parse(asset, stated) if stated else None
    if subject is None or start is None:
        return None
    if name is not None and not name.problems:
        agrees = name.acquired is not None and same_start(name.acquired, start) and name.subject_id == subject
        return stated if agrees else None
    if asset.level != "raw":
        return None
    try:
        prefix = asset.value(DATA_DESCRIPTION, "/platform/abbreviation")
    except LookupError:
        prefix = None
    local = start.astimezone(asset.zone) if asset.zone and start.tzinfo else start
    built = build_raw_name(subject, local, prefix if isinstance(prefix, str) else None)
    return built if not _parse(asset, built).problems else None


def derived_name(asset: Asset) -> str | None:
    """The name of an asset with one source, from the source, and from label and time of processing as far as known.

    These are in the name of the folder, or in ``creation_time``. None if one of them is in neither.
    """
    if len(asset.sources) != 1:
        return None
    source = _parse_raw(asset, asset.sources[0])
    if source.form != "raw" or source.problems:
        return None
    stated = _parse(asset, stated_name(asset) or "")
    if stated.form == "derived" and not stated.problems and stated.source == source.text:
        return stated.text
    name = asset.name
    label, processed = name.label, name.processed
    if name.form == "raw" and (unfinished := _found(name, "unfinished-derived")):
        label = unfinished
    elif name.form == "raw" and (timestamp := NAME_TIMESTAMP.search(name.text)) and timestamp.end() == len(name.text):
        words = name.text[: timestamp.start()].strip("_").split("_")
        label = "-".join(word for word in words if word not in (source.prefix, source.subject_id))
        processed = parse_name(f"x_{timestamp.group().strip('_')}").acquired
        if processed == source.acquired:
            return None
    processed = processed or _created(asset)
    if not label or processed is None:
        return None
    built = build_derived_name(source.text, label.replace("_", "-"), processed)
    return built if not _parse(asset, built).problems else None


def _parse_raw(asset: Asset, source: str) -> AssetName:
    """The raw asset to which a source goes back: a label is never appended to another label."""
    parsed = parse_name(source, vocabulary=asset.vocabulary)
    return parse_name(parsed.source, vocabulary=asset.vocabulary) if parsed.source else parsed


def _found(name: AssetName, code: str) -> str | None:
    return next((problem.found for problem in name.problems if problem.code == code), None)


def _created(asset: Asset) -> datetime | None:
    """``creation_time`` in its own offset, naive."""
    try:
        created = parse_iso(str(asset.value(DATA_DESCRIPTION, "/creation_time")))
    except LookupError:
        return None
    return created.replace(tzinfo=None, microsecond=0) if isinstance(created, datetime) else None


def _parse(asset: Asset, name: str) -> AssetName:
    return parse_name(name, asset.stated_level, asset.vocabulary)


def repair_start(asset: Asset, stated: ReferencedValue, renamed: str | None, difference: timedelta, zone: str) -> str:
    """The repair when the start of the acquisition is not the time in the name, as evidence shows it.

    Args:
        asset: The asset.
        stated: The start in a sidecar.
        renamed: The asset's name with that start.
        difference: How much later the time in the name is.
        zone: The zone of rigs that state none.
    """
    if other := repair_other_recording(asset, zone):
        return other
    if is_of_other_subject(asset, stated.file):
        return f"Replace {stated.file} with that of this recording"
    established = start_evidence(asset, stated).established
    renaming = rename(asset, renamed) if renamed else "rename the folder to the start of the acquisition"
    if established == "sidecar":
        return sentence(renaming)
    replacing = _replace_recorded(asset, stated, difference if established == "name" else None)
    if established == "name":
        return sentence(replacing)
    return f"If the folder name is right, {replacing}. If {stated.file} is right, {renaming}"


def repair_other_recording(asset: Asset, zone: str) -> str | None:
    """The repair when the sidecars agree, and both their subject and their time are not those of the name; else None.

    Then the sidecars belong to another recording, or the folder has its name.
    """
    name, subject, start = asset.name, _stated_subject(asset), stated_start(asset)
    if None in (name.subject_id, name.acquired, subject, start) or subject == name.subject_id:
        return None
    assert name.acquired is not None and start is not None
    if same_start(name.acquired, start):
        return None
    local = _local(asset, start, zone)
    renamed = _name_in_sidecars(asset, subject, local) or name_with(
        asset, subject_id=subject, acquired=local.replace(tzinfo=None)
    )
    renaming = rename(asset, renamed) if renamed else "rename the folder to the name of that recording"
    return (
        f"If the folder name is right, replace all sidecars with those of {name.text}. "
        f"If the sidecars are right, {renaming}"
    )


def is_of_other_subject(asset: Asset, file: str | None) -> bool:
    """Whether a file of the rig states another subject than the established one: then it is of another recording."""
    references = ("name:subject_id", *SUBJECT_REFERENCES, "source:subject_id")
    return any(one.file == file for one in collect(asset, resolve_references(asset, references)).wrong)


def _replace_recorded(asset: Asset, stated: ReferencedValue, difference: timedelta | None) -> str:
    """Replace the sidecars of another recording, or correct one time if the rest of its file is certainly right."""
    files = [str(stated.file)]
    name = stated_name(asset)
    parsed = _parse(asset, name) if name else None
    name_time = asset.name.acquired
    if parsed and parsed.acquired and name_time and not same_start(name_time, parsed.acquired):
        files.append(DATA_DESCRIPTION)
    time = parse_iso(str(stated.value))
    if difference is not None and len(files) == 1 and isinstance(time, datetime) and _streams_agree(asset, stated):
        return f'set {stated.pointer} in {stated.file} to "{(time + difference).isoformat()}"'
    return f"replace {join_words(files)} with {'those' if len(files) > 1 else 'that'} of this recording"


def _streams_agree(asset: Asset, stated: ReferencedValue) -> bool:
    statements = start_evidence(asset, stated).statements
    return any(one.value == "name" and one.place.startswith("the streams") for one in statements)


def sentence(text: str) -> str:
    """A text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
