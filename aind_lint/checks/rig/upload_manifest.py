"""Does the upload manifest, job request or job table upload the whole asset under its own name?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.upload.upload_job import NamedModality
from aind_lint.asset.upload.upload_manifest import UploadManifest
from aind_lint.asset.upload.upload_preview import UploadPreview
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.evidence import same_start, stated_start
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.modality_evidence import RECORDED_REFERENCES
from aind_lint.engine.repair import SUBJECT_REFERENCES, sentence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.characters import shorten
from aind_lint.text.json_position import join_pointer

SCOPE = "upload"

_OVERWRITE_KEY = "force_cloud_sync"
#: The task that refuses to overwrite a published asset.
_EXISTENCE_TASK = "check_s3_folder_exists"
#: What a name states under each key of a manifest, as other rules compare it.
_VALUES = {"platform": ("platform",), "subject_id": ("subject",), "acquisition_datetime": ("start",)}


class Options(verb.Options):
    """Which problem to report."""

    problem: Literal["path", "modality", "subject", "time", "name", "overwritten", "overwrite-allowed"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every problem in the manifest; nothing if the asset has no manifest."""
    if asset.upload is None:
        return
    file = asset.upload.manifest.path.name
    if options.problem == "path" and (unreachable := asset.upload.unreachable):
        count = f"{shorten(unreachable[0].path)}{f' and {len(unreachable) - 1:,} more' if unreachable[1:] else ''}"
        yield Unchecked(f"not on this computer: {count}", file)
    faults = (replace(fault, file=file) for fault in _PROBLEMS[options.problem](asset.upload, asset))
    yield from report_limited(faults, "more problems like this", file)


