"""A run in one line."""

from __future__ import annotations

from aind_lint.finding import ALREADY_PUBLISHED, Report, Severity
from aind_lint.text.quantities import bytes_text, count
from aind_lint.text.sanitize import sanitize

#: Reasons that the last line gives for rules that were not checked.
_REASONS_SHOWN = 3
_REASON_LENGTH = 60


def summary(report: Report) -> str:
    """The last line: how many of what, and what may be done next."""
    sidecars = sum(asset.name is None for asset in report.assets)
    assets = count(len(report.assets) - sidecars, "asset")
    if sidecars:
        alone = count(sidecars, "sidecar")
        assets = alone if sidecars == len(report.assets) else f"{assets} and {alone}"
    ignored = f" ({count(report.ignored, 'folder')} without an asset passed over)" if report.ignored else ""
    crashes = sum(len(asset.crashes) for asset in report.assets)
    errors, warnings, infos = (report.count(severity) for severity in Severity)
    published = sum(finding.rule == ALREADY_PUBLISHED for asset in report.assets for finding in asset.findings)
    infos -= published
    unchecked = unchecked_phrase(report)
    suppressed = sum(len(asset.suppressed) for asset in report.assets)
    silenced = f", {suppressed:,} suppressed" if suppressed else ""
    if crashes:
        return f"{assets}{ignored}: {count(crashes, 'rule')} crashed. This is a fault of aind-lint: please report it."
    if errors or warnings or infos:
        counts = f"{count(errors, 'error')}, {count(warnings, 'warning')}"
        counts += f", {count(infos, 'note')}" if infos else ""
        counts += silenced
        verdict = "" if errors else _readiness(report, published)
        return f"{assets}{ignored}: {counts}{f'; {unchecked}' if unchecked else ''}.{verdict}"
    rules = max((asset.rules_run for asset in report.assets), default=0)
    passed = f"{assets}{ignored}, {count(rules, 'rule')}, 0 findings{silenced}"
    return f"{passed}{f'; {unchecked}' if unchecked else ''}.{_readiness(report, published)}"


def unchecked_phrase(report: Report) -> str:
    """How many rules were not checked and why, or for how many files; empty when all were."""
    reasons: dict[str, set[str]] = {}
    files: dict[str, int] = {}
    for asset in report.assets:
        for item in asset.not_checked:
            if item.file is None:
                reason = item.because if len(item.because) <= _REASON_LENGTH else "see above"
                reasons.setdefault(sanitize(reason), set()).add(item.rule)
            else:
                files[item.rule] = files.get(item.rule, 0) + 1
    shown = [f"{count(len(rules), 'rule')} not checked ({reason})" for reason, rules in reasons.items()]
    shown += [f"{rule} not checked for {count(number, 'file')}" for rule, number in files.items()]
    more = len(shown) - _REASONS_SHOWN
    return "; ".join([*shown[:_REASONS_SHOWN], *([f"and {more} more, see above"] if more > 0 else [])])


def _readiness(report: Report, published: int) -> str:
    """What is published already or may be, when a destination was looked at and nothing stands in the way."""
    if report.bucket is None or any(asset.blockers for asset in report.assets):
        return ""
    if published:
        which = "Already" if published == len(report.assets) else f"{published:,} of them already"
        return f" {which} published in {sanitize(report.bucket)} with this content."
    if any(asset.profile != "candidate" for asset in report.assets):
        return ""
    files, size = sum(asset.files for asset in report.assets), sum(asset.size for asset in report.assets)
    return f" Ready to publish to {sanitize(report.bucket)} ({count(files, 'file')}, {bytes_text(size)})."
