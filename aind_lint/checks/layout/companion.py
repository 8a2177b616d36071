"""Does every file of a kind have a companion of the same stem?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_SEPARATORS = re.compile("[-_]")


class Options(verb.Options):
    """Which files need which companions.

    Two names belong together when one stem is the other, or begins it up to a hyphen or an underscore.

    Attributes:
        files: Globs of the files.
        companions: Globs of their companions, in the same folder.
        expected: Description of a companion, for the message.
    """

    files: Annotated[list[str], NOT_EMPTY]
    companions: Annotated[list[str], NOT_EMPTY]
    expected: str


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every file without one."""
    companions = {_stem(key) for key in asset.listing.key_index.files_matching(options.companions)}
    beginnings = {begin for stem in companions for begin in _beginnings(stem)}
    without_companion = (
        (key, 1)
        for key in asset.listing.key_index.files_matching(options.files)
        if _stem(key) not in beginnings and companions.isdisjoint(_beginnings(_stem(key)))
    )
    yield from report_limited_keys(without_companion, lambda key: f"has no {options.expected}")


def _stem(key: str) -> str:
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _beginnings(stem: str) -> Iterator[str]:
    """The stem, and its part before each hyphen and underscore of the name."""
    yield stem
    name = stem.rfind("/") + 1
    yield from (stem[: match.start()] for match in _SEPARATORS.finditer(stem, name))
