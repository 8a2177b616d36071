"""`new`: makes assets and sidecars, checks them, and separates blanks from what the source brings with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aind_lint.app.checking.check import check_paths
from aind_lint.app.checking.check_options import CheckOptions
from aind_lint.app.checking.check_targets import find_targets
from aind_lint.asset.asset import Asset
from aind_lint.asset.discovery import is_owning_asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.listing.listing import Listing
from aind_lint.asset.naming.vocabulary import VOCABULARY, Vocabulary
from aind_lint.bucket.address import Connection
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.config.settings import Settings
from aind_lint.errors import NoAssetError, UsageError
from aind_lint.finding import Finding
from aind_lint.scaffolding.derived import new_derived
from aind_lint.scaffolding.new_asset import NewAsset, list_blanks, write_new
from aind_lint.scaffolding.new_sidecar import Release, write_sidecar
from aind_lint.scaffolding.raw import new_raw
from aind_lint.scaffolding.skeleton import Blank
from aind_lint.schema.json_schema.published_schema import no_such_kind, sidecar_class
from aind_lint.schema.models.model_result import ModelUnavailableError
from aind_lint.schema.released_schemas import is_archived
from aind_lint.schema.versions import class_of, declaration, sidecar_kinds_by_class
from aind_lint.text.timestamps import parse_iso

#: The rules for required fields and missing data, whose findings are the blanks.
_NO_DATA_RULES = ("LAY101", "LAY102")


@dataclass(frozen=True)
class Created:
    """What was written.

    Attributes:
        path: The folder of the asset, or the sidecar.
        blanks_file: The list of blanks.
        blanks: What only a person knows.
        notes: What else to know, in sentences.
        other_findings: Findings that are no blanks: they are in what the source brings with it.
    """

    path: Path
    blanks_file: Path
    blanks: Sequence[Blank]
    notes: Sequence[str] = ()
    other_findings: Sequence[Finding] = ()


def create_derived(
    source: str,
    label: str,
    parent: Path,
    time: str | None = None,
    config: Path | None = None,
    connection: Connection = Connection(),
) -> Created:
    """Make a derived asset of ``source``, a folder or an ``s3://`` prefix, in ``parent``.

    Args:
        source: The source, which is not changed.
        label: The label in the name.
        parent: The folder in which the asset is made.
        time: The time of processing, ISO 8601; by default now.
        config: Configuration file; by default it is searched.
        connection: Connection to S3.

    Raises:
        UsageError: The source, the label or the time is not valid, or the asset exists.
        NoAssetError: There is no source.
        BucketError: The bucket cannot be read.
        OSError: The asset cannot be written.
    """
    settings = _settings(parent, config)
    _refuse_inside_asset(parent)
    asset = _source(source, settings, connection)
    with _models_required():
        new = new_derived(asset, label, _time(time, settings))
    return _write(new, parent, settings)


def create_raw(
    subject: str, modalities: Sequence[str], parent: Path, time: str | None = None, config: Path | None = None
) -> Created:
    """Make a raw asset in ``parent``.

    Args:
        subject: The subject id.
        modalities: Abbreviations of the modalities.
        parent: The folder in which the asset is made.
        time: The start of the acquisition, ISO 8601; by default now.
        config: Configuration file; by default it is searched.

    Raises:
        UsageError: An argument is not valid, or the asset exists.
        OSError: The asset cannot be written.
    """
    settings = _settings(parent, config)
    _refuse_inside_asset(parent)
    with _models_required():
        new = new_raw(subject, modalities, _time(time, settings), _vocabulary(settings))
    return _write(new, parent, settings)


def create_sidecar(kind: str, folder: Path, version: str | None = None) -> Created:
    """Write ``<kind>.json`` with what the folder, if it is an asset, makes known.

    Args:
        kind: The kind, such as ``subject``, or a class, such as ``EphysRig``.
        folder: The folder, which must exist.
        version: The version; by default that of the release of the asset's data_description.json, or else of the
            installed models.

    Raises:
        UsageError: There is no such kind or version, or the file exists.
        OSError: The file cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    asset = Asset(scan_folder(folder, depth=1)) if is_owning_asset(folder.resolve()) else None
    kinds = sidecar_kinds_by_class()
    if kind not in kinds and kind not in kinds.values():
        raise UsageError(no_such_kind(kind))
    if version is not None:
        cls = sidecar_class(kind, version)
    else:
        cls = kind if kind in kinds else class_of(None, kind)
        with _models_required():
            version = _release_of(asset).version_of(cls)
    if not is_archived(cls, version):
        raise UsageError(f"there is no JSON Schema of {cls} {version}")
    kind = kinds[cls]
    content, blanks = write_sidecar(kind, cls, version, _known(asset))
    path = folder / f"{kind}.json"
    beside = folder.resolve()
    blanks_file = beside.parent / f"{beside.name}.{kind}.blanks.txt" if asset else beside / f"{kind}.blanks.txt"
    if blanks_file.exists():
        raise UsageError(f"{blanks_file} exists already; nothing was written")
    write_new(path, content)
    write_new(blanks_file, list_blanks(path.name, blanks).encode("utf-8"))
    return Created(path, blanks_file, blanks)


