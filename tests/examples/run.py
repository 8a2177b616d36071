"""Running the examples of a rule: each is an edit of a complete valid asset, with the findings it must bring.

The author of a rule or verb tests it in one line::

    assert not [failure for example in examples_of(rule) if (failure := try_example(rule, rules, example))]
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from aind_lint.app.rule_examples import example_asset
from aind_lint.app.rule_examples.example_run import example_context, run_example
from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.rule_catalog import rules_root
from aind_lint.engine.rules.rule_format import Example, ExpectedFinding
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.finding import AssetReport, Finding


def examples_of(rule: LoadedRule) -> list[Example]:
    """The examples of a rule that ships with the tool."""
    return read_examples(next(rules_root().glob(f"*/{rule.id}-{rule.name}.yaml")))


@cache
def read_examples(path: Path) -> list[Example]:
    """The examples in a rule file, read once."""
    return example_asset.read_examples(path)


def try_example(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset | None = None
) -> str | None:
    """Run one rule on one of its examples; the parameters are those of `run_example`.

    Returns:
        None when the rule says what the example expects, else what is different.
    """
    return _difference(example, run_example(rule, rules, example, asset))


def also_found(rule: LoadedRule, rules: Sequence[LoadedRule], example: Example) -> list[str]:
    """The other rules that find something in the asset of one of a rule's examples."""
    # Many rules have the same passing example; the whole set of rules takes 0.2 s to run.
    key = example.model_dump_json(exclude={"name", "expect", "other_rules"})
    if key not in _found:
        asset = example_asset.example_asset(example)
        report = RuleRunner(rules).run(asset, example_context(example, asset), example.profile)
        _found[key] = {finding.rule for finding in report.findings}
    return sorted(_found[key] - {rule.id})


#: The rules that find something in an example, by the example.
_found: dict[str, set[str]] = {}


def _difference(example: Example, report: AssetReport) -> str | None:
    if report.crashes:
        return report.crashes[0].traceback
    described = [
        f"{f.location.file}:{f.location.pointer} {f.severity.value} {f.message} | {f.fix}" for f in report.findings
    ]
    if len(described) != len(example.expect):
        return f"expected {len(example.expect)} findings, got {len(described)}: {described}; skipped {report.skipped}"
    for finding, expected, text in zip(report.findings, example.expect, described, strict=True):
        if not _fits(finding, expected):
            return f"expected {expected.model_dump(exclude_none=True)}, got {text}"
    if bool(report.not_checked) is not example.not_checked:
        return f"expected not_checked: {example.not_checked}, got {report.not_checked}"
    return None


def _fits(finding: Finding, expected: ExpectedFinding) -> bool:
    place = finding.location
    return (
        ("file" not in expected.model_fields_set or place.file == expected.file)
        and (expected.pointer is None or place.pointer == expected.pointer)
        and (expected.line is None or place.line == expected.line)
        and (expected.severity is None or finding.severity is expected.severity)
        and (expected.message is None or expected.message in finding.message)
        and (expected.fix is None or expected.fix in finding.fix)
    )
