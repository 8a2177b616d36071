"""Reads ranges of the files of an asset, within limits of size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from aind_lint.asset.listing.listing import Listing
from aind_lint.errors import os_error_reason

#: Requests for one asset in a bucket, beside its listing.
REQUESTS = 100
#: Bytes of a JSON file that is read. The consolidated metadata of a store with 10,000 arrays has about 10 MB.
MAX_JSON_SIZE = 32_000_000


class Range(NamedTuple):
    """A part of a file.

    Attributes:
        key: Key of the file.
        start: The first byte.
        length: The number of bytes; fewer are read where the file ends.
    """

    key: str
    start: int
    length: int


class UnreadableError(Exception):
    """A file could not be read: the reason, in a few words."""


class NotJsonError(Exception):
    """A file is not JSON: the reason, in a few words."""


class FileReader:
    """Reads parts of the files of one listing.

    Args:
        listing: The files. Those in a bucket are read with several requests at once.
    """

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.remote = listing.open_range is not None
        self.requests_left = REQUESTS
        self._read_range = listing.read_part or listing.read_range
        self._prefetched: dict[str, tuple[int, bytes]] = {}

    def count_request(self) -> None:
        """Count a request to a bucket.

        Raises:
            UnreadableError: So many have been made for this asset that no more are allowed.
        """
        if self.remote:
            if self.requests_left < 1:
                raise UnreadableError(f"a check of an asset in a bucket makes at most {REQUESTS} requests")
            self.requests_left -= 1

    def read(self, key: str, start: int, length: int) -> bytes:
        """A part of a file; shorter than ``length`` where the file ends.

        Raises:
            UnreadableError: The file cannot be read.
        """
        if self.remote:
            length = min(length, self.listing.files[key].size - start)
            if length <= 0:
                return b""  # a bucket refuses to send nothing
            begin, content = self._prefetched.get(key, (0, b""))
            if begin <= start and start + length <= begin + len(content):
                return content[start - begin : start - begin + length]
            self.count_request()
        try:
            return self._read_range(key, start, length)
        except OSError as error:
            raise UnreadableError(os_error_reason(error)) from None

    def prefetch(self, ranges: Iterable[Range]) -> None:
        """Read from a bucket, at the same time, what `read` will be asked for: one part of a file, in a few files."""
        wanted = [range_ for range_ in ranges if range_.key not in self._prefetched] if self.remote else []
        for range_, content in zip(wanted, self.read_many(wanted), strict=True):
            if isinstance(content, bytes):
                self._prefetched[range_.key] = range_.start, content

    def is_prefetched(self, key: str) -> bool:
        """Whether a part of a file has been read from a bucket already."""
        return key in self._prefetched

    def read_many(self, ranges: Sequence[Range]) -> list[bytes | UnreadableError]:
        """Several parts, in order; an error takes the place of what cannot be read."""
        if self.remote and len(ranges) > 1:
            from concurrent.futures import ThreadPoolExecutor  # takes 10 ms, and only buckets need it

            with ThreadPoolExecutor(self.listing.range_requests) as pool:
                return list(pool.map(self._try_read, ranges))
        return [self._try_read(range_) for range_ in ranges]

    def _try_read(self, range_: Range) -> bytes | UnreadableError:
        try:
            return self.read(*range_)
        except UnreadableError as error:
            return error

    def read_json(self, keys: Sequence[str]) -> list[Any]:
        """The values of JSON files, in order. An `UnreadableError` or `NotJsonError` takes the place of a value."""
        files = self.listing.files
        ranges = [Range(key, 0, files[key].size) for key in keys]
        contents = iter(self.read_many([range_ for range_ in ranges if range_.length <= MAX_JSON_SIZE]))
        too_large = UnreadableError(f"larger than {MAX_JSON_SIZE // 1_000_000} MB")
        found = [next(contents) if range_.length <= MAX_JSON_SIZE else too_large for range_ in ranges]
        return [content if isinstance(content, UnreadableError) else parse_json(content) for content in found]


def parse_json(content: bytes) -> Any:
    """The value of a JSON text as writers of these formats accept it, with NaN; a `NotJsonError` if it is none."""
    try:
        return json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        return NotJsonError("it is not UTF-8")
    except RecursionError:
        return NotJsonError("it is nested too deeply")
    except ValueError as error:
        if not content.strip(b"\0 \r\n\t"):
            return NotJsonError("it is empty")
        if "integer string conversion" in str(error):
            return NotJsonError("a number in it has thousands of digits")
        return NotJsonError(str(error))
