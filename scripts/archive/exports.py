"""What every release exports, one file for each: a run that was cut off goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import MODELS, PYDANTICS, Run, environment, execute, run_of
from releases import releases

_SCRIPT = Path(__file__).with_name("export.py")


@dataclass(frozen=True)
class Export:
    """What one release exports.

    Attributes:
        run: The release and what it was run with.
        classes: For every class its schema version and its schema, as pydantic exports it.
        failed: Modules that could not be imported, each with the reason.
    """

    run: Run
    classes: dict[str, tuple[str, Any]]
    failed: dict[str, str]


def exports(folder: Path, python: str, processes: int, known: dict[str, list[str]]) -> Iterator[Export]:
    """The exports of all releases that are new, oldest first; what the folder lacks is made.

    Args:
        folder: Where wheels, environments and exports are kept.
        python: The interpreter that imports the releases.
        processes: How many releases are imported at one time.
        known: For every package the releases that are not new.
    """
    runs = [run for package in MODELS for run in _runs(package, folder / "wheels", known.get(package, []))]
    missing = [run for run in runs if not _file(run, folder).exists()]
    for pydantic in PYDANTICS:
        if any(run.pydantic == pydantic for run in missing):
            environment(pydantic, python, folder / "environments")
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(lambda run: _export(run, python, folder), missing))
    for run in runs:
        text = _file(run, folder).read_text(encoding="utf-8")
        yield Export(run, **json.loads(text))


def _runs(package: str, wheels: Path, known: list[str]) -> list[Run]:
    new = releases(package, wheels, known)
    models = releases(MODELS[package], wheels) if new else []
    return [run_of(release, models) for release in new]


def _export(run: Run, python: str, folder: Path) -> None:
    print(run, flush=True)
    output = execute(run, _SCRIPT, python, folder)
    json.loads(output)
    made = _file(run, folder)
    made.parent.mkdir(exist_ok=True)
    part = made.with_suffix(".part")
    part.write_text(output, encoding="utf-8")
    part.rename(made)


def _file(run: Run, folder: Path) -> Path:
    """Where an export is kept; the name says what it was made with, so another choice makes another."""
    models = f"_{run.models.version}" if run.models else ""
    return folder / "exports" / f"{run.release.package}-{run.release.version}_{run.pydantic}{models}.json"
