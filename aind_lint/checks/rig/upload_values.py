"""Does the upload manifest have the keys and values that the services accept?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.asset.upload.upload_manifest import COMMON_KEYS, NEWER_KEYS, OLDER_KEYS, UploadManifest
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import shorten
from aind_lint.text.suggestions import closest
from aind_lint.text.timestamps import parse_iso

SCOPE = "upload"

#: A missing name or platform changes the computed name, which RIG103 reports.
_REQUIRED = {
    "older": (
        "processor_full_name",
        "subject_id",
        "acquisition_datetime",
        "project_name",
        "destination",
    ),
    "newer": ("subject_id", "acquisition_datetime", "project_name", "destination"),
}
#: Keys of both dialects that only the services read.
_SERVICE_KEYS = {"destination", "project_name", "transfer_endpoint", "schedule_time"}
#: Keys that other rules report when they are missing.
_REPORTED_ELSEWHERE = ("subject_id", "acquisition_datetime")
_REQUIRED_IN_JOB = ("job_type", "project_name", "modalities", "tasks")
#: Keys that jobs of version 1 of the service do not have; those of a table get them from the service.
_SINCE_VERSION_2 = ("job_type", "tasks")
#: Buckets by name: of manifests and version 1 of the service, which had scratch, and of jobs of version 2.
_BUCKETS = ("private", "open", "default", "scratch")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]+)?|([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class Options(verb.Options):
    """Which problem to report: unknown or missing keys, values that are refused, or a deletion without checksums."""

    problem: Literal["keys", "values", "deletion"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every problem."""
    if asset.upload is not None:
        manifest = asset.upload.manifest
        faults = _PROBLEMS[options.problem](manifest, asset.vocabulary)
        yield from report_limited(faults, "more problems like this", manifest.path.name)


def _keys(manifest: UploadManifest, vocabulary: Vocabulary) -> Iterator[Fault]:
    file = manifest.path.name
    yield from _missing_in_jobs(manifest)
    if manifest.form != "manifest":
        return
    dialect = manifest.dialect
    known = COMMON_KEYS | (OLDER_KEYS if dialect == "older" else OLDER_KEYS | NEWER_KEYS)
    for key in [key for key in manifest.content if key not in known]:
        text = shorten(str(key))
        meant = closest(str(key), known - manifest.content.keys())
        fix = f"Rename {text} to {meant}" if meant else f"Remove {text} from the manifest"
        if dialect == "older":
            yield Fault(f"the watchdog service refuses the key {text}", file, f"/{text}", found=text, fix=fix)
        elif meant:
            yield Fault(f"the watchdog service ignores the key {text}", file, f"/{text}", found=text, fix=fix)
    # A manifest that only this program reads has no key of the services.
    is_for_service = dialect == "older" or not (NEWER_KEYS | _SERVICE_KEYS).isdisjoint(manifest.content)
    for key in _REQUIRED[dialect] if is_for_service else ():
        if key not in _REPORTED_ELSEWHERE and manifest.content.get(key) in (None, ""):
            yield Fault(f"{key} is missing", file, f"/{key}", expected=key, fix=f"Add {key} to the manifest")


def _missing_in_jobs(manifest: UploadManifest) -> Iterator[Fault]:
    """Keys that the listed jobs lack; for an empty list, only that."""
    file, request = manifest.path.name, manifest.request
    if request is None:
        return
    if "upload_jobs" in request and not manifest.listed_jobs:
        fix = "Add a job to upload_jobs, or remove transfer_service_args"
        fix = fix if manifest.form == "manifest" else "Add a job to upload_jobs"
        yield Fault("upload_jobs lists no job", file, f"{manifest.request_pointer}/upload_jobs", fix=fix)
        return
    for job in manifest.listed_jobs or manifest.jobs:
        optional = _SINCE_VERSION_2 if job.is_version_1 else ()
        for key in [key for key in _REQUIRED_IN_JOB if key not in optional]:
            if key not in job.content or (key != "tasks" and job.content[key] in (None, "", [])):
                fix = f"Add {key} to the job"
                yield Fault(f"{key} is missing", file, f"{job.pointer}/{key}", expected=key, fix=fix)


def _values(manifest: UploadManifest, vocabulary: Vocabulary) -> Iterator[Fault]:
    file, content = manifest.path.name, manifest.content
    places = {"": content, **{job.pointer: job.content for job in manifest.jobs}}
    for pointer, values in places.items():
        bucket = values.get("s3_bucket")
        if bucket is not None and bucket not in _BUCKETS:
            text = shorten(str(bucket))
            message = f"s3_bucket '{text}' is none of private, open, default and scratch"
            fix = f"Set s3_bucket to {closest(text, _BUCKETS) or 'private, open or default'}"
            yield Fault(message, file, f"{pointer}/s3_bucket", found=text, expected="private, open or default", fix=fix)
        platform = values.get("platform")
        platform = platform.get("abbreviation") if isinstance(platform, dict) else platform
        if isinstance(platform, str) and platform and platform not in vocabulary.platforms:
            meant = closest(platform, vocabulary.platforms)
            fix = f"Set platform to {meant or 'an abbreviation such as ecephys'}"
            message = f"'{shorten(platform)}' is not a platform"
            yield Fault(message, file, f"{pointer}/platform", found=shorten(platform), expected=meant, fix=fix)
    if manifest.form == "manifest":
        yield from _schedule(manifest)
        if (content.get("capsule_id") is None) is not (content.get("mount") is None):
            present, absent = sorted(("capsule_id", "mount"), key=lambda key: content.get(key) is None)
            fix = f"Add {absent}, or remove {present}"
            yield Fault(f"{present} is set, but {absent} is not", file, f"/{present}", expected=absent, fix=fix)


def _schedule(manifest: UploadManifest) -> Iterator[Fault]:
    value = manifest.content.get("schedule_time")
    if value is None or (isinstance(value, str) and (_TIME.fullmatch(value.strip()) or _has_time(value))):
        return
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number and manifest.dialect == "newer":
        return  # seconds since midnight
    text, fix = shorten(str(value)), "Set schedule_time to a time of day in quotes, for example '20:00:00'"
    message = f"schedule_time {text} is not HH:MM:SS"
    if is_number and 0 <= value < 86_400:
        # YAML reads 20:00:00 without quotes as a number in base 60.
        time = f"{value // 3600:02}:{value // 60 % 60:02}:{value % 60:02}"
        message = f"schedule_time {time} has no quotes, so YAML reads it as the number {value}"
        fix = f"Write schedule_time: '{time}'"
    yield Fault(message, manifest.path.name, "/schedule_time", found=text, expected="HH:MM:SS", fix=fix)


def _has_time(text: str) -> bool:
    return ":" in text and parse_iso(text) is not None


def _deletions(manifest: UploadManifest, vocabulary: Vocabulary) -> Iterator[Fault]:
    key = "delete_modalities_source_after_success"
    if manifest.content.get(key) is True and manifest.content.get("checksum_mode_override") == "no_check":
        message = f"{key} deletes the source although checksum_mode_override: no_check compares nothing"
        yield Fault(message, manifest.path.name, "/checksum_mode_override", found="no_check", expected="crc32")


_PROBLEMS: dict[str, Callable[[UploadManifest, Vocabulary], Iterator[Fault]]] = {
    "keys": _keys,
    "values": _values,
    "deletion": _deletions,
}
