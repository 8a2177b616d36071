"""The last line of a report: one short sentence, and what was not checked."""

from __future__ import annotations

from aind_lint.finding import ALREADY_PUBLISHED, NO_BUCKET, NO_DATA, Report, Severity
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize
from aind_lint.text.separators import native_path

#: What rules need that were not checked because of the options or the configuration.
_NEEDED = {NO_BUCKET: "--bucket", NO_DATA: "the data"}


def summary(report: Report, verbose: bool = False) -> str:
    """The last line: how many assets and findings, what was not checked, and whether the assets can be published."""
    crashes = sum(len(asset.crashes) for asset in report.assets)
    if crashes:
        crashed = format_count(crashes, "rule")
        return f"{_assets(report)}: {crashed} crashed. This is a bug in aind-lint: please report it."
    published = sum(finding.rule == ALREADY_PUBLISHED for finding in report.findings)
    errors, warnings, infos = (report.count(severity) for severity in Severity)
    infos -= published
    if errors or warnings or infos:
        result = f": {format_count(errors, 'error')}, {format_count(warnings, 'warning')}"
        result += f", {format_count(infos, 'info')}" if infos else ""
        fixable = sum(finding.fixable for finding in report.all_findings)
        result += f" ({fixable:,} fixable with 'aind-lint fix')" if fixable else ""
    else:
        rules = max((asset.rules_run for asset in report.assets), default=0)
        result = f", {format_count(rules, 'rule')}, 0 findings"
    unread = sum(asset.read_error is not None for asset in report.assets)
    result += f", {format_count(unread, 'asset')} not completely read" if unread else ""
    suppressed = sum(len(asset.suppressed) for asset in report.assets)
    result += f", {suppressed:,} suppressed" if suppressed else ""
    readiness = "" if errors else _readiness(report, published)
    return f"{_assets(report)}{result}{unchecked_phrase(report, verbose)}{readiness}"


def _assets(report: Report) -> str:
    data = sum(asset.format is not None for asset in report.assets)
    sidecars = sum(asset.name is None for asset in report.assets) - data
    counts = ((len(report.assets) - sidecars - data, "asset"), (sidecars, "sidecar"))
    named = [format_count(count, what) for count, what in counts if count]
    named += [f"{data:,} {'store or data file' if data == 1 else 'stores and data files'}"] if data else []
    named = named or [format_count(0, "asset")]
    ignored = f" ({format_count(report.ignored, 'folder')} without an asset ignored)" if report.ignored else ""
    return " and ".join(named) + ignored


def unchecked_phrase(report: Report, verbose: bool = False) -> str:
    """How many rules were not checked, as the end of a sentence and perhaps one more; "." when all were checked."""
    reasons: dict[str, set[str]] = {}
    waiting = {item.rule for asset in report.assets for item in asset.skipped}
    for asset in report.assets:
        for item in asset.not_checked:
            reasons.setdefault(item.reason, set()).add(item.rule)
    if not reasons and not waiting:
        return "."
    if set(reasons) == {NO_BUCKET} and not waiting:
        return f"; {format_count(len(reasons[NO_BUCKET]), 'rule')} not checked ({NO_BUCKET})."
    rules = waiting.union(*reasons.values())
    needs = [_needs(len(reasons[reason]), what) for reason, what in _NEEDED.items() if reason in reasons]
    causes = f" ({', '.join(needs)})" if needs else ""
    details = "" if verbose else " Details: --verbose."
    return f". Not checked: {format_count(len(rules), 'rule')}{causes}.{details}"


def _needs(rules: int, what: str) -> str:
    return f"{rules} {'needs' if rules == 1 else 'need'} {what}"


def _readiness(report: Report, published: int) -> str:
    """Whether the assets are or can be published; empty without a destination, or when something prevents it."""
    if report.bucket is None or any(asset.blockers for asset in report.assets):
        return ""
    if published:
        which = "Already" if published == len(report.assets) else f"{published:,} of them already"
        return f" {which} published in {sanitize(native_path(report.bucket))} with the same content."
    if any(asset.profile != "candidate" for asset in report.assets):
        return ""
    files, size = sum(asset.files for asset in report.assets), sum(asset.size for asset in report.assets)
    where = sanitize(native_path(report.bucket))
    return f" Ready to publish to {where} ({format_count(files, 'file')}, {format_bytes(size)})."
