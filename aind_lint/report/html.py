"""One self-contained page: findings by asset and by rule, to filter, search and print.

The page needs nothing from elsewhere and runs nothing but our own few lines, which its policy names by their hash, so
that a script in a value could not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib import resources
from typing import Any

from aind_lint._version import __version__
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Finding, Report, Severity
from aind_lint.report.summary import summary
from aind_lint.text.quantities import bytes_text, count
from aind_lint.text.sanitize import sanitize

_PAGE = resources.files("aind_lint.report").joinpath("page")


def render(report: Report) -> str:
    """The whole report."""
    from jinja2 import Environment  # a tenth of a second

    style, script = (_PAGE.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_shown)
    template = environment.from_string(_PAGE.joinpath("page.html").read_text(encoding="utf-8"))
    counts = Counter((one.rule, one.name, one.severity) for one in report.findings if one.rule != ALREADY_PUBLISHED)
    return template.render(
        report=report,
        version=__version__,
        passed=report.exit_code() == 0,
        summary=summary(report),
        severities=[(severity.value, report.count(severity)) for severity in Severity],
        rules=sorted(counts.items(), key=lambda item: (item[0][2].rank, -item[1], item[0])),
        assets=[_asset(asset) for asset in report.assets],
        configuration=[_finding(finding) for finding in report.configuration_findings],
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def _shown(value: Any) -> Any:
    return sanitize(value) if type(value) is str else value


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _asset(asset: AssetReport) -> dict[str, Any]:
    facts = (asset.level, ", ".join(asset.modalities), f"metadata {asset.generation or 'unknown'}", asset.profile)
    return {
        "path": asset.path,
        "facts": " · ".join(fact for fact in facts if fact),
        "content": f"{count(asset.files, 'file')}, {bytes_text(asset.size)}",
        "rules_run": asset.rules_run,
        "findings": [_finding(one) for one in asset.findings if one.rule != ALREADY_PUBLISHED],
        "crashes": asset.crashes,
        "not_checked": [item for item in asset.not_checked if item.is_news],
        "suppressed": asset.suppressed,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place, marked = finding.location, None
    if place.excerpt is not None:
        end = place.caret + place.width
        marked = (place.excerpt[: place.caret], place.excerpt[place.caret : end], place.excerpt[end:])
    return {"said": finding, "place": place, "marked": marked}
