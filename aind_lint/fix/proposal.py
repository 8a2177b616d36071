"""Which fixes there are for the findings of an asset, and marking these findings as fixable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import FAULT_LIMIT
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.errors import AindLintError
from aind_lint.finding import MAX_EDITS, AssetReport, Edit, Finding, RuleCrash
from aind_lint.fix.fixer import Change, EditText, Encode, Fix, FixRequest, MoveAway, Rename
from aind_lint.fix.fixers.all_fixers import FIXERS
from aind_lint.fix.published import is_sidecar_to_fix, reason_not_to_fix
from aind_lint.text.json_position import line_and_column


def propose(
    asset: Asset,
    rules: Sequence[LoadedRule],
    findings: Sequence[Finding],
    encoding: str | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[tuple[str, Fix]]:
    """The fixes of findings, each with the id of its rule.

    Args:
        asset: The asset.
        rules: The rules that may be fixed.
        findings: What these rules find in the asset.
        encoding: The encoding that the user names for sidecars whose encoding nothing proves.
        note: Called with a sentence about what is not fixed although the user asked for it.
    """
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    for rule in rules:
        if rule.rule.fixer is not None and rule.id in by_rule:
            request = FixRequest(asset, rule, by_rule[rule.id], encoding, note)
            yield from ((rule.id, fix) for fix in FIXERS[rule.rule.fixer](request))


def mark_fixable(asset: Asset, rules: Sequence[LoadedRule], report: AssetReport) -> None:
    """Mark the findings of a report that ``aind-lint fix`` can fix, with the edits that it would make.

    A fixer that crashes is a crash of its rule, and does not hide what was found.
    """
    found = {finding.rule for finding in report.findings}
    fixable = [rule for rule in rules if rule.rule.fixer is not None and rule.id in found]
    if not fixable or not _can_be_fixed(asset):
        return
    fixes: dict[str, list[Fix]] = defaultdict(list)
    for rule in fixable:
        try:
            fixes[rule.id] = [fix for _, fix in propose(asset, [rule], report.findings)]
        except AindLintError:
            raise  # the asset cannot be read
        except Exception as error:
            report.crashes.append(RuleCrash.of(rule.id, error))
    report.findings = [_marked(finding, fixes[finding.rule], asset) for finding in report.findings]


def _can_be_fixed(asset: Asset) -> bool:
    if asset.data_only or asset.upload:
        return False
    if asset.sidecar_only:
        return is_sidecar_to_fix(Path(asset.listing.address))
    return reason_not_to_fix(asset.listing) is None


def _marked(finding: Finding, fixes: list[Fix], asset: Asset) -> Finding:
    own = [fix for fix in fixes if _is_for(fix, finding)]
    if not own and finding.location.file is None and (finding.found or "").isdigit():
        return replace(
            finding, fixable=len(fixes) >= FAULT_LIMIT + int(finding.found or 0)
        )  # more files like the listed ones
    edits = [edit for fix in own for change in fix.changes for edit in _edits(change, asset)]
    return replace(finding, fixable=bool(own), edits=tuple(edits[:MAX_EDITS]))


def _is_for(fix: Fix, finding: Finding) -> bool:
    return fix.file == finding.location.file and (fix.found is None or finding.found in fix.found)


def _edits(change: Change, asset: Asset) -> Iterator[Edit]:
    """A change as reports show it."""
    if isinstance(change, EditText):
        sidecar = asset.sidecar(change.key)
        assert sidecar is not None
        for edit in change.edits[:MAX_EDITS]:
            start, end = line_and_column(sidecar.text, edit.start), line_and_column(sidecar.text, edit.end)
            yield Edit("replace", change.key, *start, *end, text=edit.replacement)
    elif isinstance(change, Encode):
        yield Edit("encode", change.key, encoding=change.decoded.encoding)
    elif isinstance(change, MoveAway):
        yield Edit("move", change.key)
    else:
        yield Edit("rename", change.key if isinstance(change, Rename) else None, to=change.to)
