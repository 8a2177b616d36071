"""Symbolic links in tests, where the system can make them."""

from __future__ import annotations

from pathlib import Path

import pytest


def make_link(place: Path, target: Path | str) -> None:
    """Make a symbolic link; skip the test if this system or user cannot."""
    try:
        place.symlink_to(target, target_is_directory=(place.parent / target).is_dir())
    except OSError as error:
        pytest.skip(f"no links can be made here: {error}")
