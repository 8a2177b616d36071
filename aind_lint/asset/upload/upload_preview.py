"""What comes of an upload manifest, beside the assembled asset: what is not there, and what would be lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from aind_lint.asset.upload.upload_manifest import UploadManifest, UploadSource


@dataclass(frozen=True)
class Overwrite:
    """A file that would take the place of another one.

    Attributes:
        key: Where both would lie.
        replaced: What comes first, and is lost.
        replacement: What comes second, and stays.
    """

    key: str
    replaced: UploadSource
    replacement: UploadSource


@dataclass
class UploadPreview:
    """What comes of a manifest, beside the asset itself.

    Attributes:
        manifest: The manifest.
        missing: The files and folders that are not there.
        overwrites: The files that would be lost.
    """

    manifest: UploadManifest
    missing: list[UploadSource] = field(default_factory=list)
    overwrites: list[Overwrite] = field(default_factory=list)

    @cached_property
    def missing_sidecars(self) -> frozenset[str]:
        """The names of the files that should come to lie at the asset's root and are not there."""
        return frozenset(base_name(source.path) for source in self.missing if not source.folder)


def base_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
