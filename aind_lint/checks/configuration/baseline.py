"""Does the baseline count findings that are not there any more?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.text.quantities import count

SCOPE = "configuration"


class Options(verb.Options):
    """There is nothing to choose."""


def check(silencing: SuppressionSet, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield one fault for all that the baseline of a run counts too many, at the first of it."""
    baseline = silencing.baseline
    if baseline is None or not baseline.excess:
        return
    first = min(baseline.excess)
    asset, key, rule = first
    others = len(baseline.excess) - 1
    more = f", and more in {count(others, 'other place')}" if others else ""
    left = baseline.counts[first] - baseline.excess[first]
    yield Fault(
        f"the baseline counts {count(baseline.excess.total(), 'finding')} too many: {baseline.counts[first]} of {rule} "
        f"in {'/'.join(part for part in (asset, key) if part)}, where it can silence {left}{more}",
        baseline.shown,
        line=(place := baseline.place(first))[0],
        column=place[1],
        found=str(baseline.counts[first]),
        expected=str(left),
    )
