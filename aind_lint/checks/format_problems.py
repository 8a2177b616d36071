"""Turns what was found inside a format into the faults of a rule; each asset is scanned once for all rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.formats.format_files import Format, FormatFiles
from aind_lint.formats.problem import Problem

if TYPE_CHECKING:
    from aind_lint.formats.format_scanner import FormatScanner
    from aind_lint.formats.nwb.nwb_file import NwbFile

#: Why nothing is read.
NOT_READ = "the contents of data files are not read with --contents none, which --fast implies"

_scanners: WeakKeyDictionary[Asset, FormatScanner] = WeakKeyDictionary()


def format_files_of(asset: Asset) -> FormatFiles:
    """The files of an asset by format."""
    return asset.once(_find_format_files)


def _find_format_files(asset: Asset) -> FormatFiles:
    return FormatFiles(asset.listing)


def scanner_of(asset: Asset, context: CheckContext) -> FormatScanner:
    """The scanner of an asset."""
    if asset not in _scanners:
        from aind_lint.formats.format_scanner import FormatScanner  # takes 70 ms

        _scanners[asset] = FormatScanner(asset.listing, format_files_of(asset), context.contents)
    return _scanners[asset]


def nwb_files(asset: Asset, context: CheckContext) -> Iterator[NwbFile | Unchecked]:
    """The NWB files of an asset, and those that are not read."""
    if not format_files_of(asset).has("nwb"):
        return
    if context.contents == "none":
        yield Unchecked(NOT_READ)
        return
    scanner = scanner_of(asset, context)
    yield from scanner.nwb_files
    yield from (Unchecked(unread.reason, unread.file) for unread in scanner.unread_nwb_files)


def place_of(asset: Asset, nwb: NwbFile) -> tuple[str, str]:
    """The names of the folder of an NWB file, also outside the asset, and of the file itself."""
    path = nwb.key if nwb.prefix is None else nwb.prefix.rstrip("/")
    folder, _, name = f"{path_of(asset)}/{path}".rstrip("/").rpartition("/")
    return folder.rpartition("/")[2], name


def is_one_file(asset: Asset) -> bool:
    """Whether this is a data file outside any asset."""
    return asset.data_only and list(asset.listing.files) == [asset.listing.name]


def path_of(asset: Asset) -> str:
    """The whole path, or the address, of the folder of an asset or store, or of that with a data file."""
    root = asset.listing.root
    if root is not None:
        return root.absolute().as_posix()
    return asset.listing.address.rpartition("/")[0] if is_one_file(asset) else asset.listing.address


def report_problems(asset: Asset, context: CheckContext, format_: Format, problem: str) -> Iterator[Fault | Unchecked]:
    """The faults of one kind in the files of one format, and what of it could not be checked."""
    if not format_files_of(asset).has(format_):
        return
    if context.contents == "none":
        yield Unchecked(NOT_READ)
        return
    yield from report_limited(
        Fault(
            result.message,
            result.file,
            result.pointer,
            found=result.found,
            expected=result.expected,
            fix=result.fix,
        )
        if isinstance(result, Problem)
        else Unchecked(result.reason, result.file)
        for result in dict.fromkeys(scanner_of(asset, context).results(format_))
        if (result.kind == problem if isinstance(result, Problem) else not result.kinds or problem in result.kinds)
    )


def describe_formats(asset: Asset, context: CheckContext) -> str:
    """Format and version of a store or a data file outside any asset, as "NWB 2.7.0 in Zarr v2"; empty if unknown."""
    formats = format_files_of(asset).names if context.contents == "none" else scanner_of(asset, context).descriptions
    return ", ".join(formats)
