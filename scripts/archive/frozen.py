"""Files whose verdict must not change unnoticed: the project's own examples, and real records where there are some."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from shards import Archive, write

_PACKAGE = Path(__file__).parents[2] / "aind_lint"
_SCRIPT = Path(__file__).with_name("judge.py")


def changed_verdicts(archive: Archive, records: Path | None) -> tuple[int, list[str]]:
    """Judge the frozen files by the archive of the project, and by another one.

    A file whose version only the other one knows has no verdict yet that could change.

    Args:
        archive: The other one.
        records: A folder of sidecars, at any depth.

    Returns:
        How many verdicts are the same, and the files whose verdict is another one.
    """
    folders = [_PACKAGE / "examples" / "sidecars", *([records] if records else [])]
    with tempfile.TemporaryDirectory() as copy:
        package = Path(copy) / "aind_lint"
        shutil.copytree(_PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "archive"))
        write(package / "schema" / "archive", archive)
        before, after = _verdicts(_PACKAGE.parent, folders), _verdicts(Path(copy), folders)
    other = [file for file, verdict in before.items() if verdict is not None and after[file] != verdict]
    return sum(verdict is not None for verdict in before.values()) - len(other), other


def _verdicts(home: Path, folders: list[Path]) -> dict[str, bool | None]:
    """What the package that lies in ``home`` says of every file: valid, not valid, or nothing."""
    command = [sys.executable, str(_SCRIPT), *map(str, folders)]
    variables = os.environ | {"PYTHONPATH": str(home)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"the frozen files cannot be judged:\n{done.stderr}")
    verdicts: dict[str, bool | None] = json.loads(done.stdout)
    return verdicts
