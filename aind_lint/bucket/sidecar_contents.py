"""The contents of the sidecars of one asset in a store, read at the same time when the first one is opened."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import BinaryIO

from aind_lint.bucket.batch_read import ObjectRequest
from aind_lint.bucket.store import Store, StoredObject
from aind_lint.errors import BucketError
from aind_lint.sidecar.reader import MAX_SIZE


class SidecarContents:
    """Opens the files of an asset; sidecars are read together, and kept until the asset is checked.

    A derived asset copies sidecars of its source. Equal size and ETag mean equal content, so that a copy is not read.
    """

    def __init__(
        self,
        store: Store,
        asset: str,
        sidecars: Mapping[str, StoredObject],
        others: SidecarContents | None = None,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            store: The store.
            asset: The name of the asset.
            sidecars: What is read together, by key in the asset, as listed.
            others: Contents of another asset, which may be the same.
        """
        self._store = store
        self._asset = asset
        self._sidecars = sidecars
        self._contents: dict[str, bytes] = {}
        self._problems: dict[str, str] = {}
        self._by_etag: dict[tuple[int, str | None], bytes] = {} if others is None else others._by_etag

    def open(self, key: str) -> BinaryIO:
        """The content of a file of the asset.

        Raises:
            BucketError: It cannot be read.
        """
        stored = self._sidecars.get(key)
        if stored is None or stored.size > MAX_SIZE:
            return self._store.open(f"{self._asset}/{key}")
        if key not in self._contents and key not in self._problems:
            self._read()
        if key in self._problems:
            raise BucketError(f"cannot read {key} of {self._store.url}/{self._asset}: {self._problems[key]}")
        return io.BytesIO(self._contents[key])

    def _read(self) -> None:
        start = len(self._asset) + 1
        wanted = []
        for key, stored in self._sidecars.items():
            if stored.etag and (content := self._by_etag.get((stored.size, stored.etag))) is not None:
                self._contents[key] = content
            elif stored.size <= MAX_SIZE:
                wanted.append(ObjectRequest(stored.key, stored.size, stored.etag))
        for answer in self._store.read_many(wanted):
            key = answer.key[start:]
            if answer.content is None:
                self._problems[key] = answer.reason
                continue
            self._contents[key] = answer.content
            stored = self._sidecars[key]
            if stored.etag:
                self._by_etag[stored.size, stored.etag] = answer.content
