"""The releases of a package on its index, as wheels in a folder.

Only pip talks to the index, so its configuration (mirrors, proxies, credentials) is the user's own. The time of a
release is read from the wheel: these packages are built and uploaded by one CI job, so the time stamps of the files
that the build wrote are the upload's within minutes. That needs no second service, and it never changes.
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

#: Not a release of the schema: an empty build that was uploaded by mistake on 2024-03-13.
STRAYS = {("aind-data-schema", "0.0.1")}

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
        """When it was built, which is when it was uploaded."""
        with zipfile.ZipFile(self.wheel) as archive:
            return max(datetime(*info.date_time) for info in archive.infolist() if ".dist-info/" in info.filename)

    @cached_property
    def requirements(self) -> list[Requirement]:
        """What it needs at run time."""
        with zipfile.ZipFile(self.wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = message_from_string(archive.read(name).decode())
        needed = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
        return [one for one in needed if not one.marker or one.marker.evaluate({"extra": ""})]

    def allows(self, package: str, version: Version) -> bool:
        """Whether it can be installed beside that version of another package."""
        return all(one.specifier.contains(version) for one in self.requirements if _same(one.name, package))

    def needs(self, package: str) -> bool:
        """Whether it depends on a package."""
        return any(_same(one.name, package) for one in self.requirements)


def releases(package: str, folder: Path, known: Iterable[str] = ()) -> list[Release]:
    """Every release of a package that has a wheel, oldest first; what ``folder`` lacks is downloaded into it.

    Args:
        package: Name of the package on the index.
        folder: Where the wheels are kept.
        known: Releases that are not wanted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unwanted = set(map(Version, known))
    held = {one.version for one in _held(package, folder)}
    missing = [version for version in _listed(package) if version not in held | unwanted]
    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        list(pool.map(lambda version: _download(package, version, folder), missing))
    wanted = (one for one in _held(package, folder) if one.version not in unwanted)
    return sorted(wanted, key=lambda one: one.version)


def unpacked(release: Release, folder: Path) -> Path:
    """The folder that holds the modules of a release, for PYTHONPATH."""
    made = folder / f"{release.package}-{release.version}"
    if not made.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of its own: several releases at one time unpack the same models package.
        with tempfile.TemporaryDirectory(dir=folder, suffix=".part") as part:
            with zipfile.ZipFile(release.wheel) as archive:
                archive.extractall(Path(part) / "modules")
            with contextlib.suppress(OSError):  # another one was faster
                (Path(part) / "modules").rename(made)
    return made


def _listed(package: str) -> list[Version]:
    listed = re.search(r"^Available versions: (.*)$", _pip("index", "versions", package), re.MULTILINE)
    if not listed:
        raise SystemExit(f"pip lists no versions of {package}")
    return [Version(text) for text in listed[1].split(", ") if (package, text) not in STRAYS]


def _download(package: str, version: Version, folder: Path) -> None:
    options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", str(folder)]
    _pip("download", "--quiet", *options, f"{package}=={version}")


def _held(package: str, folder: Path) -> Iterator[Release]:
    for wheel in folder.glob("*.whl"):
        name, version, *_ = parse_wheel_filename(wheel.name)
        if _same(name, package) and (package, str(version)) not in STRAYS:
            yield Release(package, version, wheel)


def _same(name: str, other: str) -> bool:
    return canonicalize_name(name) == canonicalize_name(other)


def _pip(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout
