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
        *arguments: Any, endpoint_url: str | None, aws_profile: str | None, region: str | None, **options: Any
    ) -> _R:
        return command(*arguments, connection=Connection(endpoint_url, aws_profile, region), **options)

    for option in (
        click.option("--region", metavar="NAME", help="Region of the bucket."),
        click.option("--aws-profile", metavar="NAME", help="Profile of the AWS configuration."),
        click.option("--endpoint-url", metavar="URL", help="Address of an S3-compatible server."),
    ):
        connected = option(connected)
    return connected
