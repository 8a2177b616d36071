"""Where a program keeps its records on this machine: receipts and journals."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aind_lint.errors import UsageError


def state_folder() -> Path:
    """``AIND_LINT_STATE_DIR``, or the place the system has for a program's records.

    Raises:
        UsageError: There is neither.
    """
    if configured := os.environ.get("AIND_LINT_STATE_DIR"):
        return Path(configured)
    try:
        return _base() / "aind-lint"
    except RuntimeError:
        raise UsageError("this account has no home folder for receipts; name one in AIND_LINT_STATE_DIR") from None


def _base() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
