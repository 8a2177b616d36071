"""Known files, whose validation result must not change unnoticed: the examples of the project, and real records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shards import Archive, write_archive

_PACKAGE = Path(__file__).parents[2] / "aind_lint"
_SCRIPT = Path(__file__).with_name("validate_files.py")


def changed_results(archive: Archive, records: Path | None) -> tuple[int, list[str]]:
    """Validate the known files by the archive of the project and by another archive.

    A file is skipped if only the other archive contains its version: it has no result that could change.

    Args:
        archive: The other archive.
        records: A folder of sidecars, at any depth.

    Returns:
        The number of unchanged results, and the files whose result changed.
    """
    folders = [_PACKAGE / "examples" / "sidecars", *([records] if records else [])]
    with tempfile.TemporaryDirectory() as copy:
        package = Path(copy) / "aind_lint"
        shutil.copytree(_PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "archive"))
        write_archive(package / "schema" / "archive", archive)
        before, after = _validate(_PACKAGE.parent, folders), _validate(Path(copy), folders)
    changed = [file for file, valid in before.items() if valid is not None and after[file] != valid]
    return sum(valid is not None for valid in before.values()) - len(changed), changed


def _validate(home: Path, folders: list[Path]) -> dict[str, bool | None]:
    """Validate every file with the package in ``home``: True if it is valid; None if its version is unknown."""
    command = [sys.executable, str(_SCRIPT), *map(str, folders)]
    variables = os.environ | {"PYTHONPATH": str(home)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"the known files cannot be validated:\n{done.stderr}")
    results: dict[str, bool | None] = json.loads(done.stdout)
    return results
