"""Where a program keeps its records on this machine: receipts and journals."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """``AIND_LINT_STATE_DIR``, or the place the system has for a program's records."""
    if configured := os.environ.get("AIND_LINT_STATE_DIR"):
        return Path(configured)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return base / "aind-lint"
