"""Publishes one finished asset and describes the outcome."""

from __future__ import annotations

from pathlib import Path

import click

from aind_lint.app.publishing.publish import RefusedError, publish
from aind_lint.app.watching.finished_assets import FinishedAsset
from aind_lint.app.watching.log import log
from aind_lint.app.watching.outcome_files import InUseError, Outcome
from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import ContentChangedError
from aind_lint.errors import AindLintError, BucketError, FileInUseError, UnsupportedServerError
from aind_lint.finding import AssetReport, Finding, Report, Severity
from aind_lint.report.formats import text
from aind_lint.report.json_document import report_json, to_json_text
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.separators import native_path

#: The log shows at most this many findings of an asset; the report contains all.
_MAX_LOGGED_FINDINGS = 10


def publish_asset(
    asset: FinishedAsset,
    to: str,
    *,
    watched_folder: Path,
    max_rate: float | None,
    config: Path | None,
    connection: Connection,
) -> Outcome:
    """Check and publish one asset; the arguments are those of `aind_lint.publish`.

    Raises:
        BucketError: The destination could not be read or written; a later try may succeed.
        InUseError: Another program still has a file of the asset open.
    """
    reports: list[AssetReport] = []

    if asset.source.is_symlink():
        return Outcome(False, f"not published: {asset.source.name} is a link, and a watcher publishes no links")
    if not asset.source.exists():
        return Outcome(False, f"there is no folder {asset.source.name} next to its marker")
    try:
        receipt = publish(
            asset.source,
            to,
            max_rate=max_rate,
            config=config,
            watched_folder=watched_folder,
            connection=connection,
            on_message=lambda text: log.info("%s  %s", asset.name, text),
            on_checked=reports.append,
        )
    except RefusedError as error:
        if error.report.bucket_error:
            raise BucketError(error.report.bucket_error) from None
        summary = f"not published: {', '.join(error.report.blockers)}"
        return Outcome(False, summary, _summary_lines(error.report), _files([error.report], to, error.exit_code))
    except UnsupportedServerError as error:
        return Outcome(False, f"not published: {error}", files=_files(reports, to, error.exit_code))
    except BucketError:
        raise
    except ContentChangedError as error:
        raise InUseError(str(error)) from None
    except AindLintError as error:
        # On Windows PermissionError also means that another program has the file open. A file that has vanished was a
        # temporary one.
        if isinstance(error, FileInUseError) or isinstance(error.__context__, PermissionError | FileNotFoundError):
            raise InUseError(str(error)) from None
        return Outcome(False, f"not published: {error}", files=_files(reports, to, error.exit_code))
    content = f"{format_count(receipt.files, 'file')}, {format_bytes(receipt.size)}"
    return Outcome(
        True,
        f"{receipt.state} in {native_path(receipt.destination)} ({content})",
        _summary_lines(*reports),
        (*_files(reports, to, 0), ("receipt.json", receipt.to_json())),
    )


def _files(reports: list[AssetReport], to: str, code: int) -> tuple[tuple[str, str], ...]:
    if not reports:
        return ()  # no check was made
    report = Report(reports, bucket=to)
    return (
        ("report.json", to_json_text(report_json(report, code)) + "\n"),
        ("report.txt", click.unstyle(text.render(report, verbose=True))),
    )


def _summary_lines(report: AssetReport) -> tuple[str, ...]:
    findings = [finding for finding in report.findings if finding.severity is not Severity.INFO]
    lines = [_line(finding) for finding in findings[:_MAX_LOGGED_FINDINGS]]
    if more := len(findings) - len(lines):
        lines.append(f"and {format_count(more, 'more finding')}: see the report")
    lines += [f"not checked: {item.rule} ({item.reason})" for item in report.not_checked if item.mandatory]
    return (*lines, *(f"internal error in {crash.rule}: {crash.error}" for crash in report.crashes))


def _line(finding: Finding) -> str:
    location = finding.location
    where = (
        f"{location.file}:{location.line}: "
        if location.file and location.line
        else f"{location.file}: "
        if location.file
        else ""
    )
    return f"{finding.severity.value} {finding.rule} {where}{finding.message}"
