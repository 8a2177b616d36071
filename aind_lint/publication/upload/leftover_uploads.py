"""Uploads in parts that nobody will complete: begun by a request whose reply was lost, or by a run that died.

They take room and are no part of an asset. Once every key of an asset is stored, none of them can be of use any more.
"""

from __future__ import annotations

from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import MultipartUpload, Store, part_size

#: How often the uploads are listed until there are none: another publisher of equal content may just begin one.
_ROUNDS = 3


def open_uploads(store: Store, manifest: Manifest) -> list[MultipartUpload]:
    """The unfinished uploads to keys of an asset; asks only if it has objects that are sent in parts.

    Raises:
        BucketError: They cannot be listed.
    """
    if not any(entry.size > part_size(entry.size) for entry in manifest):
        return []
    start = len(manifest.asset) + 1
    return [upload for upload in store.list_uploads(f"{manifest.asset}/") if manifest.index(upload.key[start:]) >= 0]


def end_uploads(store: Store, manifest: Manifest) -> None:
    """Abort the unfinished uploads to keys of an asset that are all stored.

    Raises:
        BucketError: They cannot be listed or aborted.
    """
    for _ in range(_ROUNDS):
        found = open_uploads(store, manifest)
        if not found:
            return
        for upload in found:
            store.abort_upload(upload)
