"""Is a large file in a format that must be read as a whole?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_columns
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.glob import compile_globs, literal_texts

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
    unfriendly = compile_globs(tuple(options.files), ignore_case=True)
    allowed = compile_globs(tuple(options.except_files))
    endings = tuple(literal_texts(glob)[-1].lower() for glob in options.files)  # a test takes a tenth of that of a glob
    yield from report_limited(
        Fault(f"{key} is {options.what} of {size:,} bytes; {options.better}", key, found=f"{size} bytes")
        for key, size in _larger_files(asset.listing, options.larger_than)
        if key.lower().endswith(endings) and unfriendly.fullmatch(key) and not allowed.fullmatch(key)
    )


def _larger_files(listing: Listing, limit: int) -> Iterator[tuple[str, int]]:
    """The files with more bytes than a limit, which most blocks of many small files do not have."""
    for keys, sizes in file_columns(listing.files, ""):
        if max(sizes) > limit:
            yield from ((key, size) for key, size in zip(keys, sizes, strict=True) if size > limit)
