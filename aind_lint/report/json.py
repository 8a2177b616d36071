"""The JSON report, version 1, for programs."""

from __future__ import annotations

import json
from typing import Any

from aind_lint._version import __version__
from aind_lint.finding import AssetReport, Finding, Location, Report, Severity
from aind_lint.text.sanitize import crop, encodable

FORMAT_VERSION = 1

#: Characters of one value in a report.
_LONGEST = 4000


def render(report: Report, exit_code: int | None = None) -> str:
    """The whole report.

    Args:
        report: What was found.
        exit_code: What the command exits with, when that is another code than a check's.
    """
    return dump(report_json(report, exit_code)) + "\n"


def report_json(report: Report, exit_code: int | None = None) -> dict[str, Any]:
    """The report as the values of JSON."""
    return {
        "format_version": FORMAT_VERSION,
        "run": {
            "tool": "aind-lint",
            "version": __version__,
            "started": report.started,
            "packages": report.packages,
            "bucket": report.bucket,
            "configuration": report.configuration,
            "fail_on": report.fail_on,
            "without_asset": report.without_asset,
        },
        "assets": [_asset(asset) for asset in report.assets],
        "configuration_findings": [finding_json(finding) for finding in report.configuration_findings],
        "summary": {
            "exit_code": report.exit_code() if exit_code is None else exit_code,
            "assets": len(report.assets),
            "ignored": report.ignored,
            "errors": report.count(Severity.ERROR),
            "warnings": report.count(Severity.WARNING),
            "infos": report.count(Severity.INFO),
            "not_checked": sum(len({item.rule for item in asset.not_checked}) for asset in report.assets),
            "suppressed": sum(len(asset.suppressed) for asset in report.assets),
        },
    }


def dump(content: Any, indent: int | None = 1) -> str:
    """A value as JSON in plain ASCII without control characters, whatever an asset holds; long texts are cropped."""
    text = json.dumps(plain(content), indent=indent)
    return text.replace("\x7f", "\\u007f").replace("##[", "\\u0023#[")  # a command to GitHub, in a log


def plain(value: Any) -> Any:
    """A value whose texts UTF-8 can hold, cropped where they are very long."""
    if isinstance(value, str):
        return encodable(crop(value, _LONGEST))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding as the report holds it."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        **_place(finding.location),
        "found": finding.found,
        "expected": finding.expected,
        "why": finding.why,
        "fix": finding.fix,
        "excerpt": _excerpt(finding.location),
        "related": [_place(place) for place in finding.related],
    }


def _place(place: Location) -> dict[str, Any]:
    return {"file": place.file, "pointer": place.pointer, "line": place.line, "column": place.column}


def _excerpt(place: Location) -> dict[str, Any] | None:
    return None if place.excerpt is None else {"text": place.excerpt, "caret": place.caret, "width": place.width}


def _asset(asset: AssetReport) -> dict[str, Any]:
    return {
        "path": asset.path,
        "name": asset.name,
        "level": asset.level,
        "generation": asset.generation,
        "modalities": asset.modalities,
        "profile": asset.profile,
        "files": asset.files,
        "size": asset.size,
        "rules_run": asset.rules_run,
        "anchor": asset.anchor,
        "bucket_error": asset.bucket_error,
        "findings": [finding_json(finding) for finding in asset.findings],
        "skipped": [{"rule": item.rule, "because": list(item.because)} for item in asset.skipped],
        "not_checked": [
            {"rule": item.rule, "because": item.because, "file": item.file, "mandatory": item.mandatory}
            for item in asset.not_checked
        ],
        "internal_errors": [{"rule": crash.rule, "error": crash.error} for crash in asset.crashes],
        "suppressed": [
            {**finding_json(item.finding), "reason": item.reason, "until": item.until} for item in asset.suppressed
        ],
    }
