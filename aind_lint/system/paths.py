"""The folders on this machine in which the program keeps its state (receipts, journals) and its caches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from aind_lint.errors import UsageError

_APP = "aind-lint"


def state_folder() -> Path:
    """The folder of receipts and journals: ``AIND_LINT_STATE_DIR``, or the system's folder for a program's state.

    Raises:
        UsageError: The variable is not set and the account has no home folder.
    """
    if configured := os.environ.get("AIND_LINT_STATE_DIR"):
        return Path(configured)
    from platformdirs import user_state_dir  # loaded only when needed: 5 ms

    folder = _user_folder(lambda: user_state_dir(_APP, appauthor=False), _state_folder_of_0_1)
    if folder is None:
        raise UsageError("this account has no home folder for receipts; name a folder in AIND_LINT_STATE_DIR")
    return folder


def cache_folder() -> Path | None:
    """The folder of caches: ``AIND_LINT_CACHE_DIR``, or the system's folder for data that can be created again.

    None for an account without a home folder.
    """
    if configured := os.environ.get("AIND_LINT_CACHE_DIR"):
        return Path(configured)
    from platformdirs import user_cache_dir  # loaded only when needed: 5 ms

    return _user_folder(lambda: user_cache_dir(_APP, appauthor=False), _cache_folder_of_0_1)


def _user_folder(find: Callable[[], str], find_old: Callable[[], Path | None]) -> Path | None:
    """The folder that platformdirs names; or that of version 0.1 while only that one exists."""
    try:
        folder, old = Path(find()), find_old()
    except RuntimeError:  # no home folder
        return None
    if str(folder).startswith("~"):  # platformdirs before 4.10 returns the path unexpanded instead
        return None
    return old if old is not None and old != folder and old.is_dir() and not folder.exists() else folder


def _state_folder_of_0_1() -> Path | None:
    """Where version 0.1 kept its state, on systems where that can differ from what platformdirs says.

    On Windows platformdirs asks the system instead of LOCALAPPDATA; on macOS it honors XDG_STATE_HOME.
    """
    if sys.platform == "win32":
        return _local_app_data() / _APP
    return Path.home() / "Library" / "Application Support" / _APP if sys.platform == "darwin" else None


def _cache_folder_of_0_1() -> Path | None:
    """Where version 0.1 kept its caches, on systems where that can differ from what platformdirs says."""
    if sys.platform == "win32":
        return _local_app_data() / _APP / "Cache"
    return Path.home() / "Library" / "Caches" / _APP if sys.platform == "darwin" else None


def _local_app_data() -> Path:
    return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
