"""The environment of a release: the pydantic and the models package of its time.

An environment is a folder for PYTHONPATH. There is one for each version of pydantic whose exports differ.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from packaging.version import Version
from releases import Release, unpack

#: Versions of pydantic with their release dates: the last patch of each minor version. All later versions export the
#: same as 2.11.10, and every release since then allows it.
PYDANTICS = {
    Version("1.10.13"): datetime(2023, 9, 27),
    Version("2.5.3"): datetime(2023, 12, 22),
    Version("2.6.4"): datetime(2024, 3, 12),
    Version("2.8.2"): datetime(2024, 7, 4),
    Version("2.9.2"): datetime(2024, 9, 17),
    Version("2.10.6"): datetime(2025, 1, 24),
    Version("2.11.10"): datetime(2025, 10, 4),
}

#: Packages that releases import besides pydantic and their models package. Their versions do not affect schemas.
_DEPENDENCIES = [
    "dictdiffer",
    "email-validator",
    "importlib-resources",
    "inflection",
    "jsonschema",
    "requests",
    "semver",
]
_DEPENDENCIES += ["typing-extensions", "tzdata"]
#: Additional packages for pydantic 2. No release with pydantic 1 imports them.
_DEPENDENCIES_2 = ["pydantic-extra-types"]

#: The package with the controlled vocabularies, for each schema package.
MODELS = {"aind-data-schema": "aind-data-schema-models", "biodata-schema": "biodata-models"}


@dataclass(frozen=True)
class Run:
    """A release and its environment.

    Attributes:
        release: The release.
        pydantic: The version of pydantic.
        models: The release of its models package; None if it needs none.
    """

    release: Release
    pydantic: Version
    models: Release | None

    def __str__(self) -> str:
        models = f", {self.models.package} {self.models.version}" if self.models else ""
        return f"{self.release.package} {self.release.version} (pydantic {self.pydantic}{models})"


def choose_run(release: Release, models: list[Release]) -> Run:
    """Choose the environment that a release had on the day of its upload.

    Args:
        release: The release.
        models: Every release of its models package, oldest first.
    """
    pinned = None
    if release.needs(MODELS[release.package]):
        allowed = [one for one in models if release.allows(one.package, one.version)]
        pinned = next((one for one in reversed(allowed) if one.built <= release.built), allowed[0])
    parts = [release, pinned] if pinned else [release]
    compatible = [version for version in PYDANTICS if all(one.allows("pydantic", version) for one in parts)]
    pydantic = next((version for version in reversed(compatible) if PYDANTICS[version] <= release.built), compatible[0])
    return Run(release, pydantic, pinned)


def install_environment(pydantic: Version, python: str, folder: Path) -> Path:
    """The folder with a version of pydantic and the packages that its releases import; installed if it does not exist.

    Args:
        pydantic: Its version.
        python: The interpreter that uses it.
        folder: The folder of environments.
    """
    installed = folder / f"pydantic-{pydantic}"
    if not installed.exists():
        target = folder / f"pydantic-{pydantic}.part"
        # export_release.py patches pydantic 1, which is only possible with the pure-Python wheel.
        if pydantic.major == 1:
            _install(python, target, "--no-deps", "--only-binary=:all:", "--platform=any", f"pydantic=={pydantic}")
            _install(python, target, *_DEPENDENCIES)
        else:
            _install(python, target, f"pydantic=={pydantic}", *_DEPENDENCIES, *_DEPENDENCIES_2)
        target.rename(installed)
    return installed


def run_script(run: Run, script: Path, python: str, folder: Path) -> str:
    """Run a script inside a release, and return its output.

    Args:
        run: The release and its environment.
        script: The script. Its argument is the name of the release's package.
        python: The interpreter.
        folder: The folder of environments and unpacked wheels.
    """
    parts = [run.release, run.models] if run.models else [run.release]
    paths = [unpack(one, folder / "unpacked") for one in parts]
    paths.append(install_environment(run.pydantic, python, folder / "environments"))
    # -S: without site-packages. The hash seed is fixed because some vocabularies are created from sets.
    variables = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONHASHSEED": "0", "TZ": "UTC"}
    command = [python, "-S", "-B", str(script), run.release.package.replace("-", "_")]
    done = subprocess.run(
        command, env=os.environ | variables, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise SystemExit(f"{script.name} failed in {run}:\n{done.stderr}")
    return done.stdout


def _install(python: str, target: Path, *arguments: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--target", str(target), "--upgrade", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip install {' '.join(arguments)} failed:\n{done.stderr}")