def _paths(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    for source in upload.missing:
        yield Fault(f"{shorten(source.path)} does not exist", pointer=source.pointer, found=source.path)


def _modalities(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    manifest = upload.manifest
    named = [NamedModality(key, join_pointer(["modalities", key])) for key in manifest.modalities]
    named += [modality for job in manifest.listed_jobs or manifest.jobs for modality in job.named_modalities]
    recorded = (entry.value for entry in resolve_references(asset, RECORDED_REFERENCES))
    stated = {asset.vocabulary.present_name(modality.abbreviation) for modality in named}
    expected = [word for word in recorded if isinstance(word, str) and word not in stated]
    beside: dict[str, set[str]] = {}
    for modality in named:
        beside.setdefault(_list_of(modality), set()).add(modality.abbreviation)
    seen = set()
    for modality in named:
        word = modality.abbreviation
        if word not in asset.vocabulary.modality_folders and word not in seen:
            seen.add(word)
            text = shorten(word)
            suggestion = asset.vocabulary.suggested_modality(word, expected)
            message = f"{text} is not a known modality"
            fix = None
            if suggestion in beside[_list_of(modality)]:
                fix = _merge(modality, suggestion, manifest)
            elif suggestion and manifest.form == "table":
                fix = f"Change {text} to {suggestion} in {manifest.path.name}"
            elif suggestion and modality.pointer.endswith(("/abbreviation", "/modality")):
                fix = f'Set {modality.pointer} in {manifest.path.name} to "{suggestion}"'
            elif suggestion:
                fix = f"Rename the key {text} in {manifest.path.name} to {suggestion}"
            item = suggestion or word
            yield Fault(message, pointer=modality.pointer, found=text, expected=suggestion, fix=fix, item=item)


def _merge(modality: NamedModality, right: str | None, manifest: UploadManifest) -> str:
    """The repair of a wrong word for a modality that is there under its right name, too."""
    file, word = manifest.path.name, shorten(modality.abbreviation)
    if modality.pointer == join_pointer(["modalities", modality.abbreviation]) and manifest.form == "manifest":
        return f"Move the paths under {word} to {right} in {file}, and remove {word}"
    if manifest.form == "table":
        return f"Remove the columns of {word} from {file}, because it lists {right}, too"
    return f"Remove {_element(modality)} from {file}, because it lists {right}, too"


def _element(modality: NamedModality) -> str:
    """JSON pointer to the element or the key that is a modality."""
    return modality.pointer.removesuffix("/abbreviation").removesuffix("/modality")


def _list_of(modality: NamedModality) -> str:
    return _element(modality).rpartition("/")[0]


def _subjects(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    for job in upload.manifest.jobs:
        if job.subject_id is None:
            value = job.subject_value
            text = None if value is None else shorten(str(value))
            message = "subject_id is missing" if text is None else f"'{text}' cannot be a subject id in an asset name"
            yield Fault(message, pointer=f"{job.pointer}/subject_id", found=text, expected=asset.name.subject_id)


def _times(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    for job in upload.manifest.jobs:
        if job.time is None:
            key, value = job.time_key, job.time_value
            text = None if value is None else shorten(str(value))
            message = f"{key} is missing" if text is None else f"{text} is not a date and time"
            fix = f"Set {key} to the start of the acquisition in the rig's time zone, as YYYY-MM-DD HH:MM:SS"
            yield Fault(message, pointer=f"{job.pointer}/{key}", found=text, expected="YYYY-MM-DD HH:MM:SS", fix=fix)


def _names(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    manifest = upload.manifest
    for job in manifest.jobs:
        computed, stated = job.computed_name, job.content.get("s3_prefix")
        if stated is None and manifest.form == "manifest":
            stated = asset.listing.name
        if computed is not None and isinstance(stated, str) and computed != stated:
            key, found, expected = _difference(
                parse_name(computed, vocabulary=asset.vocabulary), parse_name(stated, vocabulary=asset.vocabulary)
            )
            pointer = f"{job.pointer}/{key.replace('acquisition_datetime', job.time_key)}"
            if key == "name" and "s3_prefix" in job.content:
                pointer = f"{job.pointer}/s3_prefix"
            message = f"the transfer service would upload {shorten(stated)} as {shorten(computed)}"
            fix = None
            if key in _VALUES and manifest.form != "table":
                fix = _repair_name(asset, pointer, (found, expected))
            elif not job.pointer and stated.removesuffix(f"_{computed}") in asset.vocabulary.prefixes:
                fix = f"Add platform: {stated.removesuffix(f'_{computed}')} to {manifest.path.name}"
            yield Fault(message, pointer=pointer, found=found, expected=expected, fix=fix, compares=_VALUES.get(key))


def _repair_name(asset: Asset, pointer: str, values: tuple[str, str]) -> str:
    """The repair of the one value in which the computed name and the stated one differ."""
    assert asset.upload is not None
    computed, stated = values
    file = asset.upload.manifest.path.name
    is_number = stated.isdecimal() and pointer == "/subject_id"  # a job has it as text
    setting = f"set {pointer} in {file} to {stated if is_number else json.dumps(stated)}"
    start, subjects = stated_start(asset), {str(one.value) for one in resolve_references(asset, SUBJECT_REFERENCES)}
    is_start = asset.name.acquired is not None and start is not None and same_start(asset.name.acquired, start)
    is_confirmed = subjects == {stated} if pointer.endswith("/subject_id") else is_start and "time" in pointer
    if is_confirmed:  # the sidecars are another vote for the stated name
        return sentence(setting)
    return f"If {stated} is right, {setting}. If {computed} is right, correct the stated name {asset.listing.name}"


def _difference(computed: AssetName, name: AssetName) -> tuple[str, str, str]:
    """The key of the one part in which two names differ, and both parts; else the names as they are."""
    parts = {
        "platform": (computed.prefix, name.prefix),
        "subject_id": (computed.subject_id, name.subject_id),
        "acquisition_datetime": (computed.acquired, name.acquired),
    }
    different = [(key, str(a), str(b)) for key, (a, b) in parts.items() if a != b and a is not None and b is not None]
    return different[0] if len(different) == 1 else ("name", computed.text, name.text)


def _overwritten(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    """One finding for each pair of sources, naming the first file; a folder against its copy has thousands."""
    overwrites = sorted(upload.overwrites, key=lambda pair: (pair.replaced.pointer, pair.replacement.pointer, pair.key))
    for _, group in groupby(overwrites, key=lambda pair: (pair.replaced.pointer, pair.replacement.pointer)):
        first, *rest = group
        others = f", and {len(rest):,} more," if rest else ""
        message = (
            f"{shorten(first.key)}{others} from {shorten(first.replaced.path)} would be overwritten "
            f"by the one from {shorten(first.replacement.path)}"
        )
        yield Fault(message, pointer=first.replacement.pointer, found=first.key)
    if upload.manifest.form == "table":
        for job in upload.manifest.jobs:
            words = [modality.abbreviation for modality in job.modalities]
            for word in dict.fromkeys(word for word in words if words.count(word) > 1):
                message = (
                    f"{shorten(word)} is listed twice; the second source replaces the first, which is not uploaded"
                )
                yield Fault(message, pointer=f"{job.pointer}/modalities", found=word)


def _overwrite_allowed(upload: UploadPreview, asset: Asset) -> Iterator[Fault]:
    manifest = upload.manifest
    places = {"": manifest.content, **{job.pointer: job.content for job in manifest.jobs}}
    for pointer, content in places.items():
        if content.get(_OVERWRITE_KEY) not in (None, False):
            message = f"{_OVERWRITE_KEY} lets the transfer service overwrite a published asset of this name"
            found, place = str(content[_OVERWRITE_KEY]), f"{pointer}/{_OVERWRITE_KEY}"
            fix = _switch_off(manifest, place, _OVERWRITE_KEY)
            yield Fault(message, pointer=place, found=found, expected="false", fix=fix)
    for job in manifest.jobs:
        settings = job.tasks.get(_EXISTENCE_TASK)
        if isinstance(settings, dict) and settings.get("skip_task") not in (None, False):
            message = (
                f"skip_task of {_EXISTENCE_TASK} lets the transfer service overwrite a published asset of this name"
            )
            pointer = f"{job.pointer}/tasks/{_EXISTENCE_TASK}/skip_task"
            fix = _switch_off(manifest, pointer, "skip_task")
            yield Fault(message, pointer=pointer, found=str(settings["skip_task"]), expected="false", fix=fix)


def _switch_off(manifest: UploadManifest, pointer: str, key: str) -> str:
    file = manifest.path.name
    if manifest.form == "table":
        return f"Remove the column {key} from {file}, or set it to false"
    return f"Set {pointer} in {file} to false, or remove it"


_PROBLEMS: dict[str, Callable[[UploadPreview, Asset], Iterator[Fault]]] = {
    "path": _paths,
    "modality": _modalities,
    "subject": _subjects,
    "time": _times,
    "name": _names,
    "overwritten": _overwritten,
    "overwrite-allowed": _overwrite_allowed,
}
