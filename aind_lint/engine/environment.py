"""What verdicts depend on beside assets and rules: our own code, the installed packages, Python."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from aind_lint._version import __version__

#: Packages whose version can change a verdict.
_JUDGES = ("aind-data-schema", "aind-data-schema-models", "biodata-schema", "biodata-models", "pydantic")
_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def package_versions() -> dict[str, str]:
    """Versions of the installed packages that take part in verdicts."""
    from importlib import metadata  # slow to import

    versions = {}
    for package in _JUDGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


@cache
def environment_id() -> str:
    """A digest that changes with every package that is installed, removed or updated, and with our own code.

    The folders that installers keep for every package carry its version in their names, so that one look at each
    folder of ``sys.path`` is enough.
    """
    facts = [__version__, sys.version, *sorted(_installed()), *sorted(_own_code())]
    return hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _installed() -> Iterator[str]:
    for folder in sys.path:
        try:
            yield from (name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH208
        except OSError:
            continue


def _own_code() -> Iterator[str]:
    """Every file of the package with its time, as somebody who works on it changes it without a new version."""
    folders = [_PACKAGE]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(Path(entry.path))
                else:
                    info = entry.stat()
                    yield f"{entry.path} {info.st_size} {info.st_mtime_ns}"
