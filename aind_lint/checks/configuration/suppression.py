"""Does the configuration have suppressions that match no finding, or that have expired?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.engine.suppression_set import SuppressionSet

SCOPE = "configuration"


class Options(verb.Options):
    """Which suppressions to report."""

    problem: Literal["unused", "expired"]


def check(suppressions: SuppressionSet, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such suppression."""
    tracker = suppressions.tracker
    for one in tracker.unused if options.problem == "unused" else tracker.expired:
        suppression = f"the suppression of {one.rule} for {one.assets}"
        problem = "silences nothing" if options.problem == "unused" else f"ended on {one.until}"
        yield Fault(f"{suppression} {problem}", tracker.file, line=one.line, column=one.line and 1, found=one.rule)
