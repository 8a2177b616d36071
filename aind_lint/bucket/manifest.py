"""The content of an asset as one document: every key with size and checksum, in one canonical form.

Two assets with equal manifests have equal content. The form is JSON with one file per line, sorted by the UTF-8 bytes
of the keys. It can be written and read as a stream, and compared with ``diff``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from json.encoder import encode_basestring
from typing import BinaryIO, NamedTuple

from aind_lint.errors import NOT_SUPPORTED, DamagedError
from aind_lint.storage.checksum import decode_crc, encode_crc
from aind_lint.storage.sorted_table import SortedTable

FORMAT_VERSION = 1

#: Keys on one page of a listing. Source: ListObjectsV2 of S3.
PAGE_SIZE = 1000
#: Other keys, such as control objects, for which there is room between two boundaries.
_OTHER_KEYS = 10

#: Lines that are joined into one chunk.
_LINES_PER_CHUNK = 1000
#: Bytes of the longest line. A key has at most 1,024 bytes in S3; in a folder four times as many.
_MAX_LINE = 1 << 16
_HEADER = re.compile(rb'\{"format_version": ([0-9]+), "asset": (".*"), "files": \[\n')


class ManifestEntry(NamedTuple):
    """One file of an asset.

    Attributes:
        key: Path inside the asset.
        size: Bytes.
        crc64nvme: Checksum of the whole file, in the encoding of S3.
    """

    key: str
    size: int
    crc64nvme: str


class Manifest:
    """Every file of an asset, sorted by the UTF-8 bytes of the key; only a few entries are in memory at once.

    Attributes:
        asset: The asset's name.
        rows: Key, size and checksum of every file.
        size: Sum of the sizes, in bytes.
    """

    #: The type codes of size and checksum in the table.
    COLUMNS = "qQ"

    def __init__(self, asset: str, rows: SortedTable) -> None:
        self.asset = asset
        self.rows = rows
        self.size = sum(size for _, size, _ in rows.rows())

    @classmethod
    def of(cls, asset: str, entries: Iterable[ManifestEntry]) -> Manifest:
        """A manifest of entries in any order."""
        rows = ((key, size, decode_crc(crc)) for key, size, crc in entries)
        return cls(asset, SortedTable.of(rows, cls.COLUMNS))

    @classmethod
    def read(cls, stream: BinaryIO) -> Manifest:
        """Read a published manifest, line by line.

        Raises:
            DamagedError: It is not a manifest in a known format.
        """

        def rows() -> Iterator[tuple[str, int, int]]:
            previous = None
            line = stream.readline(_MAX_LINE)
            while line.startswith(b"{"):
                row = json.loads(line.rstrip(b",\n"))
                if (previous is not None and row["key"] <= previous) or type(row["size"]) is not int or row["size"] < 0:
                    raise ValueError
                yield (previous := row["key"]), row["size"], decode_crc(row["crc64nvme"])
                line = stream.readline(_MAX_LINE)
            if line != b"]}\n" and not (line == b"\n" and stream.readline() == b"]}\n"):
                raise ValueError

        try:
            if (match := _HEADER.fullmatch(stream.readline(_MAX_LINE))) is None:
                raise ValueError
            if int(match.group(1)) != FORMAT_VERSION:
                raise DamagedError(f"the published manifest has format {int(match.group(1))}, which {NOT_SUPPORTED}")
            return cls(json.loads(match.group(2)), SortedTable(rows(), cls.COLUMNS))
        except (ValueError, LookupError, TypeError, OverflowError, AttributeError, RecursionError):
            raise DamagedError("the published manifest is damaged: it is not in the format of aind-lint") from None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ManifestEntry]:
        return (ManifestEntry(key, size, encode_crc(crc)) for key, size, crc in self.rows.rows())

    def index(self, key: str) -> int:
        """The position of a key; -1 if the manifest does not contain it."""
        return self.rows.index(key)

    def get(self, key: str) -> ManifestEntry | None:
        """The entry of a key, or None."""
        return self[key] if key in self.rows else None

    def __getitem__(self, key: str) -> ManifestEntry:
        size, crc = self.rows[key]
        return ManifestEntry(key, size, encode_crc(crc))

    def chunks(self) -> Iterator[bytes]:
        """The canonical form, in chunks."""
        asset = encode_basestring(self.asset)
        yield f'{{"format_version": {FORMAT_VERSION}, "asset": {asset}, "files": [\n'.encode()
        lines = (
            f'{{"key": {encode_basestring(key)}, "size": {size}, "crc64nvme": "{crc}"}}' for key, size, crc in self
        )
        separator = b""
        while chunk := list(islice(lines, _LINES_PER_CHUNK)):
            yield separator + ",\n".join(chunk).encode()
            separator = b",\n"
        yield b"\n]}\n"

    def to_bytes(self) -> bytes:
        """The canonical form, as one byte string."""
        return b"".join(self.chunks())

    @cached_property
    def boundaries(self) -> list[str]:
        """Keys nearly a page apart, at which a listing of the asset is divided."""
        distance = PAGE_SIZE - _OTHER_KEYS
        return list(islice(self.rows, distance - 1, None, distance))

    @cached_property
    def content_id(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal: the identity of the content."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()
