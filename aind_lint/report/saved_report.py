"""Loads a report that was saved as JSON, so that any format can render it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import Edit, NotChecked, Report, RuleCrash, Skipped
from aind_lint.report.json_document import FORMAT_VERSION

_RULE = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME = re.compile(r"[a-z0-9-]+")


def load_report(file: Path) -> Report:
    """Read a report of format 1.

    Raises:
        UsageError: The file cannot be read, or is not such a report.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {os_error_reason(error)}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{file} is not JSON; save a report with --format json={file}") from None
    try:
        if content["format_version"] != FORMAT_VERSION:
            version = content["format_version"]
            raise UsageError(f"{file} has format version {version!r}; this aind-lint reads version {FORMAT_VERSION}")
        # The formats rely on the declared types of the dataclasses, so they are checked strictly.
        report = TypeAdapter(Report).validate_json(json.dumps(_report(content)), strict=True)
        if not all(_RULE.fullmatch(rule) for rule in _rules(report)):
            raise ValueError
        if not all(_NAME.fullmatch(finding.name) for finding in report.all_findings):
            raise ValueError
    except (LookupError, TypeError, AttributeError, ValueError, ValidationError):
        raise UsageError(f"{file} is not a report of aind-lint; save one with --format json={file}") from None
    return report


def _rules(report: Report) -> Iterator[str]:
    yield from (finding.rule for finding in report.all_findings)
    for asset in report.assets:
        yield from (item.finding.rule for item in asset.suppressed)
        for item in asset.skipped:
            yield from (item.rule, *item.reason)
        yield from (item.rule for item in asset.not_checked)
        yield from (item.rule for item in asset.crashes)


def _report(content: dict[str, Any]) -> dict[str, Any]:
    run = content["run"]
    return {
        "assets": [_asset(asset) for asset in content["assets"]],
        "ignored": content["summary"]["ignored"],
        "ignored_names": run.get("ignored", []),
        "packages": run["packages"],
        "started": run["started"],
        "bucket": run["bucket"],
        "without_asset": run["without_asset"],
        "configuration": run["configuration"],
        "configuration_findings": [_finding(finding) for finding in content["configuration_findings"]],
        "fail_on": run["fail_on"],
    }


def _asset(content: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: value for key, value in content.items() if key not in ("anchor", "internal_errors")},
        "default_file": content["anchor"],
        "skipped": [_parts(Skipped, {"file": None, **item, "reason": item["because"]}) for item in content["skipped"]],
        "not_checked": [_parts(NotChecked, {**item, "reason": item["because"]}) for item in content["not_checked"]],
        "findings": [_finding(finding) for finding in content["findings"]],
        "suppressed": [
            {"finding": _finding(item), "reason": item["reason"], "until": item["until"]}
            for item in content["suppressed"]
        ],
        "crashes": [_parts(RuleCrash, {**crash, "traceback": ""}) for crash in content["internal_errors"]],
    }


def _finding(content: dict[str, Any]) -> dict[str, Any]:
    fields = ("rule", "name", "severity", "message", "found", "expected", "why", "fix")
    excerpt = content["excerpt"] or {"text": None, "caret": 0, "width": 1}
    position = {"excerpt": excerpt["text"], "caret": excerpt["caret"], "width": excerpt["width"]}
    return {
        **{key: content[key] for key in fields},
        "location": {**_location(content), **position},
        "related": [_location(related) for related in content["related"] if related.get("rule") is None],
        "compares": content.get("compares", []),
        "fixable": content.get("fixable", False),
        "edits": [_parts(Edit, edit) for edit in content.get("edits", [])],
        "same_cause": [_same_cause(related) for related in content["related"] if related.get("rule") is not None],
    }


def _parts(cls: type[NamedTuple], content: dict[str, Any]) -> dict[str, Any]:
    """The parts of a named tuple. A report of a later version can have more keys."""
    return {key: content[key] for key in cls._fields if key in content}


def _same_cause(content: dict[str, Any]) -> dict[str, Any]:
    return {
        **{key: content[key] for key in ("rule", "name", "severity", "message")},
        "location": _location(content),
        "is_represented": True,
    }


def _location(content: dict[str, Any]) -> dict[str, Any]:
    return {key: content[key] for key in ("file", "pointer", "line", "column")}
