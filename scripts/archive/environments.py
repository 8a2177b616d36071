"""What a release ran with when it was new: a pydantic of its time, and its models package.

An environment is a folder for PYTHONPATH, one for each pydantic that changed what it exports.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from packaging.version import Version
from releases import Release, unpacked

#: The versions of pydantic, each with the day it appeared: the last of each minor version, because a newer patch only
#: repairs. 2.11.10 stands for all later ones, which every release since allows and exports the same with.
PYDANTICS = {
    Version("1.10.13"): datetime(2023, 9, 27),
    Version("2.5.3"): datetime(2023, 12, 22),
    Version("2.6.4"): datetime(2024, 3, 12),
    Version("2.8.2"): datetime(2024, 7, 4),
    Version("2.9.2"): datetime(2024, 9, 17),
    Version("2.10.6"): datetime(2025, 1, 24),
    Version("2.11.10"): datetime(2025, 10, 4),
}

#: What releases import beside pydantic and their models package; no version of these changes a schema.
_OTHERS = ["dictdiffer", "email-validator", "importlib-resources", "inflection", "jsonschema", "requests", "semver"]
_OTHERS += ["typing-extensions", "tzdata"]
#: Only for pydantic 2: it is part of no release that runs with pydantic 1.
_OTHERS_2 = ["pydantic-extra-types"]

#: The package that holds the controlled vocabularies of each schema package.
MODELS = {"aind-data-schema": "aind-data-schema-models", "biodata-schema": "biodata-models"}


@dataclass(frozen=True)
class Run:
    """What one release is run with.

    Attributes:
        release: The release.
        pydantic: The version of pydantic.
        models: The release of its models package; None before there was one.
    """

    release: Release
    pydantic: Version
    models: Release | None

    def __str__(self) -> str:
        models = f", {self.models.package} {self.models.version}" if self.models else ""
        return f"{self.release.package} {self.release.version} (pydantic {self.pydantic}{models})"


def run_of(release: Release, models: list[Release]) -> Run:
    """What a release ran with on the day of its upload.

    Args:
        release: The release.
        models: Every release of its models package, oldest first.
    """
    pinned = None
    if release.needs(MODELS[release.package]):
        allowed = [one for one in models if release.allows(one.package, one.version)]
        pinned = next((one for one in reversed(allowed) if one.built <= release.built), allowed[0])
    parts = [release, pinned] if pinned else [release]
    fitting = [version for version in PYDANTICS if all(one.allows("pydantic", version) for one in parts)]
    pydantic = next((version for version in reversed(fitting) if PYDANTICS[version] <= release.built), fitting[0])
    return Run(release, pydantic, pinned)


def environment(pydantic: Version, python: str, folder: Path) -> Path:
    """The folder that holds a pydantic and what releases of its time import; made when it is not there.

    Args:
        pydantic: Its version.
        python: The interpreter that will use it.
        folder: Where environments are kept.
    """
    made = folder / f"pydantic-{pydantic}"
    if not made.exists():
        target = folder / f"pydantic-{pydantic}.part"
        # Only the pure-Python build of pydantic 1 can be changed from outside, as export.py does.
        if pydantic.major == 1:
            _install(python, target, "--no-deps", "--only-binary=:all:", "--platform=any", f"pydantic=={pydantic}")
            _install(python, target, *_OTHERS)
        else:
            _install(python, target, f"pydantic=={pydantic}", *_OTHERS, *_OTHERS_2)
        target.rename(made)
    return made


def execute(run: Run, script: Path, python: str, folder: Path) -> str:
    """The output of a script that runs inside a release.

    Args:
        run: The release and what it runs with.
        script: The script; it is given the name of the release's package.
        python: The interpreter.
        folder: Where environments and unpacked wheels are kept.
    """
    parts = [run.release, run.models] if run.models else [run.release]
    paths = [unpacked(one, folder / "unpacked") for one in parts]
    paths.append(environment(run.pydantic, python, folder / "environments"))
    # Without site-packages (-S); a fixed hash seed, because some vocabularies are made from sets.
    variables = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONHASHSEED": "0", "TZ": "UTC"}
    command = [python, "-S", "-B", str(script), run.release.package.replace("-", "_")]
    done = subprocess.run(
        command, env=os.environ | variables, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise SystemExit(f"{run} fails:\n{done.stderr}")
    return done.stdout


def _install(python: str, target: Path, *arguments: str) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--target", str(target), "--upgrade", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pip install {' '.join(arguments)} failed:\n{done.stderr}")
