"""What does the ``dandi`` program report about NWB files in HDF5?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.archives.dandi.program import DandiFailedError, find_dandi, run_dandi
from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import nwb_files, scanner_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.formats.problem import Problem

if TYPE_CHECKING:
    from aind_lint.formats.format_scanner import FormatScanner

SCOPE = "data"
NEEDS_DATA = True

#: Files of an asset that the program checks; each takes 4 s.
_MAX_FILES = 20
#: Problems that neither crash a reader nor lead it to another file.
_HARMLESS = ("nwb-subject-incomplete", "nwb-no-data", "nwb-units", "nwb-lengths", "nwb-index", "nwb-times")


class Options(verb.Options):
    """None."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every error that the program reports."""
    files = []
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
        elif nwb.prefix is not None:
            yield Unchecked("the dandi program reports errors in sound NWB files in Zarr, so it is not run", nwb.key)
        else:
            files.append(nwb.key)
    problems = _with_problems(scanner_of(asset, context)) if files else set()
    for key in files:
        if key in problems:
            yield Unchecked("the dandi program is run only on files without other problems", key)
    files = [key for key in files if key not in problems]
    if not files:
        return
    root, program = asset.listing.root, find_dandi()
    if program is None:
        yield Unchecked("the dandi program is not installed (pipx install dandi)")
    elif root is None or asset.listing.links:
        yield Unchecked("the dandi program is run only on files in a folder without links")
    elif Path(program).resolve().is_relative_to(root.resolve()):
        yield Unchecked("the dandi program is inside the files that are checked, so it is not run")
    else:
        if len(files) > _MAX_FILES:
            yield Unchecked(f"the dandi program is run on {_MAX_FILES} of {len(files)} files")
        for key in files[:_MAX_FILES]:
            yield from _validate(program, root, key)


def _with_problems(scanner: FormatScanner) -> set[str]:
    """The files that may crash a reader or lead it to another file."""
    return {
        result.file
        for format_ in ("nwb", "hdf5")
        for result in scanner.results(format_)
        if not isinstance(result, Problem) or result.kind not in _HARMLESS
    }


def _validate(program: str, root: Path, key: str) -> Iterator[Fault | Unchecked]:
    try:
        for result in run_dandi(program, root / key):
            yield Fault(f"{key}: {result.message} ({result.id})", key, found=result.id)
    except DandiFailedError as error:
        yield Unchecked(f"the dandi program failed: {error}", key)
