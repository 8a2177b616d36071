"""The listing of a bucket: LIST requests, one after the other or in parallel, each page checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from aind_lint.bucket.manifest import PAGE_SIZE
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.parallel_listing import Row, check_page, list_in_parallel, rows_of
from aind_lint.bucket.s3.s3_errors import not_s3_error
from aind_lint.bucket.s3.unexpected_responses import PageSequence, UnexpectedResponseError
from aind_lint.bucket.store import StoredObject
from aind_lint.system.concurrency_limits import FAR_SECONDS


class BucketListing:
    """Lists the keys of one bucket below a prefix."""

    def __init__(self, client: BucketClient, root: str) -> None:
        """List with a client; ``root`` is the beginning of every key, which is left out of what is listed."""
        self._client = client
        self._root = root

    def scan(self, prefix: str, limit: int | None = None, boundaries: Sequence[str] = ()) -> Iterator[StoredObject]:
        """The objects below ``prefix``; the parameters are those of `Store.scan`."""
        start = self._root + prefix
        if boundaries and limit is None and self._client.min_latency > FAR_SECONDS:
            parts = list_in_parallel(self._page, start, [self._root + key for key in boundaries])
        else:
            arguments: dict[str, int] = {"MaxKeys": min(limit, PAGE_SIZE)} if limit else {}
            parts = map(rows_of, self._pages(Prefix=start, **arguments))
        return islice((stored for rows in parts for stored in self._objects(rows)), limit)

    def scan_level(self, prefix: str) -> tuple[list[str], list[StoredObject]]:
        """The folders and the objects directly below ``prefix``; see `Store.scan_level`."""
        start = self._root + prefix
        folders: list[str] = []
        objects: list[StoredObject] = []
        for page in self._pages(Prefix=start, Delimiter="/"):
            folders += (item["Prefix"][len(start) :].rstrip("/") for item in page.get("CommonPrefixes", []))
            objects += (stored for stored in self._objects(rows_of(page)) if stored.key != prefix)
        return sorted(folders), sorted(objects, key=lambda stored: stored.key)

    def _objects(self, rows: Iterable[Row]) -> Iterator[StoredObject]:
        skipped = len(self._root)
        for key, size, etag, modified, storage_class in rows:
            yield StoredObject(key[skipped:], size, etag=etag, modified_ms=modified, storage_class=storage_class)

    def _pages(self, **arguments: Any) -> Iterator[Any]:
        sequence = PageSequence()
        while True:
            page = self._page(sequence, **arguments)
            yield page
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def _page(self, sequence: PageSequence, **arguments: Any) -> Any:
        bucket = self._client.bucket
        page = self._client.call("list", lambda s3: s3.list_objects_v2(Bucket=bucket, **arguments))
        try:
            check_page(page, arguments["Prefix"], sequence)
        except UnexpectedResponseError as error:
            raise not_s3_error(self._client.url, str(error)) from None
        return page
