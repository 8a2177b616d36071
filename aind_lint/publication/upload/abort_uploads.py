"""Abort leftover multipart uploads: created by a request whose response was lost, or by a run that was killed.

They use storage and are not part of an asset. Once every key of an asset is stored, none of them is needed.
"""

from __future__ import annotations

from aind_lint.bucket.body import part_size
from aind_lint.bucket.control_objects import is_control_key
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import MultipartUpload, Store

#: How often the uploads are listed until there are none: another publisher of equal content can create one meanwhile.
_MAX_ROUNDS = 3


def open_uploads(store: Store, manifest: Manifest) -> list[MultipartUpload]:
    """The unfinished uploads to keys of an asset; no request is made if the asset has no large object.

    Raises:
        BucketError: They cannot be listed.
    """
    if not any(entry.size > part_size(entry.size) for entry in manifest):
        return []
    start = len(manifest.asset) + 1
    uploads = store.list_uploads(f"{manifest.asset}/")
    # The completion of an upload to the claim's key is tested before large objects are sent.
    return [one for one in uploads if manifest.index(one.key[start:]) >= 0 or is_control_key(one.key[start:])]


def abort_uploads(store: Store, manifest: Manifest) -> None:
    """Abort the unfinished uploads to keys of an asset that are all stored.

    Raises:
        BucketError: They cannot be listed or aborted.
    """
    for _ in range(_MAX_ROUNDS):
        found = open_uploads(store, manifest)
        if not found:
            return
        for upload in found:
            store.abort_upload(upload)
