"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from aind_lint.bucket.address import Connection

_R = TypeVar("_R")
_F = TypeVar("_F", bound=Callable[..., Any])

#: Source: canned ACLs of S3.
_CANNED_ACLS = (
    *("private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read"),
    "bucket-owner-full-control",
)


#: Parameters of `connection_options`.
_CONNECTION = ("endpoint_url", "aws_profile", "region", "sse", "sse_kms_key_id", "acl", "request_payer")


class _Rate(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Bytes per second, with a unit or without: ``50MB``, ``1.5GB/s``, ``800k``."""

    name = "rate"
    _UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]i?)?b?(?:/s)?", str(value).strip().lower())
        if match is None or float(match[1]) == 0:
            self.fail(f"'{value}' is not a rate; write bytes per second, such as 50MB", param, ctx)
        return float(match[1]) * self._UNITS[match[2] or ""]


RATE = _Rate()


def refuse_bad_path(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Refuse a path that is empty, which would be the current folder, or that a Windows shell has garbled."""
    values = value if isinstance(value, tuple) else (value,)
    if "" in values:
        raise click.BadParameter("it is empty; is a shell variable unset?", ctx, param)
    if os.name == "nt" and (quoted := next((one for one in values if one and '"' in str(one)), None)):
        # No path of Windows contains a quotation mark: PowerShell and cmd pass "D:\\my data\\" with one.
        hint = "write the path without the backslash before the closing quotation mark"
        raise click.BadParameter(f"'{quoted}' contains a quotation mark; {hint}", ctx, param)
    return value


bucket_option = click.option(
    "--in",
    "where",
    required=True,
    metavar="URL|DIR",
    callback=refuse_bad_path,
    help="The bucket: s3://bucket, or a folder used as a bucket.",
)

destination_option = click.option(
    "--to",
    required=True,
    metavar="URL|DIR",
    callback=refuse_bad_path,
    help="Destination: s3://bucket, or a folder used as a bucket.",
)

rate_option = click.option("--max-rate", type=RATE, metavar="RATE", help="Maximum bytes per second, such as 50MB.")


def _use_state_folder(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        os.environ["AIND_LINT_STATE_DIR"] = str(value.absolute())


state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    expose_value=False,
    callback=_use_state_folder,
    metavar="DIR",
    help="Folder of receipts, journals and logs; by default each account has its own.  [env: AIND_LINT_STATE_DIR]",
)

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Configuration file; by default searched upwards from the paths.",
)


def _show_debug_messages(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    if value:
        import logging  # loaded only when needed: 8 ms

        from aind_lint.system.logs import log_to_stderr

        ctx.with_resource(log_to_stderr(logging.DEBUG))
    return value


def verbose_option(help_text: str) -> Callable[[_F], _F]:
    """The ``--verbose`` flag for a command that shows more than debug messages; ``help_text`` describes both."""
    return click.option("--verbose", is_flag=True, callback=_show_debug_messages, help=help_text)


def _set_colors(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    # The variables reach processes that this one starts.
    if value is not None:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            os.environ.pop(name, None)
    if value in _COLOR_VARIABLES:
        os.environ[_COLOR_VARIABLES[value]] = "1"


_COLOR_VARIABLES = {"always": "FORCE_COLOR", "never": "NO_COLOR"}

#: For every command, and before the command. Like `click.option`, it decorates a function or a command.
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    is_eager=True,
    callback=_set_colors,
    help="Color the output; auto: on a terminal.  [env: NO_COLOR, FORCE_COLOR]",
)


class SectionedCommand(click.Command):
    """A command whose options are listed in sections of the help.

    Args:
        sections: The names of the parameters of each section. Options of the connection to S3 have a section of their
            own; the rest are "Other options".
    """

    def __init__(self, *arguments: Any, sections: dict[str, tuple[str, ...]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sections = {**sections, "Connection to S3": _CONNECTION}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by section."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: record for option in options if (record := option.get_help_record(ctx))}
        for title, names in self._sections.items():
            if chosen := [records.pop(name) for name in names if name in records]:
                with formatter.section(title):
                    formatter.write_dl(chosen)
        with formatter.section("Other options"):
            formatter.write_dl(list(records.values()))


debug_option = click.option(
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_show_debug_messages,
    help="Show debug messages on standard error: steps, times, retries.",
)


def connection_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the options for the connection to S3; the command gets them as one argument, ``connection``."""

    @wraps(command)
    def connected(
        *arguments: Any,
        endpoint_url: str | None,
        aws_profile: str | None,
        region: str | None,
        sse: str | None,
        sse_kms_key_id: str | None,
        acl: str | None,
        request_payer: bool,
        **options: Any,
    ) -> _R:
        connection = Connection(endpoint_url, aws_profile, region, sse, sse_kms_key_id, acl, request_payer)
        return command(*arguments, connection=connection, **options)

    for option in (
        click.option("--request-payer", is_flag=True, help="Pay for the requests, where the bucket demands it."),
        click.option("--acl", type=click.Choice(_CANNED_ACLS), help="ACL of stored objects, where demanded."),
        click.option("--sse-kms-key-id", metavar="ID", help="KMS key for --sse aws:kms."),
        click.option(
            "--sse",
            type=click.Choice(["AES256", "aws:kms", "aws:kms:dsse"]),
            help="Encryption on the server, where the bucket demands the header.",
        ),
        click.option("--region", metavar="NAME", help="Region of the bucket."),
        click.option("--aws-profile", metavar="NAME", help="Profile of the AWS configuration."),
        click.option("--endpoint-url", metavar="URL", help="Address of an S3-compatible server."),
    ):
        connected = option(connected)
    return connected
