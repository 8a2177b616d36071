"""SARIF 2.1.0, as GitHub code scanning accepts it.

Sources: the OASIS standard, and GitHub's documentation of the properties it reads and the limits it keeps: of a run
it shows the 5,000 gravest results, of a rule ten tags, and it matches paths that count from the repository's root.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aind_lint._version import __version__
from aind_lint.bucket.address import is_s3
from aind_lint.finding import AssetReport, Finding, Location, Report, Severity
from aind_lint.report.json import dump
from aind_lint.report.paths import Placed, path_of, placed
from aind_lint.report.repository_paths import from_root, repository_root
from aind_lint.text.sanitize import sanitize

_RESULTS, _RELATED = 5000, 99
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(report: Report) -> str:
    """The whole report."""
    found = sorted(placed(report), key=lambda one: one.finding.severity.rank)
    shown = found[:_RESULTS]
    rules = {one.finding.rule: one.finding for one in reversed(shown)}
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    root = repository_root()
    seen: Counter[str] = Counter()
    results = [_result(one, index[one.finding.rule], str(root), from_root(one.anchor, root), seen) for one in shown]
    notes = [note for asset in report.assets for note in _notifications(asset)]
    if len(found) > len(shown):
        notes.append(_notification("warning", f"{len(found) - len(shown):,} more findings are not listed", None))
    run = {
        "tool": {
            "driver": {
                "name": "aind-lint",
                "semanticVersion": __version__,
                "rules": [_rule(rules[rule]) for rule in index],
            }
        },
        "automationDetails": {"id": "aind-lint/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not any(asset.crashes or asset.bucket_error for asset in report.assets),
                "exitCode": report.exit_code(),
                "toolExecutionNotifications": notes,
            }
        ],
        "results": results,
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    name = sanitize(finding.name)
    explanation = f"aind-lint explain {finding.rule}"
    return {
        "id": finding.rule,
        "name": name,
        "shortDescription": {"text": name.replace("-", " ").capitalize()},
        "fullDescription": {"text": sanitize(finding.why)},
        "help": {"text": f"{sanitize(finding.why)}\n\nMore: {explanation}"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"tags": ["metadata", finding.rule[:3]], "problem.severity": _PROBLEMS[finding.severity]},
    }


def _result(one: Placed, rule: int, root: str, uri: str, seen: Counter[str]) -> dict[str, Any]:
    finding = one.finding
    subject = f"{one.path}: " if finding.location.file is None else ""
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(f"{subject}{finding.message}") + f"\n\nFix: {_message(finding.fix)}"},
        "locations": [_location(finding.location, uri)],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(one, uri, seen)},
    }
    if finding.related and one.asset is not None:
        result["relatedLocations"] = [
            _location(place, from_root(path_of(one.asset, place.file or one.asset.anchor), repository_root()))
            for place in list(dict.fromkeys(finding.related))[:_RELATED]
        ]
    return result


def _location(place: Location, uri: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(uri), "region": _region(place)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": sanitize(place.pointer), "kind": "member"}]
    return location


def _region(place: Location) -> dict[str, Any]:
    """The place in the file; its first line when the finding is about the file or the asset as a whole."""
    line, column = place.line or 1, place.column or 1
    width = place.width if place.excerpt is not None else 1
    return {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + width}


def _artifact(path: str) -> dict[str, str]:
    """A path as a reference; nothing in it can be taken for a scheme, a query or a fragment."""
    if is_s3(path):
        return {"uri": f"s3://{_quoted(path.removeprefix('s3://'))}"}
    if Path(path).is_absolute():
        return {"uri": f"file://{_quoted('/' + Path(path).as_posix().lstrip('/'))}"}
    return {"uri": _quoted(path), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, which Windows allows in a name
        raw = path.encode("utf-8", "surrogatepass")
    return quote(raw, safe="/")


def _fingerprint(one: Placed, uri: str, seen: Counter[str]) -> str:
    """What makes a finding the same one in the next run, though its line may move."""
    finding = one.finding
    facts = (finding.rule, uri, finding.location.file, finding.location.pointer, finding.found)
    digest = hashlib.sha256(repr(facts).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _notifications(asset: AssetReport) -> list[dict[str, Any]]:
    notes = [_notification("error", f"{c.rule} could not be run: {c.error}", asset.path) for c in asset.crashes]
    return notes + [
        _notification("note", f"{item.rule} not checked: {item.because}", path_of(asset, item.file))
        for item in asset.not_checked
        if item.is_news
    ]


def _notification(level: str, text: str, path: str | None) -> dict[str, Any]:
    return {"level": level, "message": {"text": _message(f"{path}: {text}" if path else text)}}


def _message(text: str) -> str:
    """Plain text: what could be taken for an embedded link is escaped, as the standard says."""
    return re.sub(r"([\\\[\]])", r"\\\1", sanitize(text))
