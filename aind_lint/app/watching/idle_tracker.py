"""How long assets have not changed. The times are saved, so that a restart of the watcher does not reset them.

Only the monotonic clock counts: setting the system clock, or a jump of it, must not make an asset finished. Since a
restart of the machine the monotonic clock may begin again. Then its reading is the shortest possible time since the
last scan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.errors import AindLintError
from aind_lint.system.shared_folder import read_regular_file, write_file_in

#: The file with the times, in the watched folder.
STATE_FILE = ".aind-lint-watch.json"


@dataclass
class _Observation:
    """The state of an asset at the last scan.

    Attributes:
        fingerprint: Digest of all files with their sizes and times.
        idle: Seconds for which this state is known to have lasted.
        seen: The monotonic clock at the last scan.
        handled: Whether publishing it in this state has succeeded or failed.
    """

    fingerprint: str
    idle: float
    seen: float
    handled: bool = False


class IdleTracker:
    """Finds assets that have not changed for a given time. A handled asset is found again only after a change.

    Args:
        minutes: How long an asset must not change before it is finished.
    """

    def __init__(self, minutes: float) -> None:
        self._seconds = minutes * 60

    def idle_assets(self, folder: Path, names: Iterable[str]) -> list[str]:
        """Those of the assets in ``folder`` that have not changed for long enough and are not handled."""
        previous, now = _read(folder), monotonic()
        current: dict[str, _Observation] = {}
        for name in names:
            try:
                fingerprint = _fingerprint(folder / name)
            except (AindLintError, OSError):
                continue  # it is being moved or written, so it is not idle
            last = previous.get(name)
            if last is None or last.fingerprint != fingerprint:
                current[name] = _Observation(fingerprint, 0.0, now)
            else:
                elapsed = now - last.seen if now >= last.seen else now
                current[name] = _Observation(fingerprint, last.idle + elapsed, now, last.handled)
        if current or previous:
            _write(folder, current)
        # An asset that this scan sees in a new state is never idle, however short the wait: two scans are needed.
        return [
            name
            for name, observation in current.items()
            if not observation.handled
            and observation.idle >= self._seconds
            and _is_known(previous.get(name), observation)
        ]

    def mark_handled(self, asset: Path) -> None:
        """Save that an asset is handled, as it was at the last scan."""
        state = _read(asset.parent)
        if asset.name in state:
            state[asset.name].handled = True
            _write(asset.parent, state)


def _is_known(last: _Observation | None, observation: _Observation) -> bool:
    return last is not None and last.fingerprint == observation.fingerprint


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for row in file_rows(scan_folder(folder).files):
        digest.update(json.dumps(row).encode("ascii"))
    return digest.hexdigest()


def _read(folder: Path) -> dict[str, _Observation]:
    try:
        state = json.loads(read_regular_file(folder / STATE_FILE))
        return {name: _observation(fields) for name, fields in state.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # the first start, or a truncated file: all times start now


def _observation(fields: dict[str, Any]) -> _Observation:
    # Version 0.1.0 wrote "dealt_with": its state stays valid, so no asset is published a second time.
    handled = fields["handled"] if "handled" in fields else fields["dealt_with"]
    # It wrote the system time, too, which is not used: the wait begins again.
    idle, seen = float(fields.get("idle", 0)), float(fields.get("seen", monotonic()))
    return _Observation(str(fields["fingerprint"]), max(0.0, idle), seen, handled is True)


def _write(folder: Path, state: dict[str, _Observation]) -> None:
    content = {name: asdict(observation) for name, observation in state.items()}
    write_file_in(folder, STATE_FILE, json.dumps(content, indent=1))
