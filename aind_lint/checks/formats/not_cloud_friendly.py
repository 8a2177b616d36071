"""Is a large file in a format that must be read as a whole?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.glob import compile_globs

SCOPE = "data"


class Options(verb.Options):
    """Which files.

    Attributes:
        files: Globs of the files.
        except_files: Globs of files that are published in this format on purpose.
        larger_than: Bytes; smaller files are fine in any format.
        what: What the message calls such a file: "an archive".
        better: The format to convert it to, for the message.
    """

    files: Annotated[list[str], NOT_EMPTY]
    except_files: list[str] = []
    larger_than: int = 0
    what: str
    better: str


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such file."""
    allowed = compile_globs(tuple(options.except_files)) if options.except_files else None
    keys = asset.listing.key_index.files_matching(options.files, ignore_case=True)
    yield from report_limited(
        Fault(f"{key} is {options.what} of {size:,} bytes; {options.better}", key, found=f"{size} bytes")
        for key, size in _with_sizes(keys, asset.listing)
        if size > options.larger_than and not (allowed and allowed.fullmatch(key))
    )


def _with_sizes(keys: Iterator[str], listing: Listing) -> Iterator[tuple[str, int]]:
    """Sorted keys with their sizes, from one pass over the files: a search for each key takes ten times as long."""
    rows = iter(file_rows(listing.files))
    for key in keys:
        yield next((key, size) for found, size, _ in rows if found == key)
