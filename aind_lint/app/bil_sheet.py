"""`write_bil_sheet`: the use case behind ``aind-lint bil-sheet``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aind_lint.app.checking.check_targets import find_targets
from aind_lint.archives.bil.sheet import MissingValue, build_sheet
from aind_lint.archives.bil.write_sheet import SheetFormat, sheet_files, write_sheet
from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.errors import NoAssetError, UsageError
from aind_lint.formats.format_files import FormatFiles
from aind_lint.formats.format_scanner import FormatScanner


def write_bil_sheet(
    paths: Sequence[str], target: Path, format_: SheetFormat, connection: Connection = Connection()
) -> tuple[list[Path], list[MissingValue]]:
    """Write the BIL metadata sheet of assets, from their sidecars.

    Args:
        paths: Assets, folders of assets, or ``s3://`` addresses.
        target: The folder of the TSV files, or the workbook.
        format_: The format.
        connection: How to reach S3.

    Returns:
        The files, and the values that the sidecars do not state.

    Raises:
        NoAssetError: No path contains an asset.
        UsageError: A file exists already, is inside an asset, or cannot be written.
        BucketError: A bucket cannot be read.
    """
    for file in sheet_files(target, format_):
        if file.exists():
            hint = "it may contain values written by hand; remove it, or name another --output"
            raise UsageError(f"{file} exists; {hint}")
    found = find_targets(list(paths), False, connection)
    targets = [one for one in found.targets if one.kind in ("folder", "bucket", "manifest")]
    if not targets:
        raise NoAssetError(found.without_asset[0] if found.without_asset else f"{paths[0]} contains no asset")
    for one in targets:
        if not is_s3(one.where) and Path(one.where).resolve() in (target.resolve(), *target.resolve().parents):
            raise UsageError(f"{target} is inside the asset {one.where}; name another --output")
    sheet = build_sheet([one.load(one.scan(None)) for one in targets], _image_shapes)
    return write_sheet(sheet, target, format_), sheet.missing()


def _image_shapes(asset: Asset) -> list[dict[str, int]]:
    return FormatScanner(asset.listing, FormatFiles(asset.listing), "sample").image_shapes
