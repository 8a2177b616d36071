"""SARIF 2.1.0, as GitHub code scanning accepts it.

Sources: the OASIS standard, and GitHub's documentation of the properties it reads and of its limits. GitHub shows the
5,000 most severe results of a run and ten tags of a rule, and it matches paths relative to the root of the repository.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aind_lint._version import __version__
from aind_lint.bucket.address import is_s3
from aind_lint.finding import AssetReport, Finding, Location, Report, Severity
from aind_lint.report.json_document import to_json_text
from aind_lint.report.located_findings import LocatedFinding, locate_findings, path_of
from aind_lint.report.repository_paths import from_root, repository_root
from aind_lint.text.sanitize import sanitize

#: Limits of GitHub: results of a run, and related locations of a result (100 locations, one of them its own).
_MAX_RESULTS, _MAX_RELATED = 5000, 99
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEM_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(report: Report, verbose: bool = False) -> str:
    """The whole report."""
    found = sorted(locate_findings(report), key=lambda located: located.finding.severity.rank)
    listed = found[:_MAX_RESULTS]
    rules = {located.finding.rule: located.finding for located in reversed(listed)}
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    root = repository_root()
    seen: Counter[str] = Counter()
    results = [
        _result(located, index[located.finding.rule], from_root(located.annotated_file, root), seen)
        for located in listed
    ]
    notes = [note for asset in report.assets for note in _notifications(asset)]
    if len(found) > len(listed):
        notes.append(_notification("warning", f"{len(found) - len(listed):,} more findings are not listed", None))
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
                "executionSuccessful": not any(
                    asset.crashes or asset.bucket_error or asset.read_error for asset in report.assets
                ),
                "exitCode": report.exit_code(),
                "toolExecutionNotifications": notes,
            }
        ],
        "results": results,
    }
    return to_json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


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
        "properties": {
            "tags": ["metadata", finding.rule[:3]],
            "problem.severity": _PROBLEM_SEVERITIES[finding.severity],
        },
    }


def _result(located: LocatedFinding, rule: int, uri: str, seen: Counter[str]) -> dict[str, Any]:
    finding = located.finding
    # Code scanning accepts no address of S3 as a location, so the message has it.
    subject = f"{located.path}: " if finding.location.file is None or is_s3(located.path) else ""
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(f"{subject}{finding.message}") + f"\n\nFix: {_message(finding.fix)}"},
        "locations": [_location(finding.location, uri)],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(located, uri, seen)},
    }
    if located.asset is not None and (fix := _fix(finding, located.asset)):
        result["fixes"] = [fix]
    if located.asset is not None and (related := list(_related(finding, located.asset))):
        result["relatedLocations"] = related[:_MAX_RELATED]
    return result


def _fix(finding: Finding, asset: AssetReport) -> dict[str, Any] | None:
    """The edits of text that fix a finding; None if renames, moves or encodings are a part of it, as SARIF has none."""
    if not finding.edits or any(edit.action != "replace" for edit in finding.edits):
        return None
    root = repository_root()
    replacements: dict[str, list[dict[str, Any]]] = {}
    for edit in finding.edits:
        region = {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        }
        uri = from_root(path_of(asset, edit.file), root)
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        replacements.setdefault(uri, []).append(replacement)
    return {
        "description": {"text": f"As 'aind-lint fix --select {finding.rule}' does"},
        "artifactChanges": [
            {"artifactLocation": _artifact(uri), "replacements": items} for uri, items in replacements.items()
        ],
    }


def _related(finding: Finding, asset: AssetReport) -> Iterator[dict[str, Any]]:
    """The findings with the same cause, each with its message, then the other locations."""
    root = repository_root()
    places = [(other.location, f"{other.rule}: {other.message}") for other in finding.same_cause]
    places += [(location, "") for location in dict.fromkeys(finding.related)]
    for location, text in places:
        start = location._replace(excerpt=None)  # a saved report has no excerpt of it, which shows its length
        related = _location(start, from_root(path_of(asset, location.file or asset.default_file), root))
        yield related | {"message": {"text": _message(text)}} if text else related


def _location(location: Location, uri: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(uri), "region": _region(location)}
    result: dict[str, Any] = {"physicalLocation": physical}
    if location.pointer:
        result["logicalLocations"] = [{"fullyQualifiedName": sanitize(location.pointer), "kind": "member"}]
    return result


def _region(location: Location) -> dict[str, Any]:
    """The location in the file; its first line when the finding is about the whole file or asset."""
    line, column = location.line or 1, location.column or 1
    width = location.width if location.excerpt is not None else 1
    return {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + width}


def _artifact(path: str) -> dict[str, str]:
    """A path as a URI reference, quoted so that no part is read as a scheme, query or fragment."""
    if is_s3(path):
        return {"uri": _quoted(path.removeprefix("s3://"))}
    if Path(path).is_absolute():
        return {"uri": _file_uri(Path(path))}
    return {"uri": _quoted(path), "uriBaseId": "%SRCROOT%"}


def _file_uri(path: Path) -> str:
    """A file URI. The colon of a drive letter stays (RFC 8089, appendix E.2); the server of a share is the host."""
    drive = path.drive.replace("\\", "/")
    rest = _quoted(path.as_posix().removeprefix(drive).lstrip("/"))
    return f"file:{_quoted(drive)}/{rest}" if drive.startswith("//") else f"file://{drive and f'/{drive}'}/{rest}"


def _quoted(path: str) -> str:
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate, which Windows allows in a file name
        raw = path.encode("utf-8", "surrogatepass")
    return quote(raw, safe="/")


def _fingerprint(located: LocatedFinding, uri: str, seen: Counter[str]) -> str:
    """An id that a finding keeps in later runs, even when its line moves."""
    finding = located.finding
    facts = (finding.rule, uri, finding.location.file, finding.location.pointer, finding.found)
    digest = hashlib.sha256(repr(facts).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _notifications(asset: AssetReport) -> list[dict[str, Any]]:
    notes = [_notification("error", f"{crash.rule} crashed: {crash.error}", asset.path) for crash in asset.crashes]
    reasons = filter(None, (asset.read_error, asset.bucket_error))
    notes += [_notification("error", f"not checked: {reason}", asset.path) for reason in reasons]
    return notes + [
        _notification("note", f"{item.rule} not checked: {item.reason}", path_of(asset, item.file))
        for item in asset.not_checked
        if item.is_unexpected
    ]


def _notification(level: str, text: str, path: str | None) -> dict[str, Any]:
    return {"level": level, "message": {"text": _message(f"{path}: {text}" if path else text)}}


def _message(text: str) -> str:
    """Plain text, with the characters of embedded links escaped as the standard requires."""
    return re.sub(r"([\\\[\]])", r"\\\1", sanitize(text))
