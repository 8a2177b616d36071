"""Detects an asset that is still being written."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aind_lint.asset.listing.file_table import FileStat, file_rows
from aind_lint.bucket.retry import OnMessage

#: The newest file of an asset must be at least this old, in seconds, before anything is sent.
QUIET_SECONDS = 2.0


def wait_until_settled(files: Mapping[str, FileStat], on_message: OnMessage) -> None:
    """Wait until the newest file is old enough, and name it. The listing before the claim shows whether it changed."""
    row = max(file_rows(files), key=lambda row: row[2], default=None)
    if row is not None and 0 <= time.time_ns() - row[2] < QUIET_SECONDS * 1e9:
        on_message(f"{row[0]} was modified less than 2 s ago; waiting to find out whether it is still being written")
        time.sleep(QUIET_SECONDS)
