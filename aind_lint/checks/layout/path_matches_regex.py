"""Do the paths of a kind of file or folder match a regular expression?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY, Constraint

NEEDS_DATA = True


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


class Options(verb.Options):
    """What is checked, and the expression.

    Attributes:
        kind: Files or folders.
        paths: Globs of their keys in the asset.
        regex: A regular expression that must match the whole key.
        if_any_folder: Globs of folders of the asset; without a match, nothing is checked.
        expected: The name as people write it, for the message: "fip_<YYYY-MM-DDTHHMMSS>".
    """

    kind: Literal["file", "folder"]
    paths: Annotated[list[str], NOT_EMPTY]
    regex: Annotated[str, Constraint(_compiles)]
    if_any_folder: list[str] = []
    expected: str


def searches(options: Options) -> list[str]:
    """The globs of the files or folders."""
    return options.if_any_folder or options.paths


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every key that does not match."""
    keys = asset.listing.key_index
    if options.if_any_folder and not keys.folders_matching(options.if_any_folder):
        return
    find = keys.files_matching if options.kind == "file" else keys.folders_matching
    regex = re.compile(options.regex, re.ASCII)
    wrong = ((key, 1) for key in find(options.paths) if not regex.fullmatch(key))
    yield from report_limited_keys(wrong, lambda key: f"is not named {options.expected}")
