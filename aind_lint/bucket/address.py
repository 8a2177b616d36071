"""Addresses of buckets, as a user writes them after ``--to``, and how to connect to S3."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from aind_lint.errors import UsageError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_S3 = re.compile(rf"s3://(?P<bucket>{_BUCKET.pattern})(?:/(?P<prefix>.*))?")


@dataclass(frozen=True)
class Connection:
    """How to reach S3, where the defaults of boto3 do not say it.

    Attributes:
        endpoint_url: Address of a server other than AWS.
        profile: Name of a profile in the AWS configuration.
        region: Region of the bucket.
    """

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None


def is_s3(address: str) -> bool:
    """Whether an address names a bucket of S3."""
    return address.startswith("s3://")


def split_s3(address: str) -> tuple[str, str]:
    """Bucket and prefix (without outer slashes) of an ``s3://`` address.

    Raises:
        UsageError: It is not the address of a bucket.
    """
    match = _S3.fullmatch(address)
    if match is None:
        raise UsageError(f"'{address}' is not the address of a bucket: {_trouble(address)}")
    prefix = (match["prefix"] or "").strip("/")
    if {".", ".."}.intersection(prefix.split("/")):
        raise UsageError(f"'{address}' has a part . or .., which a bucket takes for a name; write where it leads")
    return match["bucket"], prefix


def _trouble(address: str) -> str:
    """What is wrong with an address that begins with ``s3://`` and is none."""
    name = address.removeprefix("s3://").partition("/")[0]
    if not name:
        return "it names none; one is written s3://name or s3://name/prefix"
    rule = "3 to 63 small letters, digits, '.' and '-', and begins and ends with a letter or digit"
    wrong = dict.fromkeys(re.findall(r"[^a-z0-9.-]", name))
    return f"the name of a bucket has {rule}" + (f"; in '{name}' these are wrong: {' '.join(wrong)}" if wrong else "")


def meant_bucket(address: str) -> str:
    """The end of a message about a folder that is not there, when a bucket could be meant."""
    return f"; did you mean s3://{address}?" if _BUCKET.fullmatch(address) else ""


def absolute_address(address: str) -> str:
    """An address that says the same wherever it is read; that of a bucket does already."""
    return address if is_s3(address) else Path(address).resolve().as_posix()


def refuse_unused(connection: Connection, *addresses: str) -> None:
    """Raise UsageError for a way to S3 when none of the addresses lies there; a forgotten ``s3://`` looks like that."""
    options = ("--endpoint-url", connection.endpoint_url), ("--aws-profile", connection.profile)
    given = [option for option, value in (*options, ("--region", connection.region)) if value]
    if given and not any(is_s3(address) for address in addresses):
        folder = addresses[0]
        raise UsageError(
            f"{', '.join(given)} says how to reach S3, but '{folder}' names a folder{meant_bucket(folder)}"
        )


def is_below(address: str, part: str) -> bool:
    """Whether an address is ``part`` or lies below it; a bucket of S3 may be written without ``s3://``."""
    whole = part.rstrip("/\\") if is_s3(part) or not is_s3(address) else f"s3://{part.strip('/')}"
    return address == whole or address.startswith((f"{whole}/", f"{whole}{os.sep}"))
