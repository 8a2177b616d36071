"""The content of an asset as one document: every key with size and checksum, in one canonical form.

Two assets with equal manifests have equal content. The form is JSON with one file per line, sorted by the UTF-8 bytes
of the keys, so that it can be written and read as a stream and compared with ``diff``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from aind_lint.errors import BucketError

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One file of an asset.

    Attributes:
        key: Path inside the asset.
        size: Bytes.
        crc64nvme: Checksum of the whole file, as S3 writes it.
    """

    key: str
    size: int
    crc64nvme: str


@dataclass(frozen=True)
class Manifest:
    """Every file of an asset, sorted by the UTF-8 bytes of the key."""

    asset: str
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, asset: str, entries: Iterable[Entry]) -> Manifest:
        """A manifest of entries in any order."""
        return cls(asset, tuple(sorted(entries, key=lambda entry: entry.key.encode("utf-8"))))

    def to_bytes(self) -> bytes:
        """The canonical form."""
        lines = (
            json.dumps({"key": e.key, "size": e.size, "crc64nvme": e.crc64nvme}, ensure_ascii=False)
            for e in self.entries
        )
        head = (
            f'{{"format_version": {FORMAT_VERSION}, "asset": {json.dumps(self.asset, ensure_ascii=False)}, "files": ['
        )
        return (head + "\n" + ",\n".join(lines) + "\n]}\n").encode("utf-8")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Manifest:
        """Read a published manifest.

        Raises:
            BucketError: It is not a manifest of a known form.
        """
        try:
            content = json.loads(raw)
            if content["format_version"] != FORMAT_VERSION:
                raise BucketError(
                    f"the published manifest has format {content['format_version']}, unknown to this version"
                )
            files = tuple(Entry(f["key"], f["size"], f["crc64nvme"]) for f in content["files"])
            if all(type(e.key) is type(e.crc64nvme) is str and type(e.size) is int for e in files):
                return cls(str(content["asset"]), files)
        except (ValueError, LookupError, TypeError):
            pass
        raise BucketError("the published manifest is damaged: it is not the JSON this tool writes")

    @cached_property
    def content_id(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal: the identity of the content."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @cached_property
    def by_key(self) -> dict[str, Entry]:
        """The entries by key."""
        return {entry.key: entry for entry in self.entries}

    @property
    def size(self) -> int:
        """Sum of the sizes, in bytes."""
        return sum(entry.size for entry in self.entries)
