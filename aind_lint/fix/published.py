"""What must not be changed: published assets, and files that are no sidecars."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from aind_lint.asset.discovery import owner_of_sidecar
from aind_lint.asset.indexer_keys import INDEXER_FILE, INDEXER_FOLDER, is_indexer_key
from aind_lint.asset.listing.entry_kind import is_link
from aind_lint.asset.listing.folder_scan import named_path, scan_folder
from aind_lint.asset.listing.listing import Listing
from aind_lint.bucket.address import is_s3
from aind_lint.errors import UsageError
from aind_lint.sidecar.misnamed import intended_sidecar
from aind_lint.text.separators import native_path

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


def owner_to_fix(sidecar: Path) -> Path | None:
    """The asset of a sidecar that is fixed by itself; None for a sidecar outside any asset.

    Raises:
        UsageError: The file is no sidecar at the root of its asset, or a folder cannot be read.
    """
    path, owner = named_path(sidecar), owner_of_sidecar(sidecar)
    is_sidecar = path.suffix.lower() == ".json" or intended_sidecar(path.name) is not None
    if not is_sidecar or owner not in (None, path.parent):
        raise UsageError(
            f"{sidecar} is not a sidecar at the root of an asset; name a sidecar (.json), the folder of an asset, or a "
            "folder of assets"
        )
    return owner


def is_sidecar_to_fix(sidecar: Path) -> bool:
    """Whether ``aind-lint fix`` changes a sidecar by itself, as far as it and the folder around it show."""
    try:
        if is_link(named_path(sidecar).lstat()):
            return False
        owner = owner_to_fix(sidecar)
        return owner is None or reason_not_to_fix(scan_folder(owner, depth=2)) is None
    except (UsageError, OSError):
        return False  # `fix` reports the reason


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
    return f"{asset} is published in {native_path(where)}. {_NEXT}"


def refusal_by_receipt(asset: str, where: str) -> str:
    """The message about an asset that this computer has published: perhaps only as a trial."""
    return (
        f"{refusal_of_published(asset, where)}. If that was a trial, and you will publish the asset elsewhere, name "
        "that bucket: --bucket s3://…"
    )
