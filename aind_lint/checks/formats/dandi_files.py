"""Does DANDI take the files of every NWB file: how deep, and how large?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_columns
from aind_lint.checks.format_problems import nwb_files
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

SCOPE = "data"
NEEDS_DATA = True

#: Folders below the root of a Zarr store. Source: MAX_ZARR_DEPTH of dandi.
_MAX_DEPTH = 7
#: Bytes of a file. Source: the largest object of S3, which DANDI stores files in.
_MAX_SIZE = 5 * 1024**4


class Options(verb.Options):
    """What is checked.

    Attributes:
        demand: The depth of a Zarr store, or the size of a file.
    """

    demand: Literal["depth", "size"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file that is too deep, or is empty or too large."""
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
        elif nwb.prefix is not None:
            faults = _too_deep(asset, nwb.prefix) if options.demand == "depth" else _of_wrong_size(asset, nwb.prefix)
            yield from report_limited(faults)
        elif options.demand == "size" and (size := asset.listing.files[nwb.key].size) > _MAX_SIZE:
            yield _too_large(nwb.key, size)


def _too_deep(asset: Asset, prefix: str) -> Iterator[Fault]:
    """One fault for a store with files that are too deep: DANDI refuses the store as a whole."""
    start = prefix.count("/")
    for keys, _ in file_columns(asset.listing.files, prefix):
        deepest = max(keys, key=lambda key: key.count("/"))
        if (depth := deepest.count("/") - start) > _MAX_DEPTH:
            yield Fault(
                f"{deepest} is {depth} folders below the root of its store",
                deepest,
                found=str(depth),
                expected=f"at most {_MAX_DEPTH}",
            )
            return


def _of_wrong_size(asset: Asset, prefix: str) -> Iterator[Fault]:
    for keys, sizes in file_columns(asset.listing.files, prefix):
        if 0 in sizes or max(sizes) > _MAX_SIZE:
            for key, size in zip(keys, sizes, strict=True):
                if size == 0:
                    yield Fault(f"{key} is empty, and DANDI takes no empty file", key, found="0 bytes")
                elif size > _MAX_SIZE:
                    yield _too_large(key, size)


def _too_large(key: str, size: int) -> Fault:
    return Fault(f"{key} has {size:,} bytes", key, found=str(size), expected=f"at most {_MAX_SIZE}")
