"""Advice works: after a fix was followed to the letter, its finding is gone and no new one is there."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.finding import AssetReport, Finding, Severity
from tests.examples.advice import follow
from tests.examples.run import examples_of
from tests.examples.situation import Situation

RULES = load_rules()
ADVICE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "examples" / "advice.yaml").read_text("utf-8"))
NOT_MECHANICAL = {rule for group in ADVICE["not_mechanical"] for rule in chain(*group["rules"])}
_NOT_FOLLOWED, _WITH_OTHER_FAULTS = set(ADVICE["not_mechanical_examples"]), set(ADVICE["other_faults"])
#: What identifies a finding before and after a fix.
_Identity = tuple[str, str | None, str | None, str]


def _examples(rule: LoadedRule) -> list[Example]:
    return [example for example in examples_of(rule) if example.expect]


@pytest.mark.parametrize("rule", [one for one in RULES if one.id not in NOT_MECHANICAL], ids=lambda rule: rule.id)
def test_a_fix_removes_its_finding_and_makes_no_new_one(rule: LoadedRule) -> None:
    followed = 0
    for example in _examples(rule):
        title = f"{rule.id}: {example.name}"
        situation = Situation.of(example)
        before = situation.check(rule, RULES)
        known = {finding.rule for finding in before.all_findings} | before.incomplete_rules
        for finding in _findings_of(rule, before):
            fixed = list(follow(finding, situation))
            assert bool(fixed) is not (title in _NOT_FOLLOWED) or title in _WITH_OTHER_FAULTS, f"{title}: {finding.fix}"
            followed += len(fixed)
            for after in (one.check(rule, RULES) for one in fixed if title not in _WITH_OTHER_FAULTS | _NOT_FOLLOWED):
                new = [one for one in after.all_findings if one.rule not in known and one.severity is not Severity.INFO]
                assert not [f"{one.rule} {one.message}" for one in new], f"{title}: {finding.fix}"
                left = {_identity(one) for one in after.all_findings}
                remaining = [one.rule for one in (finding, *finding.same_cause) if _identity(one) in left]
                assert not remaining, f"{title}: {finding.fix}"
    assert followed


def _findings_of(rule: LoadedRule, report: AssetReport) -> list[Finding]:
    """The findings that are of a rule, or represent one of it."""
    return [one for one in report.findings if rule.id in (one.rule, *(other.rule for other in one.same_cause))]


def _identity(finding: Finding) -> _Identity:
    return finding.rule, finding.location.file, finding.location.pointer, finding.message


@pytest.mark.parametrize("rule", sorted(NOT_MECHANICAL))
def test_a_fix_that_needs_thought_has_no_mechanical_steps(rule: str) -> None:
    """The list of rules that need thought names no other."""
    loaded = next(one for one in RULES if one.id == rule)
    for example in _examples(loaded):
        situation = Situation.of(example)
        for finding in _findings_of(loaded, situation.check(loaded, RULES)):
            assert not list(follow(finding, situation)), f"{example.name}: {finding.fix}"


def test_the_lists_name_examples_that_exist() -> None:
    titles = {f"{rule.id}: {example.name}" for rule in RULES for example in _examples(rule)}
    assert not (_NOT_FOLLOWED | _WITH_OTHER_FAULTS) - titles
    assert not {title for title in _NOT_FOLLOWED | _WITH_OTHER_FAULTS if title[:6] in NOT_MECHANICAL}


@pytest.mark.parametrize("name", ["Subject.json", "subject.json.txt", "subjct.json"])
def test_a_misnamed_sidecar_is_renamed(name: str) -> None:
    situation = Situation.of(Example(name="a misnamed sidecar", base="raw-2x", expect=[]))
    situation.tree.files[name] = situation.tree.files.pop("subject.json")
    rule = next(one for one in RULES if one.id == "SID120")
    (finding,) = _findings_of(rule, situation.check(rule, RULES))
    (fixed,) = follow(finding, situation)
    assert not fixed.check(rule, RULES).findings
