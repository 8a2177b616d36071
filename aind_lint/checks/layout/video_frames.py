"""Does every video have as many frames as the table of its frames has rows?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import NOT_READ
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.formats.codecs.byte_window import window_of_stream
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.media.frame_count import ONE_BY_ONE, count_frames
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True


class Options(verb.Options):
    """Which videos.

    Attributes:
        files: Globs of the videos.
        table: The name of the table in the folder of a video, with a row for each frame.
    """

    files: Annotated[list[str], NOT_EMPTY]
    table: str


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every video with another number of frames, or without an index."""
    yield from report_limited(_faults(asset, options, context), "more videos like this")


def _faults(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        table_key = f"{key.rpartition('/')[0]}/{options.table}"
        if table_key not in asset.listing.files or not asset.listing.files[key].size:
            continue  # other rules report missing and empty files
        table = asset.csv_table(table_key)
        if isinstance(table, str) or not table.complete:
            yield Unchecked(f"{table_key} could not be read", key)
            continue
        if context.contents == "none" and key.lower().endswith(ONE_BY_ONE):
            yield Unchecked(NOT_READ, key)
            continue
        try:
            with asset.listing.open(key) as stream:
                frames = count_frames(key, window_of_stream(stream, asset.listing.files[key].size))
        except (BrokenChunkError, UndecodedError) as error:
            yield Unchecked(f"frames are not counted: {error}", key)
            continue
        except OSError as error:
            yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
            continue
        if frames is None:
            yield Fault(f"{key} has no index of its frames: the recording or the copy was interrupted", key)
        elif frames != table.rows:
            message = f"{key} has {frames:,} frames, but {table_key} has {table.rows:,} rows"
            yield Fault(message, key, found=f"{frames}", expected=f"{table.rows}", related=((table_key, None),))
