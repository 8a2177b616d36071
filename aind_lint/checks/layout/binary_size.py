"""Does the size of a binary file follow from what the files beside it say?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.csv_tables import table_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

NEEDS_DATA = True

_MAX_JSON = 1_000_000
#: ``U16``, ``uint16``, ``CV_16U``, ``float32``, ``F32``: the bits are the number in it.
_BITS = re.compile(r"[A-Za-z_]*?(8|16|32|64)[A-Za-z]*", re.ASCII)


class Options(verb.Options):
    """How the size is computed.

    In names, ``{stem}`` is the file's name without its ending, and ``{base}`` that without the prefix.

    Attributes:
        files: Globs of the binary files.
        optional_prefix: A prefix that is removed from the stem to get ``{base}``.
        frame_table: Name of the table beside it, each row of which is one frame.
        frame_metadata: Name of the JSON file beside it that describes a frame.
        dimensions: Its members whose product is the number of values in a frame.
        bit_depth: Its member that says how wide a value is.
    """

    files: list[str] = Field(min_length=1)
    optional_prefix: str = ""
    frame_table: str
    frame_metadata: str
    dimensions: list[str]
    bit_depth: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file of another size; nothing for one that lacks the files beside it."""
    for key in asset.listing.key_index.files_matching(options.files):
        folder, _, name = key.rpartition("/")
        stem = name.rpartition(".")[0]
        base = stem.removeprefix(options.optional_prefix)
        table_key, shape_key = (
            f"{folder}/{each.format(stem=stem, base=base)}" for each in (options.frame_table, options.frame_metadata)
        )
        if table_key not in asset.listing.files or shape_key not in asset.listing.files:
            continue  # that they are missing is a finding of its own
        frame = _frame_size(asset, shape_key, options)
        table = table_of(asset, table_key)
        if isinstance(frame, str):
            yield Unchecked(f"{shape_key} {frame}", key)
        elif isinstance(table, str) or not table.whole:
            yield Unchecked(f"{table_key} could not be read", key)
        elif (size := asset.listing.files[key].size) != (expected := table.rows * frame):
            message = f"{key} has {size:,} bytes; {table.rows:,} frames of {frame:,} bytes are {expected:,}"
            yield Fault(message, key, found=f"{size}", expected=f"{expected}", related=((table_key, None),))


def _frame_size(asset: Asset, key: str, options: Options) -> int | str:
    """The bytes of one frame, or why they are not known."""
    try:
        with asset.listing.open(key) as stream:
            shape = json.loads(stream.read(_MAX_JSON))
        counts = [shape[count] for count in options.dimensions]
        depth = shape[options.bit_depth]
    except OSError:
        return "could not be read"
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"does not say {', '.join([*options.dimensions, options.bit_depth])}"
    bits = _BITS.fullmatch(str(depth))
    if bits is None or not all(isinstance(count, int) and 0 < count < 2**32 for count in counts):
        return "says no size that can be computed with"
    return int(math.prod(counts)) * int(bits[1]) // 8
