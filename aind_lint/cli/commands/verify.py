"""``aind-lint verify``."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint.app.verify import VerifyCallbacks, verify_asset
from aind_lint.bucket.address import Connection
from aind_lint.cli.options import bucket_option, connection_options, debug_option, refuse_bad_path
from aind_lint.cli.progress_line import ProgressLine
from aind_lint.cli.terminal import show
from aind_lint.publication.verification import Verification
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

#: The number of differences that are listed.
_MAX_LISTED = 20


@click.command("verify")
@click.argument("asset", callback=refuse_bad_path)
@bucket_option
@click.option("--deep", is_flag=True, help="Compare the checksum of every object, not only keys and sizes.")
@debug_option
@connection_options
def command(asset: str, where: str, deep: bool, connection: Connection) -> int:
    """Compare ASSET, a local folder or the name of a published asset, with the bucket.

    With a folder, the published objects are compared with the local files; with a name, they are compared with the
    manifest of the publication. Keys that are not in the manifest are not part of the asset: they are listed, but are
    not differences.

    \b
    Exit codes:
      0    equal
      2    usage error
      3    the asset is not in the bucket
      4    the bucket could not be read
      5    different
      130  interrupted
    """  # noqa: D301 - click needs the escape
    with ProgressLine() as progress:
        callbacks = VerifyCallbacks(
            on_listed=progress.reporter(lambda files: f"listing: {files:,} files"),
            on_read=progress.reporter(lambda size: f"reading: {format_bytes(size)}"),
            on_compared=progress.reporter(lambda objects: f"comparing: {objects:,} objects"),
        )
        store, result = verify_asset(asset, where, deep=deep, connection=connection, callbacks=callbacks)
    show(_text(result, store.url, "in this asset" if Path(asset).is_dir() else "in the manifest"))
    return 5 if result.differences else 0


def _text(result: Verification, url: str, here: str) -> str:
    name = click.style(sanitize(result.asset), bold=True)
    how = "keys, sizes and checksums" if result.deep else "keys and sizes"
    compared = f"{format_count(result.files, 'file')}, {format_bytes(result.size)}; compared by {how}"
    if result.differences:
        lines = [f"{name} in {sanitize(url)} differs ({compared}):"]
        lines += [f"  {sanitize(difference.describe(here))}" for difference in result.differences[:_MAX_LISTED]]
        if result.differences.total > _MAX_LISTED:
            lines.append(f"  and {result.differences.total - _MAX_LISTED:,} more")
    else:
        lines = [f"{name} in {sanitize(url)} is complete and unchanged ({compared})."]
    return "\n".join([*lines, *_unlisted_text(result), *_uploads_text(result)])


def _unlisted_text(result: Verification) -> list[str]:
    """The keys that are not in the published manifest."""
    if not result.unlisted:
        return []
    shown = ", ".join(sanitize(difference.key) for difference in result.unlisted[:5])
    return [
        f"{format_count(result.unlisted.total, 'object')} of another program, not part of the asset: {shown}. "
        "Please inform the bucket owner."
    ]


def _uploads_text(result: Verification) -> list[str]:
    """The multipart uploads that were never finished."""
    if result.uploads is None:
        return ["Not checked: unfinished multipart uploads; these credentials may not list them."]
    if not result.uploads:
        return []
    shown = ", ".join(sanitize(key) for key in result.uploads[:5])
    return [
        f"{format_count(len(result.uploads), 'unfinished multipart upload')}, not part of the asset: {shown}. They may "
        "use storage; publishing the same content again aborts them."
    ]
