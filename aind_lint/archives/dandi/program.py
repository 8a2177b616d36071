"""Runs the ``dandi`` program, where it is installed, on one NWB file in HDF5.

It is a process of its own with an environment and a home folder of its own: no credentials, no cache of other runs, no
message to its makers. It reads files with h5py and unpickles nothing of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from aind_lint.errors import os_error_reason

#: Seconds that one file may take; a good file of 1 MB takes 4.
_TIMEOUT = 300
#: Results of the place of the file, which another rule checks also for files outside any dandiset.
_LAYOUT = "DANDI."
#: Checks of the subject that other rules make, also in Zarr.
_SUBJECT = frozenset(
    f"NWBI.check_subject_{name}"
    for name in ("exists", "id_exists", "id_no_slashes", "age", "species_exists", "species_form", "sex")
)
_REPORTED = ("ERROR", "CRITICAL")
#: Failures of the program or its libraries, not of the file.
_INTERNAL = ("zarr.tensorstore_cannot_open", "dandi.SOFTWARE_ERROR")


class DandiFailedError(Exception):
    """The program did not check the file: why."""


class DandiResult(NamedTuple):
    """An error that the program reports.

    Attributes:
        id: The id of its check: ``NWBI.check_subject_sex``.
        message: Its message.
    """

    id: str
    message: str


def find_dandi() -> str | None:
    """The path of the program; None if it is not installed."""
    return shutil.which("dandi")


def run_dandi(program: str, file: Path) -> list[DandiResult]:
    """The errors that ``dandi validate`` reports about a file.

    Raises:
        DandiFailedError: It failed, or could not read the file.
    """
    with tempfile.TemporaryDirectory(prefix="aind-lint-dandi-", ignore_cleanup_errors=True) as home:
        command = [program, "validate", "--format", "json_lines", str(_outside_dandisets(file, Path(home)))]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed program and a path
                command, capture_output=True, timeout=_TIMEOUT, cwd=home, env=_environment(home), check=False
            )
        except subprocess.TimeoutExpired:
            raise DandiFailedError(f"it took longer than {_TIMEOUT} s") from None
        except OSError as error:
            raise DandiFailedError(os_error_reason(error)) from None
    if done.returncode not in (0, 1):
        raise DandiFailedError(f"exit code {done.returncode}")
    results = []
    try:
        records = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines() if line.strip()]
        for record in records:
            name, message = str(record["id"]), str(record["message"])
            if name in _INTERNAL or record["origin"]["type"] == "INTERNAL" or message.startswith("During "):
                raise DandiFailedError((message.splitlines() or [name])[0])
            if record["severity"] in _REPORTED and not name.startswith(_LAYOUT) and name not in _SUBJECT:
                results.append(DandiResult(name, message))
    except (ValueError, KeyError, TypeError):
        raise DandiFailedError("its output is not that of 'dandi validate --format json_lines'") from None
    if not records:
        raise DandiFailedError(f"exit code {done.returncode} without a result")
    return results


def _outside_dandisets(file: Path, folder: Path) -> Path:
    """A link to a file in a folder that is in no dandiset.

    There the program has at least one result, that the file is in no dandiset. No result at all would also be that of a
    program that read nothing.
    """
    link = folder / file.name
    try:
        link.symlink_to(file.absolute())
    except OSError:  # Windows allows links to few users
        return file.absolute()
    return link


def _environment(home: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATHEXT", "COMSPEC") if name in os.environ}
    own = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"), home)
    return {**kept, **own, "PATH": os.defpath, "DANDI_NO_ET": "1", "NO_ET": "1", "PYTHONUTF8": "1"}
