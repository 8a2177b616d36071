"""Since when assets have not changed. The times are saved, so that a restart of the watcher does not reset them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import scan_folder
from aind_lint.errors import AindLintError

#: The file with the times, in the watched folder.
STATE_FILE = ".aind-lint-watch.json"


@dataclass
class _Observation:
    """The state of an asset at the last scan.

    Attributes:
        fingerprint: Digest of all files with their sizes and times.
        since: When this state was first found, in seconds since the epoch.
        handled: Whether publishing it in this state has succeeded or failed.
    """

    fingerprint: str
    since: float
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
        previous, now = _read(folder), time.time()
        current: dict[str, _Observation] = {}
        for name in names:
            try:
                fingerprint = _fingerprint(folder / name)
            except (AindLintError, OSError):
                continue  # it is being moved or written, so it is not idle
            observation = previous.get(name)
            # If the clock was set back, the wait must not be longer by that time.
            same = observation is not None and observation.fingerprint == fingerprint and observation.since <= now
            current[name] = observation if observation is not None and same else _Observation(fingerprint, now)
        if current != previous:
            _write(folder, current)
        return [
            name
            for name, observation in current.items()
            if not observation.handled and now - observation.since >= self._seconds
        ]

    def mark_handled(self, asset: Path) -> None:
        """Save that an asset is handled, as it was at the last scan."""
        state = _read(asset.parent)
        if asset.name in state:
            state[asset.name].handled = True
            _write(asset.parent, state)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for row in file_rows(scan_folder(folder).files):
        digest.update(json.dumps(row).encode("ascii"))
    return digest.hexdigest()


def _read(folder: Path) -> dict[str, _Observation]:
    try:
        state = json.loads((folder / STATE_FILE).read_bytes())
        return {name: _observation(fields) for name, fields in state.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # the first start, or a truncated file: all times start now


def _observation(fields: dict[str, Any]) -> _Observation:
    # Version 0.1.0 wrote "dealt_with": its state stays valid, so no asset is published a second time.
    handled = fields["handled"] if "handled" in fields else fields["dealt_with"]
    return _Observation(str(fields["fingerprint"]), float(fields["since"]), handled is True)


def _write(folder: Path, state: dict[str, _Observation]) -> None:
    temporary = folder / f"{STATE_FILE}.new"
    temporary.write_text(
        json.dumps({name: asdict(observation) for name, observation in state.items()}, indent=1), encoding="ascii"
    )
    temporary.replace(folder / STATE_FILE)
