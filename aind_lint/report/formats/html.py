"""One self-contained page: findings by asset and by rule, to filter, search and print.

The page loads nothing from outside. Its Content-Security-Policy allows only our own style and script, by their
hashes, so that a script in a value of an asset could not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib import resources
from typing import Any

from aind_lint._version import __version__
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Finding, Report, Severity
from aind_lint.report.related import same_cause_line
from aind_lint.report.summary import summary
from aind_lint.report.unchecked import unchecked_lines
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

_PAGE = resources.files("aind_lint.report.formats").joinpath("html_page")


def render(report: Report, verbose: bool = False) -> str:
    """The whole report; it always names the rules that were not checked."""
    from jinja2 import Environment  # takes 0.1 s to import

    style, script = (_PAGE.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_finalize)
    template = environment.from_string(_PAGE.joinpath("page.html").read_text(encoding="utf-8"))
    rules = (
        (finding.rule, finding.name, finding.severity)
        for finding in report.findings
        if finding.rule != ALREADY_PUBLISHED
    )
    return template.render(
        report=report,
        version=__version__,
        passed=report.exit_code() == 0,
        summary=summary(report, verbose=True),
        severities=[(severity.value, report.count(severity)) for severity in Severity],
        rules=sorted(Counter(rules).items(), key=lambda item: (item[0][2].rank, -item[1], item[0])),
        assets=[_asset(asset) for asset in report.assets],
        configuration=[_finding(finding) for finding in report.configuration_findings],
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _finalize(value: Any) -> Any:
    return sanitize(value) if type(value) is str else value


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _asset(asset: AssetReport) -> dict[str, Any]:
    facts = (asset.level, ", ".join(asset.modalities), f"metadata {asset.generation or 'unknown'}", asset.profile)
    return {
        "path": asset.path,
        "facts": " · ".join(fact for fact in facts if fact),
        "content": f"{format_count(asset.files, 'file')}, {format_bytes(asset.size)}",
        "rules_run": asset.rules_run,
        "findings": [_finding(finding) for finding in asset.findings if finding.rule != ALREADY_PUBLISHED],
        "errors": [reason for reason in (asset.read_error, asset.bucket_error) if reason],
        "crashes": asset.crashes,
        "not_checked": unchecked_lines(asset, verbose=True),
        "suppressed": asset.suppressed,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    location, excerpt = finding.location, None
    if location.excerpt is not None:
        end = location.caret + location.width
        text = location.excerpt
        excerpt = (text[: location.caret], text[location.caret : end], text[end:])
    same_cause = [same_cause_line(other) for other in finding.same_cause]
    return {"finding": finding, "location": location, "excerpt": excerpt, "same_cause": same_cause}
