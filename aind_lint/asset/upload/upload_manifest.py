"""Upload manifests: the files that the watchdog service uploads from a rig, and the name of the resulting asset.

Both dialects are parsed. The watchdog service copies the sources of a modality into a folder with the modality's name,
and the schemas beside it. The transfer service then adds the sidecars that it can generate, and computes the name of
the asset. Sources: aind-watchdog-service 0.1.2 (older dialect) and 0.1.9 (newer dialect), class ``ManifestConfig``;
aind-metadata-mapper 1.4.0, class ``GatherMetadataJob``. Job requests and job tables have the same jobs, without a
manifest (`aind_lint.asset.upload.job_request`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aind_lint.asset.upload.upload_job import UploadJob, UploadSource
from aind_lint.errors import NoAssetError, UsageError, os_error_reason
from aind_lint.text.json_position import join_pointer, line_and_column, locate

if TYPE_CHECKING:
    from aind_lint.text.yaml_reader import YamlPosition

#: Keys that both dialects have, then those that only one has.
COMMON_KEYS = {
    *("name", "subject_id", "acquisition_datetime", "schedule_time", "transfer_endpoint", "platform", "project_name"),
    *("destination", "modalities", "schemas"),
}
OLDER_KEYS = frozenset(["processor_full_name", "capsule_id", "mount", "s3_bucket", "script", "force_cloud_sync"])
NEWER_KEYS = frozenset(
    [
        "transfer_service_args",
        "transfer_service_job_type",
        "checksum_mode_override",
        "delete_modalities_source_after_success",
        "extra_identifying_info",
        "upload_notification_email",
    ]
)
#: Every manifest has several of these keys, even if some are missing. The configuration of another program has none.
_DISTINCTIVE_KEYS = {
    *("subject_id", "acquisition_datetime", "modalities", "schemas", "destination", "project_name"),
    *("processor_full_name", "capsule_id", "s3_bucket", "force_cloud_sync"),
}
#: The sidecars that each task of the transfer service adds, unless the rig has written them.
_ADDED_SIDECARS = {
    "gather_preliminary_metadata": ("data_description.json", "subject.json", "procedures.json"),
    "gather_final_metadata": ("processing.json",),
}
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class UploadManifest:
    """A parsed upload manifest, job request or job table.

    Attributes:
        path: The file.
        text: Its text; of a spreadsheet, its rows.
        content: Its values. Times are not parsed.
        positions: The positions of the values in the text, by JSON pointer. A job request has none: it is searched.
        form: What the file is. A request and a table (CSV, XLSX) only list jobs.
    """

    path: Path
    text: str
    content: dict[str, Any]
    positions: dict[str, YamlPosition] = field(default_factory=dict)
    form: Literal["manifest", "request", "table"] = "manifest"

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as YAML counts them."""
        return self.text.split("\n") if self.form == "request" else _LINE_END.split(self.text)

    def position_of(self, pointer: str | None) -> tuple[int, int, int] | None:
        """Line, column and width of a value; for a missing value, of the nearest object or array around it."""
        if self.form == "request":
            span = locate(self.text, pointer or "")
            return (*line_and_column(self.text, span.start), span.end - span.start)
        while pointer and pointer not in self.positions:
            pointer = pointer.rpartition("/")[0]
        return self.positions.get(pointer) if pointer else None

    @property
    def dialect(self) -> Literal["older", "newer"]:
        """The dialect. Manifests of versions in between have keys of both; they are read as the newer one."""
        is_older = NEWER_KEYS.isdisjoint(self.content) and not OLDER_KEYS.isdisjoint(self.content)
        return "older" if is_older else "newer"

    @property
    def modalities(self) -> dict[str, Any]:
        """The paths by modality; empty for a job request."""
        modalities = self.content.get("modalities") if self.form == "manifest" else None
        return (
            {key: paths for key, paths in modalities.items() if isinstance(key, str)}
            if isinstance(modalities, dict)
            else {}
        )

    @property
    def sources(self) -> Iterator[UploadSource]:
        """The files and folders with data, by modality; of a job request, the folders that its jobs read."""
        for modality, paths in self.modalities.items():
            yield from _sources(modality, paths, join_pointer(["modalities", modality]))
        if self.form != "manifest":
            for job in self.jobs:
                yield from job.sources

    @property
    def schemas(self) -> Iterator[UploadSource]:
        """The sidecars, which are copied to the root of the asset."""
        if self.form == "manifest":
            yield from _sources("", self.content.get("schemas"), "/schemas")

    @property
    def stated_name(self) -> str | None:
        """``name`` in the manifest. In the newer dialect it is the name of a staging folder."""
        name = self.content.get("name") if self.form == "manifest" else None
        return str(name) if isinstance(name, (str, int)) and name != "" else None

    @property
    def computed_names(self) -> Iterator[str]:
        """The names of the assets that the transfer service computes, and those that the jobs state."""
        for job in self.jobs:
            prefix = job.content.get("s3_prefix")
            yield from (name for name in (prefix, job.computed_name) if isinstance(name, str) and name)

    def names_asset(self, name: str) -> bool:
        """Whether a name comes from the values of the manifest, and does not only stand for one that is missing."""
        return name != self.path.stem or name in (self.stated_name, *self.computed_names)

    @property
    def request(self) -> dict[str, Any] | None:
        """The request of the file: of a manifest, ``transfer_service_args``; None if it has none."""
        request = self.content.get("transfer_service_args") if self.form == "manifest" else self.content
        return request if isinstance(request, dict) else None

    @property
    def request_pointer(self) -> str:
        """JSON pointer to the request."""
        return "/transfer_service_args" if self.form == "manifest" else ""

    @property
    def listed_jobs(self) -> list[UploadJob]:
        """The jobs that the file lists; empty for a manifest without jobs."""
        listed = (self.request or {}).get("upload_jobs")
        defaults = self.content if self.form == "manifest" else {}
        return [
            UploadJob(f"{self.request_pointer}/upload_jobs/{index}", job, defaults)
            for index, job in enumerate(listed if isinstance(listed, list) else [])
            if isinstance(job, dict)
        ]

    @property
    def jobs(self) -> list[UploadJob]:
        """The jobs; without any, the file itself, which is then one job, unless it has an empty list of jobs."""
        is_empty = self.form != "manifest" and "upload_jobs" in self.content
        return self.listed_jobs or ([] if is_empty else [UploadJob("", self.content, {})])

    @property
    def added_sidecars(self) -> frozenset[str]:
        """The sidecars that the transfer service adds to the upload: those of every task that no job skips."""
        kept = (task for task in _ADDED_SIDECARS if not any(job.skips(task) for job in self.jobs))
        return frozenset(file for task in kept for file in _ADDED_SIDECARS[task])


