"""Does the size of a binary file match the table and the metadata beside it?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_MAX_JSON = 1_000_000
#: ``U16``, ``uint16``, ``CV_16U``, ``float32``, ``F32``: the number is that of the bits.
_BITS = re.compile(r"[A-Za-z_]*?(8|16|32|64)[A-Za-z]*", re.ASCII)


class Options(verb.Options):
    """How the size is computed.

    In names, ``{stem}`` is the file's name without its ending, and ``{base}`` that without the prefix.

    Attributes:
        files: Globs of the binary files.
        optional_prefix: A prefix that is removed from the stem to get ``{base}``.
        frame_table: Name of the table beside it, with one row per frame.
        frame_metadata: Name of the JSON file beside it that describes a frame.
        dimensions: Members of that file; their product is the number of values in a frame.
        bit_depth: Member of that file with the width of a value.
    """

    files: Annotated[list[str], NOT_EMPTY]
    optional_prefix: str = ""
    frame_table: str
    frame_metadata: str
    dimensions: list[str]
    bit_depth: str


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file of another size; nothing for one that lacks the files beside it."""
    yield from report_limited(_faults(asset, options))


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        folder, _, name = key.rpartition("/")
        stem = name.rpartition(".")[0]
        base = stem.removeprefix(options.optional_prefix)
        table_key, metadata_key = (
            f"{folder}/{name.format(stem=stem, base=base)}" for name in (options.frame_table, options.frame_metadata)
        )
        if table_key not in asset.listing.files or metadata_key not in asset.listing.files:
            continue  # another rule reports missing files
        frame = _frame_size(asset, metadata_key, options)
        table = asset.csv_table(table_key)
        if isinstance(frame, str):
            yield Unchecked(f"{metadata_key} {frame}", key)
        elif isinstance(table, str) or not table.complete:
            yield Unchecked(f"{table_key} could not be read", key)
        elif (size := asset.listing.files[key].size) != (expected := table.rows * frame):
            message = f"{key} has {size:,} bytes instead of {expected:,} ({table.rows:,} frames of {frame:,} bytes)"
            yield Fault(message, key, found=f"{size}", expected=f"{expected}", related=((table_key, None),))


def _frame_size(asset: Asset, key: str, options: Options) -> int | str:
    """The bytes of one frame, or why they are not known."""
    try:
        metadata = json.loads(asset.listing.read(key, _MAX_JSON))
        counts = [metadata[count] for count in options.dimensions]
        bit_depth = metadata[options.bit_depth]
    except OSError:
        return "could not be read"
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"lacks one of {', '.join([*options.dimensions, options.bit_depth])}"
    bits = _BITS.fullmatch(str(bit_depth))
    if bits is None or not all(isinstance(count, int) and 0 < count < 2**32 for count in counts):
        return "has dimensions or a bit depth that are not numbers"
    return int(math.prod(counts)) * int(bits[1]) // 8
