"""Opening the store at an address: S3, or a folder that behaves as a bucket."""

from __future__ import annotations

import os
import re
from pathlib import Path

from aind_lint.asset.listing.listing import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, is_s3, meant_bucket, refuse_unused, split_s3
from aind_lint.bucket.retry import Tell
from aind_lint.bucket.store import Store
from aind_lint.errors import UsageError

_MISWRITTEN = re.compile(r"s3:/*(?P<rest>.*)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters or more: C:/ is a drive


def open_store(
    address: str, connection: Connection = Connection(), new: bool = False, tell: Tell = lambda text: None
) -> Store:
    """The store at an address: ``s3://bucket``, or a folder that behaves as a bucket.

    Args:
        address: The address.
        connection: How to reach S3.
        new: A folder may still be missing, if its parent exists; it is made on the first write. A single word has to
            be a folder that is there: it could as well be a bucket without its ``s3://``.
        tell: Told of every request that is tried again.

    Raises:
        UsageError: The address is of neither kind, or the connection is for the other one.
    """
    if not address:
        raise UsageError("the address of the bucket is empty")
    if is_s3(address):
        from aind_lint.bucket.s3.store import connect  # boto3 takes a fifth of a second to import

        return connect(*split_s3(address), connection.endpoint_url, connection.profile, connection.region, tell)
    if miswritten := _MISWRITTEN.match(address):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder; did you mean s3://{miswritten['rest']}?")
    if _OTHER_SCHEME.match(address):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder")
    refuse_unused(connection, address)
    if new and Path(address).name == address and not os.path.lexists(address):
        raise UsageError(f"there is no folder '{address}', and a new one is written ./{address}{meant_bucket(address)}")
    from aind_lint.bucket.directory.store import DirectoryStore

    return DirectoryStore(Path(address), new)


def refuse_inside_asset(address: str, asset: Path) -> None:
    """Raise UsageError for a destination inside an asset, be it the one to publish, or where that one lies already.

    Nothing may be added to an asset that is published, and an asset that is being published may not change.
    """
    from aind_lint.bucket.control_objects import DATA_DESCRIPTION

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
