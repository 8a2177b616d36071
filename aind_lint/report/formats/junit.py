"""JUnit XML, as continuous integration reads it.

Every asset is a test suite, and every rule with a finding is a test case in it. Findings at or above ``--fail-on`` are
failures, a crashed rule is an error, and a rule that was not checked is skipped. Rules that fail for the same cause
are test cases of their own, so that the history of every rule is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree as ET

from aind_lint.finding import AssetReport, Finding, NotChecked, Report, Severity
from aind_lint.report.related import same_cause_phrase
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

#: Characters that XML 1.0 does not allow and `sanitize` leaves in place.
_NOT_XML = re.compile("[\ufffe\uffff]")


def render(report: Report, verbose: bool = False) -> str:
    """The whole report."""
    gate = -1 if report.fail_on == "never" else Severity(report.fail_on).rank
    root = ET.Element("testsuites", name="aind-lint")
    for asset in report.assets:
        _suite(root, asset.path, list(_cases(asset, gate)))
    if report.configuration_findings:
        cases = [_case(rule, list(findings), gate) for rule, findings in _by_rule(report.configuration_findings)]
        _suite(root, report.configuration or "configuration", cases)
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, 0)) for suite in root)))
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(root: ET.Element, path: str, cases: list[ET.Element]) -> None:
    name = _text(path)
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(element) is not None for case in cases)))
    for case in cases:
        case.set("classname", name)
        suite.append(case)


def _cases(asset: AssetReport, gate: int) -> Iterator[ET.Element]:
    yield ET.Element("testcase", name=f"{format_count(asset.rules_run, 'rule')} run")
    for rule, findings in _by_rule(asset.all_findings):
        yield _case(rule, list(findings), gate)
    for crash in asset.crashes:
        case = ET.Element("testcase", name=crash.rule)
        ET.SubElement(case, "error", message=_text(crash.error), type="internal error")
        yield case
    for reason in filter(None, (asset.read_error, asset.bucket_error)):
        case = ET.Element("testcase", name="read")
        ET.SubElement(case, "error", message=_text(reason), type="not checked")
        yield case
    for rule, items in groupby(sorted(asset.not_checked, key=lambda item: item.rule), key=lambda item: item.rule):
        case = ET.Element("testcase", name=f"{rule} not checked")
        ET.SubElement(case, "skipped", message=_text("; ".join(_unchecked(item) for item in items)))
        yield case


def _case(rule: str, findings: list[Finding], gate: int) -> ET.Element:
    case = ET.Element("testcase", name=f"{rule} {_text(findings[0].name)}")
    failing = [finding for finding in findings if finding.severity.rank <= gate]
    if failing:
        first = failing[0]
        failure = ET.SubElement(case, "failure", message=_text(first.message), type=first.severity.value)
        failure.text = "\n".join(_line(finding) for finding in failing)
    other = [finding for finding in findings if finding not in failing]
    if other:
        ET.SubElement(case, "system-out").text = "\n".join(_line(finding) for finding in other)
    return case


def _by_rule(findings: Iterable[Finding]) -> Iterator[tuple[str, Iterator[Finding]]]:
    return groupby(sorted(findings, key=lambda finding: finding.rule), key=lambda finding: finding.rule)


def _line(finding: Finding) -> str:
    location = finding.location
    where = f"{location.file}:{location.line or 1}: " if location.file else ""
    lines = [f"{where}{finding.severity.value}: {finding.message}"]
    if finding.is_represented:
        lines.append("same cause as another finding of this asset")
    else:
        lines += filter(None, (f"fix: {finding.fix}", same_cause_phrase(finding)))
    return "\n  ".join(map(_text, lines))


def _unchecked(item: NotChecked) -> str:
    return f"{item.file}: {item.reason}" if item.file else item.reason


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", sanitize(text))
