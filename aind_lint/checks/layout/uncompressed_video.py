"""Is a video stored without compression?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_RAW_ENDINGS = (".raw", ".yuv", ".y4m", ".rgb", ".bgr")
#: Bytes at the beginning of an AVI file that contain the header of the first stream.
_HEADER_BYTES = 4096
#: biCompression of uncompressed pixels: zero, and the codes of plain pixel formats.
_UNCOMPRESSED = frozenset([bytes(4), *(b"DIB |RGB |RAW |Y800|Y8  |GREY|YUY2|UYVY|I420|YV12|NV12".split(b"|"))])


class Options(verb.Options):
    """Globs of the files that may be videos."""

    files: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every uncompressed video: by its ending, or by the header of an AVI file."""
    yield from report_limited(_faults(asset, options))


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        ending = f".{key.rpartition('.')[2].lower()}"
        if ending in _RAW_ENDINGS:
            yield Fault(f"{key} is raw video", key, found=ending)
        elif ending == ".avi":
            try:
                with asset.listing.open(key) as stream:
                    compression = _compression(stream.read(_HEADER_BYTES))
            except OSError as error:
                yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
                continue
            if compression in _UNCOMPRESSED:
                found = compression.strip(b"\0 ").decode("ascii")
                yield Fault(f"{key} contains frames that are not compressed", key, found=found)


def _compression(head: bytes) -> bytes:
    """The four characters of biCompression in the format of the first stream; empty where there is none."""
    start = head.find(b"strf")
    return head[start + 24 : start + 28] if start >= 0 else b""
