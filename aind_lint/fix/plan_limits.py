"""What a plan may change. A plan can be read from a folder of others, and must not do what `fix` never does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.errors import UsageError
from aind_lint.fix.fixers.name_fixers import junk_globs
from aind_lint.fix.plan import THIS_FOLDER, FixPlan, Operation
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.text.glob import compile_globs

_TEMPORARY = re.compile(r"\.aind-lint-fix-[0-9a-f]{32}", re.ASCII)


def require_own_changes(plan: FixPlan, rules: Sequence[LoadedRule], where: str) -> None:
    """Refuse a plan with a change that `fix` does not make: of a data file, or of what is no junk.

    Args:
        plan: The plan.
        rules: All rules; those about junk say what may be moved.
        where: The folder of its record, for the message.

    Raises:
        UsageError: There is such a change.
    """
    for operation in plan.operations:
        if not _is_own(operation, plan, rules):
            raise UsageError(
                f"the plan in {where} would {operation.action} {operation.key}, which 'aind-lint fix' never does, so "
                f"nothing was changed. Another program wrote this plan, or the rules have changed since: look into "
                f"{where}, and move it elsewhere"
            )


def _is_own(operation: Operation, plan: FixPlan, rules: Sequence[LoadedRule]) -> bool:
    if operation.action == "move":
        return any(_is_junk(operation.key, rule) for rule in rules)
    if any("/" in key for key in (operation.key, operation.origin, operation.final, operation.to or "")):
        return False
    if operation.action == "rename":
        return operation.through is None or _TEMPORARY.fullmatch(operation.through) is not None
    if plan.asset == THIS_FOLDER:
        return operation.key.casefold().endswith(".json") and operation.key == operation.origin
    return operation.key in SIDECARS or is_unmerged(operation.key)


def _is_junk(key: str, rule: LoadedRule) -> bool:
    if rule.rule.fixer != "junk":
        return False
    globs, any_case = junk_globs(rule)
    return compile_globs(tuple(globs), ignore_case=any_case).fullmatch(key) is not None
