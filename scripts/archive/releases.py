"""The releases of a package on its index, downloaded as wheels.

Only pip accesses the index, so the user's configuration of pip (mirrors, proxies, credentials) applies. The upload
time of a release is that of the newest file in its wheel: one CI job builds and uploads these packages, so the two
differ by minutes.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email import message_from_string
from functools import cached_property
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

#: Releases without a schema: an empty build that was uploaded by mistake on 2024-03-13.
EXCLUDED = {("aind-data-schema", "0.0.1")}

_DOWNLOADS = 8


@dataclass(frozen=True)
class Release:
    """One release of one package.

    Attributes:
        package: Name of the package on the index.
        version: Version of the release.
        wheel: Its wheel.
    """

    package: str
    version: Version
    wheel: Path

    @cached_property
    def built(self) -> datetime:
        """The time at which it was built, shortly before its upload."""
        with zipfile.ZipFile(self.wheel) as archive:
            return max(datetime(*info.date_time) for info in archive.infolist() if ".dist-info/" in info.filename)

    @cached_property
    def requirements(self) -> list[Requirement]:
        """Its dependencies at run time."""
        with zipfile.ZipFile(self.wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = message_from_string(archive.read(name).decode())
        needed = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
        return [one for one in needed if not one.marker or one.marker.evaluate({"extra": ""})]

    def allows(self, package: str, version: Version) -> bool:
        """Whether its dependencies allow this version of another package."""
        return all(one.specifier.contains(version) for one in self.requirements if _is_same_package(one.name, package))

    def needs(self, package: str) -> bool:
        """Whether it depends on a package."""
        return any(_is_same_package(one.name, package) for one in self.requirements)


def releases(package: str, folder: Path, known: Iterable[str] = ()) -> list[Release]:
    """Every release of a package that has a wheel, oldest first. Missing wheels are downloaded.

    Args:
        package: Name of the package on the index.
        folder: The folder of the wheels.
        known: Releases to leave out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    excluded = set(map(Version, known))
    downloaded = {one.version for one in _downloaded(package, folder)}
    missing = [version for version in _available(package) if version not in downloaded | excluded]
    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        list(pool.map(lambda version: _download(package, version, folder), missing))
    wanted = (one for one in _downloaded(package, folder) if one.version not in excluded)
    return sorted(wanted, key=lambda one: one.version)


def unpack(release: Release, folder: Path) -> Path:
    """The folder with the modules of a release, for PYTHONPATH."""
    modules = folder / f"{release.package}-{release.version}"
    if not modules.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # In a temporary folder, because several processes unpack the same models package.
        with tempfile.TemporaryDirectory(dir=folder, suffix=".part") as part:
            with zipfile.ZipFile(release.wheel) as archive:
                archive.extractall(Path(part) / "modules")
            with contextlib.suppress(OSError):  # another process was first
                (Path(part) / "modules").rename(modules)
    return modules


def _available(package: str) -> list[Version]:
    listed = re.search(r"^Available versions: (.*)$", _pip("index", "versions", package), re.MULTILINE)
    if not listed:
        raise SystemExit(f"pip finds no versions of {package}")
    return [Version(text) for text in listed[1].split(", ") if (package, text) not in EXCLUDED]


def _download(package: str, version: Version, folder: Path) -> None:
    options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", str(folder)]
    _pip("download", "--quiet", *options, f"{package}=={version}")


def _downloaded(package: str, folder: Path) -> Iterator[Release]:
    for wheel in folder.glob("*.whl"):
        name, version, *_ = parse_wheel_filename(wheel.name)
        if _is_same_package(name, package) and (package, str(version)) not in EXCLUDED:
            yield Release(package, version, wheel)


def _is_same_package(name: str, other: str) -> bool:
    return canonicalize_name(name) == canonicalize_name(other)


def _pip(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout
