"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from aind_lint.bucket.address import Connection

_R = TypeVar("_R")


def refuse_empty(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Refuse an empty path: it would mean the current folder, but is a variable that the shell did not know."""
    if "" in (value if isinstance(value, tuple) else (value,)):
        raise click.BadParameter("it is empty; is a variable of the shell not set?", ctx, param)
    return value


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration, in place of the one that is found upwards from the paths.",
)


def connection_options(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add the options that say how to reach S3; the command gets them as one argument, ``connection``."""

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
