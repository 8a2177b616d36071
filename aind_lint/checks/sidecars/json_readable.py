"""Is every other JSON file of the asset valid JSON in UTF-8?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.sidecar.reader import read_sidecar
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

#: Bytes of the largest file that is read.
_MAX_SIZE = 20_000_000
#: Problems of a sidecar that are no problems of other files.
_ALLOWED = ("not-an-object", "huge-number", "duplicate-key", "not-a-number")


class Options(verb.Options):
    """Globs of the files. Sidecars are checked by other rules."""

    files: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file that no program can read."""
    yield from report_limited(_faults(asset, options))


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        if key in SIDECARS or is_unmerged(key):
            continue
        if asset.listing.files[key].size > _MAX_SIZE:
            yield Unchecked(f"the file is larger than {_MAX_SIZE // 1_000_000} MB", key)
            continue
        try:
            with asset.listing.open(key) as stream:
                content = read_sidecar(key, stream.read())
        except OSError as error:
            yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
            continue
        problem = next((problem for problem in content.problems if problem.code not in _ALLOWED), None)
        if problem is not None:
            yield Fault(f"{key}: {problem.message}", key, line=problem.line, column=problem.column, found=problem.found)
