"""Every finding of a rule example that is marked fixable: fix removes it, and makes no new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.app.rule_examples.example_asset import example_tree
from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.finding import AssetReport, Severity
from tests.examples.run import examples_of
from tests.fix.faults import fix_of

FIXABLE = [rule for rule in load_rules() if rule.rule.fixer is not None]
CASES = [
    pytest.param(example, rule.id, id=f"{rule.id} {example.name}")
    for rule in FIXABLE
    for example in examples_of(rule)
    if example.expect and example.manifest is None and example.profile == "candidate"
]


@pytest.mark.parametrize(("example", "rule"), CASES)
def test_a_fixable_finding_of_an_example_is_fixed(example: Example, rule: str, tmp_path: Path) -> None:
    try:
        asset = example_tree(example).write(tmp_path / "rig")
    except OSError as error:
        pytest.skip(f"this file system cannot hold the fault: {error}")
    before = _check(asset)
    fixable = [finding for finding in before.all_findings if finding.fixable]
    one = fix_of(asset)
    planned = one.plan()
    assert planned.is_empty is not bool(fixable)
    if not fixable:
        return
    after = _check(one.apply(planned))
    gone = {(finding.rule, finding.message) for finding in fixable}
    assert not [finding.message for finding in after.all_findings if (finding.rule, finding.message) in gone]
    # A file that could not be read hides what is wrong in it.
    known = {finding.rule for finding in before.all_findings} | before.incomplete_rules
    known |= {"SCH101", "CON401", "CON601", "CON602", "CON603"} if rule in ("SID120", "SID201", "SID202") else set()
    known |= {"LAY103", "LAY401", "LAY406"} if rule == "LAY104" else set()
    new = [finding for finding in after.all_findings if finding.rule not in known]
    assert not [finding.message for finding in new if finding.severity is not Severity.INFO]


def _check(asset: Path) -> AssetReport:
    (report,) = check([asset], fast=True, contents="none", cache=False).assets
    assert not report.crashes
    return report
