"""Does the baseline count findings that no longer exist?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.text.quantities import format_count

SCOPE = "configuration"


class Options(verb.Options):
    """This verb has no options."""


def check(suppressions: SuppressionSet, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield one fault for all excess counts in the baseline of a run, at the first of them."""
    baseline = suppressions.baseline
    if baseline is None or not baseline.unmatched:
        return
    first = min(baseline.unmatched)
    asset, key, rule = first
    others = len(baseline.unmatched) - 1
    more = f", and more in {format_count(others, 'other place')}" if others else ""
    found = baseline.counts[first] - baseline.unmatched[first]
    line, column = baseline.position_of(first)
    excess = format_count(baseline.unmatched.total(), "finding")
    yield Fault(
        f"the baseline counts {excess} too many: {baseline.counts[first]} of {rule} "
        f"in {'/'.join(part for part in (asset, key) if part)}, where only {found} can be silenced{more}",
        baseline.display_path,
        line=line,
        column=column,
        found=str(baseline.counts[first]),
        expected=str(found),
    )
