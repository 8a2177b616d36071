"""Does the upload manifest upload the whole asset under its own name?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.upload.upload_manifest import parse_service_time
from aind_lint.asset.upload.upload_preview import UploadPreview
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import shorten
from aind_lint.text.suggestions import closest

_OVERWRITE_KEY = "force_cloud_sync"


class Options(verb.Options):
    """Which problem to report."""

    problem: Literal["path", "modality", "subject", "time", "name", "overwritten", "overwrite-allowed"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every problem in the manifest; nothing if the asset has no manifest."""
    if asset.upload is None:
        return
    file = asset.upload.manifest.path.name
    for pointer, message, found, expected in _PROBLEMS[options.problem](asset.upload, asset):
        yield Fault(message, file, pointer, found=found, expected=expected)


#: Pointer, message, found and expected.
_Problems = Iterator[tuple[str, str, str | None, str | None]]


def _paths(upload: UploadPreview, asset: Asset) -> _Problems:
    for source in upload.missing:
        yield source.pointer, f"{shorten(source.path)} does not exist", source.path, None


def _modalities(upload: UploadPreview, asset: Asset) -> _Problems:
    modalities = upload.manifest.content.get("modalities")
    for modality in modalities if isinstance(modalities, dict) else ():
        if modality not in asset.vocabulary.modality_folders:
            text = shorten(str(modality))
            yield (
                f"/modalities/{text}",
                f"{text} is not a known modality",
                text,
                closest(str(modality), asset.vocabulary.modality_folders),
            )


def _subjects(upload: UploadPreview, asset: Asset) -> _Problems:
    manifest = upload.manifest
    for pointer, job in manifest.jobs:
        if manifest.subject_id(job) is None:
            value = job.get("subject_id", manifest.content.get("subject_id"))
            text = None if value is None else shorten(str(value))
            message = "subject_id is missing" if text is None else f"subject_id {text} is not an integer"
            yield f"{pointer}/subject_id", message, text, asset.name.subject_id


def _times(upload: UploadPreview, asset: Asset) -> _Problems:
    manifest = upload.manifest
    for pointer, job in manifest.jobs:
        key = "acq_datetime" if "acq_datetime" in job else "acquisition_datetime"
        value = job.get(key, manifest.content.get(key))
        if parse_service_time(value) is None:
            text = None if value is None else shorten(str(value))
            message = f"{key} is missing" if text is None else f"{text} is not a date and time"
            yield f"{pointer if key in job else ''}/{key}", message, text, "YYYY-MM-DD HH:MM:SS"


def _names(upload: UploadPreview, asset: Asset) -> _Problems:
    manifest = upload.manifest
    for pointer, job in manifest.jobs:
        prefix = manifest.computed_name(job)
        if prefix is not None and prefix != asset.listing.name:
            key, found, expected = _difference(parse_name(prefix, vocabulary=asset.vocabulary), asset.name)
            key = key.replace("acquisition_datetime", "acq_datetime") if pointer else key
            message = f"the transfer service would upload {asset.listing.name} as {shorten(prefix)}"
            yield f"{pointer}/{key}", message, found, expected


def _difference(computed: AssetName, name: AssetName) -> tuple[str, str, str]:
    """The key of the one part in which two names differ, and both parts; else the names as they are."""
    parts = {
        "platform": (computed.prefix, name.prefix),
        "subject_id": (computed.subject_id, name.subject_id),
        "acquisition_datetime": (computed.acquired, name.acquired),
    }
    different = [(key, str(a), str(b)) for key, (a, b) in parts.items() if a != b and a is not None and b is not None]
    return different[0] if len(different) == 1 else ("name", computed.text, name.text)


def _overwritten(upload: UploadPreview, asset: Asset) -> _Problems:
    """One finding for each pair of sources, naming the first file; a folder against its copy has thousands."""
    overwrites = sorted(upload.overwrites, key=lambda pair: (pair.replaced.pointer, pair.replacement.pointer, pair.key))
    for _, group in groupby(overwrites, key=lambda pair: (pair.replaced.pointer, pair.replacement.pointer)):
        first, *rest = group
        others = f", and {len(rest):,} more," if rest else ""
        message = (
            f"{shorten(first.key)}{others} from {shorten(first.replaced.path)} would be overwritten "
            f"by the one from {shorten(first.replacement.path)}"
        )
        yield first.replacement.pointer, message, first.key, None


def _overwrite_allowed(upload: UploadPreview, asset: Asset) -> _Problems:
    manifest = upload.manifest
    top = [] if any(job is manifest.content for _, job in manifest.jobs) else [("", manifest.content)]
    for pointer, job in [*top, *manifest.jobs]:
        if job.get(_OVERWRITE_KEY) not in (None, False):
            message = f"{_OVERWRITE_KEY} lets the transfer service overwrite a published asset of this name"
            yield f"{pointer}/{_OVERWRITE_KEY}", message, str(job[_OVERWRITE_KEY]), "false"


_PROBLEMS: dict[str, Callable[[UploadPreview, Asset], Any]] = {
    "path": _paths,
    "modality": _modalities,
    "subject": _subjects,
    "time": _times,
    "name": _names,
    "overwritten": _overwritten,
    "overwrite-allowed": _overwrite_allowed,
}
