"""Assets that must not be changed any more, because they are published."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from aind_lint.asset.indexer_keys import INDEXER_FILE, INDEXER_FOLDER, is_indexer_key
from aind_lint.asset.listing.listing import Listing
from aind_lint.bucket.address import is_s3

_CONTROL_FOLDER = ".aind-lint"
_NEXT = "A published asset never changes. Correct its source, and publish it as a new asset"


def reason_not_to_fix(listing: Listing) -> str | None:
    """Why an asset is, or is a copy of, a published one; None if nothing in it shows that."""
    if listing.address.startswith("s3://"):
        return f"{listing.address} is in a bucket. {_NEXT}"
    shown = next((folder for folder in listing.folders if folder.casefold() == _CONTROL_FOLDER), None)
    indexer_keys = (INDEXER_FILE, *listing.key_index.keys_below(INDEXER_FOLDER))
    shown = shown or next((key for key in indexer_keys if key in listing.files and is_indexer_key(key)), None)
    return shown and f"{listing.name} contains {shown}, as only published assets do. {_NEXT}"


def receipt_of(asset: str, receipts: Path) -> str | None:
    """Where this computer has published an asset, as its receipts show; None if it has not.

    A folder used as a bucket, as the demo does, may have been removed since.
    """
    with suppress(OSError):
        for path in sorted(receipts.iterdir()):
            if path.name.startswith(f"{asset}.") and path.suffix == ".json":
                with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
                    receipt = json.loads(path.read_bytes())
                    where = str(receipt["destination"])
                    is_published = receipt["state"] in ("published", "already published")
                    if receipt["asset"] == asset and is_published and (is_s3(where) or (Path(where) / asset).is_dir()):
                        return where
    return None


def refusal_of_published(asset: str, where: str) -> str:
    """The message about an asset that is published somewhere."""
    return f"{asset} is published in {where}. {_NEXT}"


def refusal_by_receipt(asset: str, where: str) -> str:
    """The message about an asset that this computer has published: perhaps only as a trial."""
    return (
        f"{refusal_of_published(asset, where)}. If that was a trial, and you will publish the asset elsewhere, name "
        "that bucket: --bucket s3://…"
    )
