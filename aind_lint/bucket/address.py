"""Addresses of destinations, as users write them after ``--to``, and how to connect to S3."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from aind_lint.errors import UsageError

_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
#: An access point of one region; its name can come after a colon or a slash. Multi-region access points need another
#: kind of signature, which libcurl does not have.
_ACCESS_POINT = r"arn:aws[a-z-]*:s3:[a-z0-9-]+:[0-9]{12}:accesspoint[:/][a-z0-9-]{3,50}"
_S3 = rf"s3://(?P<bucket>{_BUCKET}|{_ACCESS_POINT})(?:/(?P<prefix>.*))?"


class Connection(NamedTuple):
    """How to connect to S3, as far as it differs from the defaults of boto3.

    Attributes:
        endpoint_url: URL of a server other than AWS.
        profile: Name of a profile in the AWS configuration.
        region: Region of the bucket.
        sse: Encryption on the server, which some buckets demand: ``AES256``, ``aws:kms`` or ``aws:kms:dsse``.
        sse_kms_key_id: The key of KMS for it.
        acl: Canned ACL of stored objects, such as ``bucket-owner-full-control``.
        request_payer: Whether the requester pays for the requests.
    """

    endpoint_url: str | None = None
    profile: str | None = None
    region: str | None = None
    sse: str | None = None
    sse_kms_key_id: str | None = None
    acl: str | None = None
    request_payer: bool = False

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of S3 that these settings mean, for every operation that takes them."""
        found = {
            "ServerSideEncryption": self.sse,
            "SSEKMSKeyId": self.sse_kms_key_id,
            "ACL": self.acl,
            "RequestPayer": "requester" if self.request_payer else None,
        }
        return {name: value for name, value in found.items() if value}


def is_s3(address: str) -> bool:
    """Whether an address is one of S3."""
    return address.startswith("s3://")


def bucket_of(address: str) -> str | None:
    """The address of the bucket, without a prefix; None for a folder."""
    return f"s3://{split_s3(address)[0]}" if is_s3(address) else None


def split_s3(address: str) -> tuple[str, str]:
    """Bucket and prefix (without outer slashes) of an ``s3://`` address.

    Raises:
        UsageError: It is not a valid address.
    """
    match = re.fullmatch(_S3, address)
    if match is None:
        raise UsageError(f"'{address}' is not a valid bucket address: {_address_problem(address)}")
    prefix = (match["prefix"] or "").strip("/")
    if {".", ".."}.intersection(prefix.split("/")):
        raise UsageError(f"'{address}' contains . or .., which S3 does not resolve; write the prefix without them")
    return match["bucket"], prefix


def _address_problem(address: str) -> str:
    """What is wrong with an invalid address that begins with ``s3://``."""
    if address.startswith("s3://arn:"):
        return "write an access point of one region as s3://arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"
    name = address.removeprefix("s3://").partition("/")[0]
    if not name:
        return "the name is missing; write s3://name or s3://name/prefix"
    rule = "3 to 63 lowercase letters, digits, '.' and '-', and begins and ends with a letter or digit"
    invalid = dict.fromkeys(re.findall(r"[^a-z0-9.-]", name))
    return f"a bucket name has {rule}" + (f"; '{name}' contains {' '.join(invalid)}" if invalid else "")


def suggest_bucket(address: str) -> str:
    """The end of a message about a missing folder whose name could be that of a bucket."""
    return f"; did you mean s3://{address}?" if re.fullmatch(_BUCKET, address) else ""


def absolute_address(address: str) -> str:
    """An address that does not depend on the current folder."""
    return address if is_s3(address) else Path(address).resolve().as_posix()


def refuse_unused(connection: Connection, *addresses: str) -> None:
    """Refuse S3 options if no address is one of S3, which is often a forgotten ``s3://``.

    Raises:
        UsageError: ``connection`` is set, and every address is a folder.
    """
    options = {
        "--endpoint-url": connection.endpoint_url,
        "--aws-profile": connection.profile,
        "--region": connection.region,
        "--sse": connection.sse,
        "--sse-kms-key-id": connection.sse_kms_key_id,
        "--acl": connection.acl,
        "--request-payer": connection.request_payer,
    }
    given = [option for option, value in options.items() if value]
    if given and not any(is_s3(address) for address in addresses):
        folder = addresses[0]
        names = ", ".join(given)
        raise UsageError(f"{names} can be used only with S3, but '{folder}' is a folder{suggest_bucket(folder)}")


def is_below(address: str, part: str) -> bool:
    """Whether an address is ``part`` or below it; ``part`` can be a bucket without ``s3://``."""
    parent = part.rstrip("/\\") if is_s3(part) or not is_s3(address) else f"s3://{part.strip('/')}"
    return address == parent or address.startswith((f"{parent}/", f"{parent}{os.sep}"))
