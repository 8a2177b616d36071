"""The exports of all releases, one file each. An interrupted run continues where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import MODELS, PYDANTICS, Run, choose_run, install_environment, run_script
from releases import releases

_SCRIPT = Path(__file__).with_name("export_release.py")


@dataclass(frozen=True)
class Export:
    """The export of one release.

    Attributes:
        run: The release and its environment.
        classes: The schema version and the exported schema of every class.
        failed: The modules that could not be imported, with the reasons.
    """

    run: Run
    classes: dict[str, tuple[str, Any]]
    failed: dict[str, str]


def all_exports(folder: Path, python: str, processes: int, known: dict[str, list[str]]) -> Iterator[Export]:
    """The exports of all new releases, oldest first. Missing exports are created.

    Args:
        folder: The folder of wheels, environments and exports.
        python: The interpreter that imports the releases.
        processes: The number of releases that are imported at the same time.
        known: The releases of every package that are not new.
    """
    runs = [run for package in MODELS for run in _runs(package, folder / "wheels", known.get(package, []))]
    missing = [run for run in runs if not _file(run, folder).exists()]
    for pydantic in PYDANTICS:
        if any(run.pydantic == pydantic for run in missing):
            install_environment(pydantic, python, folder / "environments")
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda run: _export(run, python, folder), missing))
    for run in runs:
        text = _file(run, folder).read_text(encoding="utf-8")
        yield Export(run, **json.loads(text))


def _runs(package: str, wheels: Path, known: list[str]) -> list[Run]:
    new = releases(package, wheels, known)
    models = releases(MODELS[package], wheels) if new else []
    return [choose_run(release, models) for release in new]


def _export(run: Run, python: str, folder: Path) -> None:
    print(run, flush=True)
    output = run_script(run, _SCRIPT, python, folder)
    json.loads(output)
    file = _file(run, folder)
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(output, encoding="utf-8")
    part.rename(file)


def _file(run: Run, folder: Path) -> Path:
    """The file of an export. Its name contains the environment, so another environment has another file."""
    models = f"_{run.models.version}" if run.models else ""
    return folder / "exports" / f"{run.release.package}-{run.release.version}_{run.pydantic}{models}.json"
