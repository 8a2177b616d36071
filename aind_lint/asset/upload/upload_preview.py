"""The preview of an upload: the files of the manifest that are missing, and those that would be overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from aind_lint.asset.upload.upload_job import UploadSource
from aind_lint.asset.upload.upload_manifest import UploadManifest


@dataclass(frozen=True)
class Overwrite:
    """A file that would overwrite another one.

    Attributes:
        key: The key of both files in the asset.
        replaced: The source whose file would be lost.
        replacement: The source whose file would remain.
    """

    key: str
    replaced: UploadSource
    replacement: UploadSource


@dataclass
class UploadPreview:
    """The preview of an upload, without the asset itself.

    Attributes:
        manifest: The manifest.
        missing: The files and folders that do not exist.
        unreachable: Paths of another machine, which may exist there.
        overwrites: The files that would overwrite others.
    """

    manifest: UploadManifest
    missing: list[UploadSource] = field(default_factory=list)
    unreachable: list[UploadSource] = field(default_factory=list)
    overwrites: list[Overwrite] = field(default_factory=list)

    @cached_property
    def missing_sidecars(self) -> frozenset[str]:
        """The names of the sidecars that the manifest lists and that were not found."""
        return frozenset(base_name(source.path) for source in (*self.missing, *self.unreachable) if not source.folder)

    @property
    def lists_jobs_only(self) -> bool:
        """Whether there is no asset: the file is a job request or a job table."""
        return self.manifest.form != "manifest"


def base_name(path: str) -> str:
    """The last part of a path of any operating system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
