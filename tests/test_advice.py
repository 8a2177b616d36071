"""Advice works: after a fix was followed to the letter, its finding is gone and no new one is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aind_lint.app.rule_examples.example_asset import example_tree
from aind_lint.asset.asset import Asset
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rule_runner import run_rules
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.tree import Tree
from aind_lint.finding import AssetReport, Finding
from tests.examples.advice import follow
from tests.examples.run import examples_of

RULES = load_rules()
#: Examples whose asset has other faults as well, or whose right sidecars are not those of the base.
_IMPURE = {
    "NAM108: a platform written with underscores",
    "NAM113: two processing steps in one name",
    "CON105: sidecars of last week, and files with the time in the name",
    "CON105: a derived asset with a mistyped date in its name",
    "LAY104: an underscore instead of a hyphen",
    "LAY104: an older folder name with metadata 2.x",
}
#: Rules with at least one fix that needs no thought. A rule that is added must not fall out of the test unnoticed.
_MECHANICAL = {
    *("CON101", "CON103", "CON105", "CON402", "CON403", "LAY104", "LAY202", "SCH201"),
    *("NAM101", "NAM102", "NAM103", "NAM104", "NAM105", "NAM106", "NAM107", "NAM110", "NAM111", "NAM112", "NAM114"),
}


def _check(tree: Tree, example: Example) -> AssetReport:
    context = CheckContext(**({"checked_at": example.now} if example.now else {}))
    report = run_rules(Asset(tree.listing()), RULES, context, example.profile)
    report.findings = group_by_cause(report.findings)
    return report


def _cases() -> Iterator[tuple[str, Example]]:
    """The failing examples that are a folder with sidecars and data."""
    for rule in RULES:
        for example in examples_of(rule):
            is_folder = example.manifest is None and example.bucket is None and not (example.link or example.special)
            is_plain = is_folder and not (example.hard_link or example.inside or example.sibling or example.published)
            is_pure = f"{rule.id}: {example.name}" not in _IMPURE and rule.id != "SID120"  # its files are empty objects
            is_asset = is_plain and "job_request" not in example.model_fields_set and not rule.verb.configuration_scope
            if example.expect and is_pure and is_asset:
                yield rule.id, example


CASES = list(_cases())


@pytest.mark.parametrize("rule", sorted({rule for rule, _ in CASES}))
def test_a_fix_removes_its_finding_and_makes_no_new_one(rule: str) -> None:
    followed = 0
    for _, example in (case for case in CASES if case[0] == rule):
        tree = example_tree(example)
        before = _check(tree, example)
        known = {finding.rule for finding in before.all_findings} | {skipped.rule for skipped in before.skipped}
        for finding in before.findings:
            if rule not in (finding.rule, *(other.rule for other in finding.same_cause)):
                continue
            if (fixed := follow(finding.fix, tree, example.base)) is None:
                continue
            followed += 1
            after = _check(fixed, example)
            assert not [_describe(one) for one in after.all_findings if one.rule not in known], finding.fix
            gone = {(one.rule, one.location.file, one.location.pointer, one.message) for one in after.all_findings}
            for one in (finding, *finding.same_cause):
                key = (one.rule, one.location.file, one.location.pointer, one.message)
                assert key not in gone, f"{example.name}: {finding.fix}"
    assert followed or rule not in _MECHANICAL


@pytest.mark.parametrize("name", ["Subject.json", "subject.json.txt", "subjct.json"])
def test_a_misnamed_sidecar_is_renamed(name: str) -> None:
    example = Example(name="a misnamed sidecar", base="raw-2x", expect=[])
    tree = example_tree(example)
    tree.files[name] = tree.files.pop("subject.json")
    (finding,) = (one for one in _check(tree, example).findings if one.rule == "SID120")
    fixed = follow(finding.fix, tree, example.base)
    assert fixed is not None and not _check(fixed, example).findings


def _describe(finding: Finding) -> str:
    return f"{finding.rule} {finding.location.file}: {finding.message}"