def refuse_other_yaml(path: Path) -> None:
    """Refuse a YAML file that is something else than an upload manifest, such as the configuration of a program.

    Raises:
        UsageError: The file cannot be read or parsed.
        NoAssetError: It is not an upload manifest.
    """
    content = read_upload_manifest(path).content
    if len(_DISTINCTIVE_KEYS & content.keys()) > 1 or "transfer_service_args" in content:
        return
    what = "it has none of the keys subject_id, acquisition_datetime and modalities"
    if "flag_dir" in content or "manifest_complete" in content:
        what = "it is the configuration of the watchdog service"
    elif _DISTINCTIVE_KEYS & content.keys():
        what = "it has only one of the keys subject_id, acquisition_datetime and modalities"
    raise NoAssetError(f"{path} is not an upload manifest: {what}")


def read_upload_manifest(path: Path) -> UploadManifest:
    """Read a manifest.

    Raises:
        UsageError: The file cannot be read, is too large, is not a YAML mapping, or has a duplicate key.
    """
    from aind_lint.text.yaml_reader import MAX_BYTES

    return parse_upload_manifest(read_limited(path, MAX_BYTES), path)


def read_limited(path: Path, limit: int) -> bytes:
    """At most ``limit`` + 1 bytes of a file.

    Raises:
        UsageError: The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None


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
