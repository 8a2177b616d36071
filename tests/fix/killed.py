"""Killing a fix with SIGKILL at a chosen access to the file system, and what the next run makes of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aind_lint import check
from aind_lint.examples.bases import base_tree
from tests.fix.faults import fix_of

#: Accesses to the file system before which the process is killed; files are opened in the record of the fix.
_EVENTS = ("open", "os.rename", "os.mkdir", "os.chmod", "os.chown", "os.utime")
_RULE = "SID126"


@dataclass
class Moment:
    """The access to the file system before which a process is killed; None counts them.

    Attributes:
        number: The number of the access, from 1.
        seen: The accesses so far.
    """

    number: int | None
    seen: int = 0
    is_active: bool = True

    def on_event(self, event: str, arguments: tuple[object, ...]) -> None:
        """Called for every event of the interpreter."""
        if self.is_active and event in _EVENTS and (event != "open" or ".aind-lint-fix" in str(arguments[0])):
            self.seen += 1
            if self.seen == self.number:
                os.kill(os.getpid(), signal.SIGKILL)


def friday_asset(parent: Path) -> Path:
    """An asset with many mechanical faults, also in its name."""
    tree = base_tree("raw-2x")
    files = {key: content for key, content in tree.files.items() if isinstance(content, bytes)}
    files["subject.json"] = b"\xef\xbb\xbf" + files["subject.json"]
    files["Procedures.json.txt"] = files.pop("procedures.json").replace(b"\n}", b",\n}", 1)
    end = files["data_description.json"].rindex(b"\n}")
    files["data_description.json"] = files["data_description.json"][:end] + b",\n}\n"
    files["instrument.json"] = files["instrument.json"].decode("utf-8").encode("utf-16")
    tree.files = {key.replace("behavior/", "Behavior/"): content for key, content in (tree.files | files).items()}
    del tree.files["procedures.json"]
    tree.files |= {"Behavior/.DS_Store": b"x", "__MACOSX/._a": b"y", "ecephys/Thumbs.db": b"z"}
    tree.files |= {f"ecephys/{number}/.DS_Store": b"x" for number in range(9)}
    tree.name = "123456_20221212_050607"
    return tree.write(parent)


def apply(asset: Path) -> Path:
    """Fix an asset, or finish an interrupted fix and fix the rest."""
    one = fix_of(asset)
    if one.unfinished:
        one = fix_of(one.resume(one.unfinished))
    planned = one.plan()
    return one.folder if planned.is_empty else one.apply(planned)


def undo(asset: Path) -> Path:
    """Undo the fix of an asset."""
    one = fix_of(asset)
    assert one.latest is not None
    return one.undo(one.latest)


def killed(action: Callable[[Path], Path], asset: Path, number: int | None) -> tuple[bool, int]:
    """Run an action in a process that is killed before an access to the file system.

    Returns:
        Whether it was killed, and the number of accesses if it was not.
    """
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        moment = Moment(number)
        sys.addaudithook(moment.on_event)
        try:
            action(asset)
            moment.is_active = False
            os.write(writing, str(moment.seen).encode())
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        seen = stream.read()
    return os.WIFSIGNALED(status), int(seen or 0)


def contents(parent: Path) -> dict[str, bytes]:
    """The bytes of every file of the assets in a folder, by the path in it."""
    found = (path for path in parent.rglob("*") if path.is_file())
    return {
        path.relative_to(parent).as_posix(): path.read_bytes() for path in found if ".aind-lint-fix" not in path.parts
    }


def is_reported(parent: Path) -> bool:
    """Whether a check of the asset reports an unfinished fix."""
    (asset,) = (path for path in parent.iterdir() if not path.name.startswith("."))
    (report,) = check([asset], select=[_RULE], fast=True, cache=False).assets
    return any(finding.rule == _RULE for finding in report.findings)


def failure(folder: Path, number: int, wanted: dict[str, bytes]) -> str | None:
    """Kill a fix before access ``number``, then let the next run finish it or undo it; what went wrong, or None.

    Args:
        folder: An empty folder.
        number: The number of the access.
        wanted: The content after the fix.
    """
    asset = friday_asset(folder)
    original = contents(folder)
    killed(apply, asset, number)
    state = contents(folder)
    if state not in (original, wanted) and not is_reported(folder):
        return f"killed before access {number}: the asset is between two states, and check does not say so"
    if number % 3 == 0:  # kill the next run as well
        killed(undo if number % 2 else apply, asset, number // 2 + 1)
    names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if len(names) != 1:
        return f"killed before access {number}: {names}"
    has_fix = bool(fix_of(names[0]).unfinished)
    if number % 2 and (has_fix or state == wanted):
        undo(names[0])
        expected = original
    else:
        apply(names[0])
        expected = wanted
    if contents(folder) != expected:
        differing = sorted(key for key, _ in contents(folder).items() ^ expected.items())
        return f"killed before access {number}: afterwards these files differ: {differing}"
    return "check still reports an unfinished fix" if is_reported(folder) else None
