"""Upload manifests: the files that the watchdog service uploads from a rig, and the name of the resulting asset.

Both dialects are parsed. Unknown keys are ignored, because the service validates them. The watchdog service copies the
sources of a modality into a folder with the modality's name, and the schemas beside it. The transfer service then
computes the name of the asset: ``[<platform>_]<subject-id>_<date>_<time>``. Sources: aind-watchdog-service
(``ManifestConfig``) and aind-data-transfer-service (the jobs in ``transfer_service_args``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_lint.asset.naming.name_timestamp import format_name_timestamp
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.text.json_position import join_pointer
from aind_lint.text.timestamps import parse_iso

if TYPE_CHECKING:
    from aind_lint.text.yaml_reader import YamlPosition

#: Keys that only one dialect has.
_OLDER_KEYS = frozenset(["processor_full_name", "capsule_id", "mount", "s3_bucket", "script", "force_cloud_sync"])
_NEWER_KEYS = frozenset(
    [
        "transfer_service_args",
        "transfer_service_job_type",
        "checksum_mode_override",
        "delete_modalities_source_after_success",
        "extra_identifying_info",
    ]
)
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*", re.ASCII)
#: Further notations of a time that the transfer service accepts.
_US_FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")


@dataclass(frozen=True)
class UploadSource:
    """A file or folder in an upload manifest.

    Attributes:
        folder: The folder of the asset to which it is copied: a modality; empty for the root.
        path: The path, as it is written in the manifest.
        pointer: JSON pointer to the path in the manifest.
    """

    folder: str
    path: str
    pointer: str


@dataclass(frozen=True)
class UploadManifest:
    """A parsed upload manifest.

    Attributes:
        path: The file.
        text: Its text.
        content: Its values. Times are not parsed.
        positions: The positions of the values in the text, by JSON pointer.
    """

    path: Path
    text: str
    content: dict[str, Any]
    positions: dict[str, YamlPosition] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as YAML counts them."""
        return re.split("\r\n|[\n\r\x85\u2028\u2029]", self.text)

    def position_of(self, pointer: str | None) -> YamlPosition | None:
        """The position of a value; for a missing value, that of the nearest object or array around it."""
        while pointer and pointer not in self.positions:
            pointer = pointer.rpartition("/")[0]
        return self.positions.get(pointer) if pointer else None

    @property
    def sources(self) -> Iterator[UploadSource]:
        """The files and folders with data, by modality."""
        modalities = self.content.get("modalities")
        for modality, paths in modalities.items() if isinstance(modalities, dict) else ():
            if isinstance(modality, str):
                yield from _sources(modality, paths, join_pointer(["modalities", modality]))

    @property
    def schemas(self) -> Iterator[UploadSource]:
        """The sidecars, which are copied to the root of the asset."""
        yield from _sources("", self.content.get("schemas"), "/schemas")

    @property
    def stated_name(self) -> str | None:
        """The name in the manifest. If there is none, the transfer service computes one."""
        name = self.content.get("name")
        return str(name) if isinstance(name, (str, int)) and name != "" else None

    @property
    def jobs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The upload jobs with their pointers; without jobs, the manifest itself."""
        arguments = self.content.get("transfer_service_args")
        listed = arguments.get("upload_jobs") if isinstance(arguments, dict) else None
        jobs = [
            (f"/transfer_service_args/upload_jobs/{index}", job)
            for index, job in enumerate(listed if isinstance(listed, list) else [])
            if isinstance(job, dict)
        ]
        yield from jobs or [("", self.content)]

    def computed_name(self, job: dict[str, Any]) -> str | None:
        """The name that the transfer service computes for a job; None if subject or time are invalid.

        Values that a job does not have are those of the manifest.
        """
        subject = self.subject_id(job)
        time_ = parse_service_time(job.get("acq_datetime", self.content.get("acquisition_datetime")))
        if subject is None or time_ is None:
            return None
        platform = job.get("platform", self.content.get("platform"))
        if isinstance(platform, dict):
            platform = platform.get("abbreviation")
        begin = f"{platform}_" if isinstance(platform, str) and platform else ""
        return f"{begin}{subject}_{format_name_timestamp(time_)}"

    def subject_id(self, job: dict[str, Any]) -> str | None:
        """The subject id of a job, as the services parse it; None if they reject it."""
        value = job.get("subject_id", self.content.get("subject_id"))
        takes_text = job is not self.content or self.accepts_text_subject
        if isinstance(value, str) and not (takes_text and value.strip()):
            value = int(value) if _INTEGER.fullmatch(value) else None
        return str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None

    @property
    def accepts_text_subject(self) -> bool:
        """Whether this is the newer dialect, where a subject id can be text. In the older dialect it is an integer."""
        return not _NEWER_KEYS.isdisjoint(self.content) and _OLDER_KEYS.isdisjoint(self.content)


def parse_service_time(value: Any) -> datetime | None:
    """A time as the services parse it. Its time zone is dropped, because the name contains the local time."""
    if not isinstance(value, str):
        return None
    parsed = parse_iso(value.strip())
    if isinstance(parsed, datetime):
        return parsed.replace(tzinfo=None)
    if isinstance(parsed, date):
        return datetime.combine(parsed, time.min)
    for notation in _US_FORMATS:
        try:
            return datetime.strptime(value.strip(), notation)
        except ValueError:
            continue
    return None


def read_upload_manifest(path: Path) -> UploadManifest:
    """Read a manifest.

    Raises:
        UsageError: The file cannot be read, is too large, is not a YAML mapping, or has a duplicate key.
    """
    from aind_lint.text.yaml_reader import MAX_BYTES

    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    return parse_upload_manifest(raw, path)


def parse_upload_manifest(raw: bytes, path: Path) -> UploadManifest:
    """Parse the bytes of a manifest that was read from ``path``.

    Raises:
        UsageError: The manifest is too large, is not a YAML mapping, or has a duplicate key.
    """
    from aind_lint.text.yaml_reader import read_yaml  # slow to import

    text, content, positions = read_yaml(raw, path)
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not an upload manifest: it is not a mapping of keys to values")
    return UploadManifest(path, text, content, positions)


def _sources(folder: str, paths: Any, pointer: str) -> Iterator[UploadSource]:
    if isinstance(paths, str):
        yield UploadSource(folder, paths, pointer)
    for index, path in enumerate(paths if isinstance(paths, list) else ()):
        if isinstance(path, str):
            yield UploadSource(folder, path, f"{pointer}/{index}")
