"""Do files or folders of a kind have names of the form that their file standard gives them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return pattern


class Options(verb.Options):
    """What is looked at, and the form.

    Attributes:
        kind: Files or folders.
        paths: Globs of their keys.
        regex: A regular expression for the whole key.
        expected: The form in words a person reads: "fip_<YYYY-MM-DDTHHMMSS>".
    """

    kind: Literal["file", "folder"]
    paths: list[str] = Field(min_length=1)
    regex: Annotated[str, AfterValidator(_compiles)]
    expected: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every name of another form."""
    keys = asset.listing.key_index
    find = keys.files_matching if options.kind == "file" else keys.folders_matching
    form = re.compile(options.regex, re.ASCII)
    others = ((key, 1) for key in find(options.paths) if not form.fullmatch(key))
    yield from report_limited(others, lambda key: f"is not named {options.expected}")
