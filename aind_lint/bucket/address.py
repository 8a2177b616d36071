"""From what a user writes after ``--to`` to a store."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.asset.grammar import parse_name
from aind_lint.asset.listing import named_path
from aind_lint.errors import UsageError

if TYPE_CHECKING:
    from aind_lint.bucket.retry import Tell
    from aind_lint.bucket.store import Store

_S3 = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters or more: C:/ is a drive


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
        raise UsageError(f"'{address}' is not the address of a bucket; one is written s3://name or s3://name/prefix")
    prefix = (match["prefix"] or "").strip("/")
    if {".", ".."}.intersection(prefix.split("/")):
        raise UsageError(f"'{address}' has a part . or .., which a bucket takes for a name; write where it leads")
    return match["bucket"], prefix


def is_below(address: str, part: str) -> bool:
    """Whether an address is ``part`` or lies below it; a bucket of S3 may be written without ``s3://``."""
    whole = part.rstrip("/\\") if is_s3(part) or not is_s3(address) else f"s3://{part.strip('/')}"
    return address == whole or address.startswith((f"{whole}/", f"{whole}{os.sep}"))


def open_store(
    address: str, connection: Connection = Connection(), new: bool = False, tell: Tell = lambda text: None
) -> Store:
    """The store at an address: ``s3://bucket``, or a folder that behaves as a bucket.

    Args:
        address: The address.
        connection: How to reach S3.
        new: A folder may still be missing, if its parent exists; it is made on the first write.
        tell: Told of every request that is tried again.

    Raises:
        UsageError: The address is of neither kind.
    """
    if not address:
        raise UsageError("the address of the bucket is empty")
    if is_s3(address):
        from aind_lint.bucket.s3 import connect  # boto3 takes a fifth of a second to import

        return connect(*split_s3(address), connection.endpoint_url, connection.profile, connection.region, tell)
    if _OTHER_SCHEME.match(address):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder")
    from aind_lint.bucket.directory import DirectoryStore

    return DirectoryStore(Path(address), new)


def refuse_inside_asset(address: str, asset: Path) -> None:
    """Raise UsageError for a destination inside an asset, be it the one to publish, or where that one lies already.

    Nothing may be added to an asset that is published, and an asset that is being published may not change.
    """
    from aind_lint.bucket.control import DATA_DESCRIPTION

    if is_s3(address):
        within = [part for part in split_s3(address)[1].split("/") if parse_name(part).form is not None]
    else:
        root = Path(address).resolve()
        if (root / named_path(asset).name).resolve() == asset.resolve():
            raise UsageError(f"{asset} lies in {address} already; publish it to another folder")
        within = [root.name] if parse_name(root.name).form is not None else []
        within += [folder.name for folder in (root, *root.parents) if os.path.lexists(folder / DATA_DESCRIPTION)]
    if within:
        raise UsageError(f"{address} lies inside the asset {within[0]}; a destination is what holds assets")
