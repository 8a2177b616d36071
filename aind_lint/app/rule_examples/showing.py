"""Makes the shown examples of a rule: runs the rule, and finds for each example that fails the closest that passes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aind_lint.app.rule_examples.example_asset import read_examples
from aind_lint.app.rule_examples.example_parts import Parts, changes_between, distance, parts_of
from aind_lint.app.rule_examples.example_run import run_example
from aind_lint.app.rule_examples.shown_example import Change, ShownExample
from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.examples.bases import BASES

#: What an example edits; the rest of its keys are the circumstances of the check.
_EDITS = {
    "rename",
    "set",
    "unset",
    "remove",
    "add",
    "link",
    "special",
    "folder",
    "hard_link",
    "sibling",
    "beside",
    "inside",
}


def show_examples(rule: LoadedRule, rules: Sequence[LoadedRule], rule_file: Path) -> list[ShownExample]:
    """All examples of a rule.

    Args:
        rule: The rule.
        rules: All rules.
        rule_file: The file of the rule.

    Raises:
        UsageError: See `read_examples`.
    """
    examples = read_examples(rule_file)
    passing = [parts_of(example) for example in examples if not example.expect and not example.not_checked]
    return [_shown(example, rule, rules, passing) for example in examples]


def _shown(example: Example, rule: LoadedRule, rules: Sequence[LoadedRule], passing: list[Parts]) -> ShownExample:
    report = run_example(rule, rules, example)
    parts, unedited = parts_of(example), _unedited(example)
    if example.expect:
        closest = min(passing, key=lambda other: distance(parts, other), default=parts)
        # The unedited asset is what users know from the other examples.
        valid = parts_of(unedited)
        if distance(parts, valid) <= 2 * distance(parts, closest) and not run_example(rule, rules, unedited).findings:
            closest = valid
        changes = changes_between(parts, closest)
        verdict = "fails"
    else:
        edits = changes_between(parts_of(unedited), parts)
        changes = tuple(Change(change.part, (), change.after) for change in edits if change.after)
        verdict = "is not checked" if example.not_checked else "passes"
    base = BASES[example.base]
    return ShownExample(
        example.name,
        verdict,
        f"{base.level} asset with metadata {base.generation}",
        changes,
        tuple(report.findings),
        tuple(item.reason for item in report.not_checked),
    )


def _unedited(example: Example) -> Example:
    """The valid asset that an example edits, under the same circumstances."""
    kept = example.model_dump(exclude=_EDITS | {"expect", "not_checked"}, by_alias=True)
    return Example.model_validate({**kept, "expect": []})
