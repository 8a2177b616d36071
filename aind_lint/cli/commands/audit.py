"""``aind-lint audit``."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from aind_lint.app.auditing.audit_options import AuditOptions
from aind_lint.bucket.address import Connection, refuse_unused
from aind_lint.cli.format_option import parse_formats
from aind_lint.cli.options import config_option, connection_options, debug_option, refuse_bad_path
from aind_lint.cli.shell_completion import complete_paths
from aind_lint.cli.terminal import show, show_document, show_error, signals_as_interrupt
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.output_file import write_text_file
from aind_lint.text.quantities import format_count

if TYPE_CHECKING:
    from aind_lint.audit.model import AuditResult

AUDIT_FORMATS = ("text", "html", "json", "markdown", "parquet")


class _Number(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number with a unit, or a share."""

    def __init__(self, name: str, pattern: str, units: dict[str, float], example: str) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._units = units
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = self._pattern.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"'{value}' is not {self._example}", param, ctx)
        return float(match[1]) * self._units[match[2] or ""]


_AGE = _Number("AGE", r"([0-9]+(?:\.[0-9]+)?)([hd]?)", {"": 1, "h": 1, "d": 24}, "a time such as 48h or 3d")
_SHARE = _Number("SHARE", r"([0-9]+(?:\.[0-9]+)?)(%?)", {"": 1, "%": 0.01}, "a share such as 1% or 0.01")
_SIZE = _Number(
    "SIZE", r"([0-9]+(?:\.[0-9]+)?)(MB|GB)?", {"": 1, "MB": 1e6, "GB": 1e9}, "an amount of memory such as 2GB or 500MB"
)


