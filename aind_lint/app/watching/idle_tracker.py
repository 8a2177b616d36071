"""Since when an asset has not changed: remembered across restarts, so that a nightly kill does not start anew."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import scan_folder
from aind_lint.errors import AindLintError

#: The watcher's memory, in the watched folder.
STATE_FILE = ".aind-lint-watch.json"


@dataclass
class _Seen:
    """An asset as it was last seen.

    Attributes:
        fingerprint: Of all files with their sizes and times.
        since: When it was first seen so, in seconds of the epoch.
        dealt_with: Whether it has been published, or has failed, as it is.
    """

    fingerprint: str
    since: float
    dealt_with: bool = False


class IdleTracker:
    """Tells the assets that lie still.

    An asset that has been dealt with comes back only when it has changed since.

    Args:
        minutes: How long nothing may change before an asset counts as finished.
    """

    def __init__(self, minutes: float) -> None:
        self._seconds = minutes * 60

    def still(self, folder: Path, names: Iterable[str]) -> list[str]:
        """Those of the assets in ``folder`` that have lain still for long enough and are not dealt with."""
        before, now = _read(folder), time.time()
        after: dict[str, _Seen] = {}
        for name in names:
            try:
                fingerprint = _fingerprint(folder / name)
            except (AindLintError, OSError):
                continue  # it is being moved or written: anything but still
            seen = before.get(name)
            # A clock that was set back must not make an asset wait for the time it was set back by.
            same = seen is not None and seen.fingerprint == fingerprint and seen.since <= now
            after[name] = seen if seen is not None and same else _Seen(fingerprint, now)
        if after != before:
            _write(folder, after)
        return [name for name, seen in after.items() if not seen.dealt_with and now - seen.since >= self._seconds]

    def deal_with(self, asset: Path) -> None:
        """Remember that an asset, as it was last seen, has been dealt with."""
        state = _read(asset.parent)
        if asset.name in state:
            state[asset.name].dealt_with = True
            _write(asset.parent, state)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for row in file_rows(scan_folder(folder).files):
        digest.update(json.dumps(row).encode("ascii"))
    return digest.hexdigest()


def _read(folder: Path) -> dict[str, _Seen]:
    try:
        state = json.loads((folder / STATE_FILE).read_bytes())
        return {
            name: _Seen(str(seen["fingerprint"]), float(seen["since"]), seen["dealt_with"] is True)
            for name, seen in state.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # the first start, or a file that was cut off: everything is seen anew


def _write(folder: Path, state: dict[str, _Seen]) -> None:
    temporary = folder / f"{STATE_FILE}.new"
    temporary.write_text(json.dumps({name: asdict(seen) for name, seen in state.items()}, indent=1), encoding="ascii")
    temporary.replace(folder / STATE_FILE)
