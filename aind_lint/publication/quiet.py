"""Is an asset still being written?"""

from __future__ import annotations

import time
from collections.abc import Mapping

from aind_lint.asset.files import FileStat
from aind_lint.bucket.retry import Tell

#: Seconds for which nothing in an asset may have changed before it is sent.
QUIET_SECONDS = 2.0


def wait_until_quiet(files: Mapping[str, FileStat], tell: Tell) -> None:
    """Wait until the newest file is a little older, and name it; the listing before the claim shows whether it grew."""
    newest = max(files, key=lambda key: files[key].mtime_ns, default=None) if _is_fresh(files) else None
    if newest is not None:
        tell(f"{newest} was modified a moment ago; waiting to see whether it is still being written")
        time.sleep(QUIET_SECONDS)


def _is_fresh(files: Mapping[str, FileStat]) -> bool:
    age = time.time_ns() - max((stat.mtime_ns for stat in files.values()), default=0)
    return 0 <= age < QUIET_SECONDS * 1e9