class _Sample(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A share of the assets, written as a fraction."""

    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"0|1|1/([1-9][0-9]{0,5})", str(value))
        if match is None:
            self.fail(f"'{value}' is not a share such as 1/30; 0 reads no data", param, ctx)
        return 1 / int(match[1]) if match[1] else float(match[0])


class _Time(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A time, ISO 8601."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            time = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        except ValueError:
            self.fail(f"'{value}' is not a time such as 2026-11-30T06:00:00Z", param, ctx)
        return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


class _Engine(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """``local``, ``dask`` or ``dask=ADDRESS``."""

    name = "ENGINE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in ("local", "dask") or (str(value).startswith("dask=") and value != "dask="):
            return str(value)
        return self.fail(f"'{value}' is neither local, dask nor dask=ADDRESS (dask=tcp://127.0.0.1:8786)", param, ctx)


@click.command("audit")
@click.argument("bucket", metavar="URL|DIR", callback=refuse_bad_path, shell_complete=complete_paths)
@click.option("--inventory", metavar="URL", help="S3 Inventory: its manifest.json, or the folder of its configuration.")
@click.option(
    "--state", metavar="URL|DIR", help="Where results are kept for the next audit.  [default: ./aind-lint-audit/BUCKET]"
)
@click.option("--no-keys", is_flag=True, help="Keep no keys: a smaller state, but a changed object cannot be named.")
@click.option(
    "--rules",
    type=click.Choice(["keys", "full"]),
    default="full",
    show_default=True,
    help="keys: only what the listing shows; full: read sidecars and run every rule.",
)
@click.option(
    "--sample", type=_Sample(), default="0", help="Share of the assets whose data is read, such as 1/30.  [default: 0]"
)
@click.option("--max-age", type=_AGE, default="48h", show_default=True, help="Oldest inventory that is used.")
@click.option(
    "--max-lost",
    type=_SHARE,
    default="1%",
    show_default=True,
    help="Largest share of assets that may have lost objects.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(0),
    default=200_000,
    show_default=True,
    metavar="N",
    help="Most requests to S3.",
)
@click.option("--confirm", is_flag=True, help="Go on above --max-age, --max-lost and --max-requests.")
@click.option(
    "--removed",
    metavar="NAME",
    multiple=True,
    help="Asset that the bucket owner has removed on purpose; needed once.  Repeatable.",
)
@click.option("--now", type=_Time(), help="Time that counts as now, for the age of the inventory.")
@click.option(
    "--engine", type=_Engine(), default="local", show_default=True, help="local, dask, or dask=ADDRESS of a scheduler."
)
@click.option("--insecure-scheduler", is_flag=True, help="Use a Dask scheduler on another computer without TLS.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Number of workers.  [default: one for each processor]"
)
@click.option("--memory", type=_SIZE, default="2GB", show_default=True, help="Memory for the tables of keys.")
@click.option(
    "--max-requests-per-second",
    type=click.FloatRange(0, min_open=True),
    metavar="R",
    help="Most requests to S3 in a second.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Report format: {', '.join(AUDIT_FORMATS)}; =FILE writes it to a file (parquet: a folder). "
    "Repeatable.  [default: text]",
)
@click.option(
    "--fail-on",
    type=click.Choice(["new", "any", "never"]),
    default="new",
    show_default=True,
    help="Which errors make the exit code 1: new ones, any, or none.",
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="Lowest severity for --fail-on.",
)
@config_option
@debug_option
@connection_options
def command(
    bucket: str,
    no_keys: bool,
    max_age: float,
    formats: tuple[str, ...],
    fail_on: Literal["new", "any", "never"],
    severity: Literal["error", "warning"],
    memory: float,
    connection: Connection,
    **options: Any,
) -> int:
    """Check every asset of a bucket, and compare the bucket with the last audit. The bucket is only read.

    The bucket is s3://bucket, s3://bucket/prefix, or a folder that is used as a bucket. With --inventory no key is
    listed: the audit reads the newest complete S3 Inventory.

    \b
    Exit codes:
      0    nothing at the gate (--fail-on)
      1    findings
      2    usage or internal error
      4    the inventory, the bucket or most assets cannot be read, or a threshold is exceeded
      130  interrupted
    """  # noqa: D301 - click needs the escape
    from aind_lint.app.auditing.audit import audit

    targets = parse_formats(formats, AUDIT_FORMATS)
    if ("parquet", None) in targets:
        raise UsageError("the format parquet needs a folder, such as --format parquet=tables")
    refuse_unused(connection, bucket, *(value for value in (options["inventory"], options["state"]) if value))
    given = AuditOptions(
        keep_keys=not no_keys, max_age_hours=max_age, memory=int(memory), connection=connection, **options
    )
    with signals_as_interrupt():
        result = audit(bucket, given, lambda text: show(text, err=True), lambda result: _write_reports(targets, result))
    if not result.input.is_trusted:
        show_error(f"the listing is not trusted, and the state was not changed: {result.input.warnings[0]}")
        return 4
    if result.run.problem:
        show_error(result.run.problem)
        return 4
    checked = result.run.judged + result.run.unchanged
    if result.run.failed > checked:  # of a few, the report has the reasons
        first = next(item for item in result.not_checked if item.what == "every rule")
        count = f"{format_count(result.run.failed, 'asset')} could not" if checked else "no asset could"
        show_error(f"{count} be checked, such as {first.asset}: {first.reason}")
        return 4
    return int(_is_at_gate(result, fail_on, severity))


def _write_reports(targets: list[tuple[str, Path | None]], result: AuditResult) -> None:
    for format_, file in targets:
        _write(format_, file, result)


def _write(format_: str, file: Path | None, result: AuditResult) -> None:
    from aind_lint.report.audit import render_audit
    from aind_lint.report.audit.parquet import write_tables

    try:
        if format_ == "parquet":
            assert file is not None
            write_tables(result, file)
        elif file is not None:
            write_text_file(file, click.unstyle(render_audit(format_, result)))
        elif format_ == "text":
            show(render_audit(format_, result), nl=False)
        else:
            show_document(render_audit(format_, result))
    except OSError as error:
        raise UsageError(f"cannot write {file or 'the report'}: {os_error_reason(error)}") from None


def _is_at_gate(result: AuditResult, fail_on: str, severity: str) -> bool:
    """Whether there are findings that make the exit code 1."""
    statuses = {"new": ("new",), "any": ("new", "open"), "never": ()}[fail_on]
    severities = ("error",) if severity == "error" else ("error", "warning")
    return any(finding.status in statuses and finding.severity in severities for finding in result.findings)
