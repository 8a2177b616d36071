"""Does the asset contain empty files or folders?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_columns
from aind_lint.asset.listing.listing import folders_of
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.storage.sorted_table import merge_join
from aind_lint.text.glob import compile_globs


class Options(verb.Options):
    """What to report.

    Attributes:
        kind: Files of no bytes, or folders that hold no file at any depth.
        allowed: Globs of keys that may be empty.
    """

    kind: Literal["file", "folder"]
    allowed: list[str] = []


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every one; of empty folders inside one another, for the outermost."""
    keys = _files(asset) if options.kind == "file" else _folders(asset)
    allowed = compile_globs(tuple(options.allowed))
    empty = ((key, 1) for key in keys if not allowed.fullmatch(key))
    yield from report_limited_keys(empty, lambda key: "is empty")


def _files(asset: Asset) -> Iterator[str]:
    columns = file_columns(asset.listing.files, "")
    return (key for keys, sizes in columns if 0 in sizes for key, size in zip(keys, sizes, strict=True) if size == 0)


def _folders(asset: Asset) -> Iterator[str]:
    listing = asset.listing
    files, is_plain = listing.key_index.files, not (listing.links or listing.special_files)
    filled = folders_of(files if is_plain else chain(files, listing.links, listing.special_files))
    if len(filled) == len(listing.key_index.folders):
        return
    for row, same in merge_join(listing.key_index.folders.rows(), filled.rows()):
        if row is not None and same is None:
            folder = row[0]
            if "/" not in folder or folder.rpartition("/")[0] in filled:
                yield folder
