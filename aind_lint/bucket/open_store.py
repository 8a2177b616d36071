"""Opening the store at an address: S3, or a folder that serves as a bucket."""

from __future__ import annotations

import os
import re
from pathlib import Path

from aind_lint.asset.listing.folder_scan import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.bucket.address import Connection, is_s3, refuse_unused, split_s3, suggest_bucket
from aind_lint.bucket.retry import OnMessage
from aind_lint.bucket.store import Store
from aind_lint.errors import UsageError

_MISWRITTEN = re.compile(r"s3:/*(?P<rest>.*)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # two letters or more: C:/ is a drive


def open_store(
    address: str, connection: Connection = Connection(), new: bool = False, on_retry: OnMessage = lambda text: None
) -> Store:
    """The store at an address: ``s3://bucket``, or a folder that serves as a bucket.

    Args:
        address: The address.
        connection: How to connect to S3.
        new: Whether a folder need not exist if its parent does; the first write creates it. A single word must be an
            existing folder, because it can also be a bucket without ``s3://``.
        on_retry: Called with a line of text for every request that is tried again.

    Raises:
        UsageError: The address is neither a bucket nor a folder, or ``connection`` is set for a folder.
    """
    if not address:
        raise UsageError("the address of the bucket is empty")
    if is_s3(address):
        from aind_lint.bucket.s3.store import connect  # boto3 takes 0.2 s to import

        return connect(*split_s3(address), connection, on_retry)
    if miswritten := _MISWRITTEN.match(address):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder; did you mean s3://{miswritten['rest']}?")
    if address.startswith("arn:"):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder; did you mean s3://{address}?")
    if _OTHER_SCHEME.match(address):
        raise UsageError(f"'{address}' is neither s3://bucket nor a folder")
    refuse_unused(connection, address)
    if new and Path(address).name == address and not os.path.lexists(address):
        raise UsageError(f"there is no folder '{address}'; to create it, write ./{address}{suggest_bucket(address)}")
    from aind_lint.bucket.directory.store import DirectoryStore

    return DirectoryStore(Path(address), new)


def refuse_inside_asset(address: str, asset: Path) -> None:
    """Refuse a destination that is inside an asset, or that already contains the folder to publish.

    Nothing may be added to a published asset, and an asset must not change while it is published.

    Raises:
        UsageError: The destination is such a folder or prefix.
    """
    from aind_lint.bucket.control_objects import DATA_DESCRIPTION

    if is_s3(address):
        within = [part for part in split_s3(address)[1].split("/") if parse_name(part).form is not None]
    else:
        root = Path(address).resolve()
        if (root / named_path(asset).name).resolve() == asset.resolve():
            raise UsageError(f"{asset} is already in {address}; publish it to another folder")
        within = [root.name] if parse_name(root.name).form is not None else []
        within += [folder.name for folder in (root, *root.parents) if os.path.lexists(folder / DATA_DESCRIPTION)]
    if within:
        raise UsageError(f"{address} is inside the asset {within[0]}; name the bucket or folder that contains assets")
