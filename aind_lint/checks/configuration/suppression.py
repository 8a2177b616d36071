"""Does the configuration silence what is not there, or what it was to silence until a day that is over?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.engine.suppression_set import SuppressionSet

SCOPE = "configuration"


class Options(verb.Options):
    """Which suppressions to find."""

    problem: Literal["unused", "expired"]


def check(silencing: SuppressionSet, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such suppression of a run."""
    ledger = silencing.ledger
    for one in ledger.unused if options.problem == "unused" else ledger.expired:
        what = f"the suppression of {one.rule} for {one.assets}"
        said = "silences nothing" if options.problem == "unused" else f"ended on {one.until}"
        yield Fault(f"{what} {said}", ledger.file, line=one.line, column=one.line and 1, found=one.rule)
