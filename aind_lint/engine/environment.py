"""What check results depend on apart from assets and rules: this package, the installed packages, and Python."""

from __future__ import annotations

import hashlib
import os.path
import sys
from collections.abc import Iterator
from functools import cache

from aind_lint._version import __version__
from aind_lint.system.package_data import rules_folder

#: Packages whose version can change a check result.
_SCHEMA_PACKAGES = ("aind-data-schema", "aind-data-schema-models", "biodata-schema", "biodata-models", "pydantic")
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - every start needs it


@cache
def package_versions() -> dict[str, str]:
    """Versions of the installed packages that check results depend on, by name."""
    from importlib import metadata  # slow to import

    versions = {}
    for package in _SCHEMA_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


@cache
def environment_id() -> str:
    """A digest that changes with every package that is installed, removed or updated, and with our own code.

    Installers create a folder ``<name>-<version>.dist-info`` for every package, so listing each folder of ``sys.path``
    is enough.
    """
    parts = [__version__, sys.version, *sorted(_installed_packages()), *sorted(_own_files())]
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _installed_packages() -> Iterator[str]:
    for folder in sys.path:
        try:
            yield from (name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info")))  # noqa: PTH208
        except OSError:
            continue


def _own_files() -> Iterator[str]:
    """Every file of this package and every rule with size and time.

    In a development install, they change without a new version.
    """
    rules = rules_folder()  # inside the package if installed
    folders = [_PACKAGE] if rules.startswith(_PACKAGE) else [_PACKAGE, rules]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                else:
                    info = entry.stat()
                    yield f"{entry.path} {info.st_size} {info.st_mtime_ns}"
