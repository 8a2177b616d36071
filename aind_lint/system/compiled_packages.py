"""Compiled packages that do not exist for every system, so that the product works without them.

The dependencies in ``pyproject.toml`` leave each out where it has no wheel, because pip would need a compiler.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module


@cache
def is_available(module: str) -> bool:
    """Whether a module is installed and can be loaded on this system."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True
