"""Programs that are installed for development."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest


def development_program(name: str) -> str:
    """The path of a program beside Python; the test is skipped where Windows has no such program."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None and sys.platform == "win32":
        pytest.skip(f"{name} is not installed")
    assert found, f"{name} is not installed: pip install -e '.[dev]'"
    return found
