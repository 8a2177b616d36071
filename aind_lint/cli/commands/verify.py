"""``aind-lint verify``."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import scan_folder
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.cli.options import connection_options, refuse_empty
from aind_lint.cli.progress_line import Progress
from aind_lint.cli.terminal import show
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.verification import Verification, verify_copy, verify_published
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

#: Differences that are listed.
_SHOWN = 20


@click.command("verify", short_help="Compare a published asset with its local copy or its manifest.")
@click.argument("asset", callback=refuse_empty)
@click.option(
    "--in",
    "where",
    required=True,
    metavar="URL|DIR",
    callback=refuse_empty,
    help="The bucket: s3://bucket, or a folder.",
)
@click.option("--deep", is_flag=True, help="Look at the checksum of every object, not only at keys and sizes.")
@connection_options
def command(asset: str, where: str, deep: bool, connection: Connection) -> int:
    """Compare ASSET, a local folder or the name of a published asset, with what the bucket holds.

    Given a folder, its content is compared with what is published; given a name, the published manifest is. Keys that
    the manifest does not name are no part of the asset: they are told, and are no difference.

    \b
    Exit codes: 0 equal, 2 usage error, 3 the bucket does not hold the asset,
    4 the bucket could not be read, 5 something differs, 130 interrupted.
    """  # noqa: D301 - click wants the character
    store = open_store(where, connection)
    folder = Path(asset)
    with Progress() as progress:
        compared = progress.reporter(lambda objects: f"comparing: {objects:,} objects")
        if folder.is_dir():
            listing = scan_folder(folder, progress.reporter(lambda files: f"listing: {files:,} files"))
            read = progress.reporter(lambda size: f"reading: {format_bytes(size)}")
            plan = plan_publication(Asset(listing), lambda moment: read(moment.size))
            result = verify_copy(store, plan.manifest, deep, compared)
        else:
            result = verify_published(store, asset.rstrip("/\\"), deep, compared)
    show(_text(result, store.url, "in this asset" if folder.is_dir() else "in the manifest"))
    return 5 if result.differences else 0


def _text(result: Verification, url: str, here: str) -> str:
    name = click.style(sanitize(result.asset), bold=True)
    how = "keys, sizes and checksums" if result.deep else "keys and sizes"
    compared = f"{format_count(result.files, 'file')}, {format_bytes(result.size)}; compared by {how}"
    if result.differences:
        lines = [f"{name} in {sanitize(url)} differs ({compared}):"]
        lines += [f"  {sanitize(difference.told(here))}" for difference in result.differences[:_SHOWN]]
        if result.differences.total > _SHOWN:
            lines.append(f"  and {result.differences.total - _SHOWN:,} more")
    else:
        lines = [f"{name} in {sanitize(url)} is complete and as it was published ({compared})."]
    return "\n".join([*lines, *_unnamed_text(result), *_uploads_text(result)])


def _unnamed_text(result: Verification) -> list[str]:
    """What there is to say of keys that the published manifest does not name."""
    if not result.unnamed:
        return []
    shown = ", ".join(sanitize(difference.key) for difference in result.unnamed[:5])
    return [
        f"{format_count(result.unnamed.total, 'key')} that the published manifest does not name: {shown}. "
        "Another program wrote them; they are not part of the asset. Report them to the bucket owner."
    ]


def _uploads_text(result: Verification) -> list[str]:
    """What there is to say of uploads in parts that were never ended."""
    if result.uploads is None:
        return ["Not looked at: uploads in parts that were never ended; these credentials may not list them."]
    if not result.uploads:
        return []
    shown = ", ".join(sanitize(key) for key in result.uploads[:5])
    return [
        f"{format_count(len(result.uploads), 'unfinished multipart upload')} of {shown}. "
        "They are not part of the asset but can use storage; publish the same content again to abort them."
    ]
