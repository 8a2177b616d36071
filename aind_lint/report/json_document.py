"""The JSON report, version 1, as values and as text. ``tests/report/report.schema.json`` is its JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from aind_lint._version import __version__
from aind_lint.finding import AssetReport, Edit, Finding, Location, Report, Severity
from aind_lint.text.sanitize import escape_surrogates, truncate
from aind_lint.text.separators import portable_path

FORMAT_VERSION = 1

#: Longer texts are cropped to so many characters: an asset can hold megabytes in one string.
_MAX_LENGTH = 4000


def report_json(report: Report, exit_code: int | None = None) -> dict[str, Any]:
    """The report as the values of JSON.

    Args:
        report: The report.
        exit_code: The exit code of the command, when it is not the one of a check.
    """
    return {
        "format_version": FORMAT_VERSION,
        "run": {
            "tool": "aind-lint",
            "version": __version__,
            "started": report.started,
            "packages": report.packages,
            "bucket": report.bucket and portable_path(report.bucket),
            "configuration": report.configuration and portable_path(report.configuration),
            "fail_on": report.fail_on,
            "without_asset": report.without_asset,
            "ignored": report.ignored_names,
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


def to_json_text(content: Any, indent: int | None = 1) -> str:
    """A value as JSON in ASCII without control characters; long texts are cropped."""
    text = json.dumps(content) if indent is None else ""
    if not text or len(text) > _MAX_LENGTH or "\\ud" in text:  # otherwise there is nothing to crop or to escape
        text = json.dumps(_escape_surrogates(content), indent=indent)
    return text.replace("\x7f", "\\u007f").replace("##[", "\\u0023#[")  # GitHub reads ##[…] in a log as a command


def _escape_surrogates(value: Any) -> Any:
    """The value with every text cropped and free of what UTF-8 cannot encode."""
    if isinstance(value, str):
        return escape_surrogates(truncate(value, _MAX_LENGTH))
    if isinstance(value, dict):
        return {key: _escape_surrogates(item) for key, item in value.items()}
    return [_escape_surrogates(item) for item in value] if isinstance(value, list) else value


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as values of JSON."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        **_location(finding.location),
        "found": finding.found,
        "expected": finding.expected,
        "why": finding.why,
        "fix": finding.fix,
        "fixable": finding.fixable,
        "edits": [_edit(edit) for edit in finding.edits],
        "excerpt": _excerpt(finding.location),
        "compares": list(finding.compares),
        "related": [
            *(_same_cause(other) for other in finding.same_cause),
            *(_OTHER_PLACE | _location(location) for location in finding.related),
        ],
    }


#: The keys of a related place that is no finding of its own.
_OTHER_PLACE = {"rule": None, "name": None, "severity": None, "message": None}


def _same_cause(finding: Finding) -> dict[str, Any]:
    """A finding that another one represents. Its why and fix are left out: the other's fix is for both."""
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        **_location(finding.location),
    }


def _edit(edit: Edit) -> dict[str, Any]:
    """An edit, with the keys of its action only."""
    return {key: value for key, value in edit._asdict().items() if value is not None or key == "file"}


def _location(location: Location) -> dict[str, Any]:
    return {"file": location.file, "pointer": location.pointer, "line": location.line, "column": location.column}


def _excerpt(location: Location) -> dict[str, Any] | None:
    if location.excerpt is None:
        return None
    return {"text": location.excerpt, "caret": location.caret, "width": location.width}


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
        "anchor": asset.default_file,
        "format": asset.format,
        "bucket_error": asset.bucket_error,
        "read_error": asset.read_error,
        "findings": [finding_json(finding) for finding in asset.findings],
        "skipped": [{"rule": item.rule, "because": list(item.reason), "file": item.file} for item in asset.skipped],
        "not_checked": [
            {"rule": item.rule, "because": item.reason, "file": item.file, "mandatory": item.mandatory}
            for item in asset.not_checked
        ],
        "internal_errors": [{"rule": crash.rule, "error": crash.error} for crash in asset.crashes],
        "suppressed": [
            {**finding_json(item.finding), "reason": item.reason, "until": item.until} for item in asset.suppressed
        ],
    }