def _settings(parent: Path, config: Path | None) -> Settings:
    return read_settings(config) if config else find_settings([str(parent)])


def _vocabulary(settings: Settings) -> Vocabulary:
    return settings.vocabulary.extend() if settings.vocabulary else VOCABULARY


def _time(text: str | None, settings: Settings) -> datetime:
    """A time with an offset and without microseconds; a time without an offset is in the zone of the rigs."""
    zone = ZoneInfo(settings.zone)
    if text is None:
        return datetime.now(zone).replace(microsecond=0)
    parsed = parse_iso(text)
    if not isinstance(parsed, datetime):
        raise UsageError(f"'{text}' is no time; write it as 2026-02-13T18:31:13")
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).replace(microsecond=0)


def _refuse_inside_asset(parent: Path) -> None:
    resolved = parent.resolve()
    for folder in (resolved, *resolved.parents):
        if is_owning_asset(folder):
            raise UsageError(f"{folder} is an asset, and an asset never contains another; choose a folder with --in")


def _source(path: str, settings: Settings, connection: Connection) -> Asset:
    found = find_targets([path], from_files=False, connection=connection)
    targets = [target for target in found.targets if target.kind in ("folder", "bucket")]
    if found.without_asset:
        raise NoAssetError(found.without_asset[0])
    if len(targets) != 1 or len(found.targets) != 1:
        raise UsageError(f"{path} is not the folder or the prefix of one asset")
    listing = targets[0].scan(None)
    assert isinstance(listing, Listing)  # only manifests give assets
    return Asset(listing, vocabulary=_vocabulary(settings))


def _release_of(asset: Asset | None) -> Release:
    """The release for new sidecars: that of the asset's data_description.json, or else of the installed models."""
    description = asset.sidecar("data_description.json") if asset else None
    if description is None or description.data is None:
        return Release("2.x")
    declared = declaration(description)
    if declared.release is None or declared.generation in (None, "2.x"):
        return Release("2.x")
    return Release(declared.generation, declared.release)


def _known(asset: Asset | None) -> dict[str, object]:
    """What the name of an asset and its data_description.json make known of every sidecar."""
    if asset is None:
        return {}
    known = {"name": asset.listing.name, "subject_id": asset.name.subject_id, "data_level": asset.level}
    return {field: value for field, value in known.items() if value is not None}


def _write(new: NewAsset, parent: Path, settings: Settings) -> Created:
    folder, blanks_file = new.write(parent)
    known = {(blank.file, blank.pointer) for blank in new.blanks}
    report = check_paths([str(folder)], settings, CheckOptions(cache=False, contents="none"))
    others = [
        finding
        for finding in report.all_findings
        if (finding.location.file, finding.location.pointer) not in known and finding.rule not in _NO_DATA_RULES
    ]
    return Created(folder, blanks_file, new.blanks, new.notes, others)


@contextmanager
def _models_required() -> Iterator[None]:
    try:
        yield
    except ModelUnavailableError as error:
        raise UsageError(f"{error}; the new sidecars are written in the version of the installed models") from None
