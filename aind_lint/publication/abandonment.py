"""Removing what an interrupted publication has left: the only thing that deletes, and only what was never committed.

The attempt is first decided as abandoned, so that it can never be committed. Then everything that its uploader could
still send is waited out, and only then the attempt's own objects are removed, each by its version.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aind_lint.asset.indexer_keys import is_indexer_key
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import (
    DATA_DESCRIPTION,
    AttemptOutcome,
    Claim,
    End,
    attempt_tag,
    closed_key,
    encode,
    end_key,
)
from aind_lint.bucket.destination.comparison import list_stored
from aind_lint.bucket.destination.destination_state import read_attempts, read_claim, read_end, read_manifest
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.retry import OnMessage
from aind_lint.bucket.store import Store, StoredObject
from aind_lint.errors import BucketError, ConflictError, NoAssetError
from aind_lint.publication.condition_probe import probe_conditions

#: The attempt is listed at most this often until nothing of it is left.
_MAX_LISTINGS = 10


@dataclass(frozen=True)
class AbandonResult:
    """What was removed.

    Attributes:
        asset: The asset's name.
        attempt: The number of the ended attempt.
        removed: How many objects were removed.
        size: Their bytes.
        uploads: How many multipart uploads were aborted.
        kept: Keys of objects that stay, because this tool did not store them.
    """

    asset: str
    attempt: int
    removed: int = 0
    size: int = 0
    uploads: int = 0
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unfinished:
    """An attempt that can be abandoned.

    Attributes:
        attempt: Its number.
        claim: Its claim, with the run that started it.
    """

    attempt: int
    claim: Claim


def find_unfinished(store: Store, asset: str) -> Unfinished | None:
    """The attempt to abandon; None when the last one is over already.

    Raises:
        NoAssetError: No publication of the asset was started.
        ConflictError: It is published, decided to be, or superseded; nothing of it may be removed.
    """
    attempts = read_attempts(store, asset)
    if store.head(f"{asset}/{DATA_DESCRIPTION}") is not None:
        raise ConflictError(f"{asset} is published in {store.url}; published assets are never removed")
    if not attempts:
        raise NoAssetError(f"{store.url} holds no unfinished publication of {asset}")
    last = max(attempts)
    end = read_end(store, asset, last) if "end" in attempts[last] else None
    if end is not None and end.outcome is AttemptOutcome.COMMIT:
        raise ConflictError(
            f"the publication of {asset} in {store.url} is decided and only has to be finished: publish it again; "
            "if an object with other content blocks this, the bucket owner has to remove it first"
        )
    if end is not None and end.outcome is AttemptOutcome.SUPERSEDED:
        raise superseded_error(asset, store.url)
    if "closed" in attempts[last]:
        return None
    return Unfinished(last, read_claim(store, asset, last))


def superseded_error(asset: str, url: str) -> ConflictError:
    """The error for an attempt whose objects belong to the next one, which may be about to begin."""
    return ConflictError(
        f"the publication of {asset} in {url} was superseded, and its objects belong to the next one; nothing was "
        "removed. Publish the asset to finish it; if that publication is interrupted, it can be abandoned"
    )


def abandon(
    store: Store,
    asset: str,
    attempt: int,
    wait: float = 0.0,
    on_message: OnMessage = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> AbandonResult:
    """End an attempt for good and remove what it has stored.

    Args:
        store: The destination.
        asset: The asset's name.
        attempt: The attempt, as `find_unfinished` found it.
        wait: Seconds to wait at least; never less than the store's `max_write_delay`.
        on_message: Called with one line of text about each wait.
        sleep: Waits.

    Raises:
        ConflictError: It was committed meanwhile, or its uploader is at work here.
        BucketError: The store cannot be reached, or removed objects reappear.
    """
    with store.removal_lock(asset):
        run = _Abandonment(store, asset, attempt, on_message)
        run.decide()
        uploads = run.abort_uploads()
        run.wait_for_late_requests(max(wait, store.max_write_delay), sleep)
        uploads += run.abort_uploads()
        return run.remove(uploads)


class _Abandonment:
    def __init__(self, store: Store, asset: str, attempt: int, on_message: OnMessage) -> None:
        self.store = store
        self.asset = asset
        self.attempt = attempt
        self.on_message = on_message

    def decide(self) -> None:
        content_id = probe_conditions(self.store, self.asset, self.attempt).content_id
        end = Body.of_bytes(encode(End(AttemptOutcome.ABANDONED, content_id)))
        if not self.store.create(f"{self.asset}/{end_key(self.attempt)}", end):
            existing = read_end(self.store, self.asset, self.attempt)
            if existing.outcome is AttemptOutcome.COMMIT:
                raise ConflictError(f"{self.asset} was committed a moment ago; nothing was removed")
            if existing.outcome is AttemptOutcome.SUPERSEDED:
                raise superseded_error(self.asset, self.store.url)

    def abort_uploads(self) -> int:
        aborted = 0
        for _ in range(_MAX_LISTINGS):
            start = len(self.asset) + 1
            uploads = [one for one in self.store.list_uploads(f"{self.asset}/") if not is_indexer_key(one.key[start:])]
            if not uploads:
                return aborted
            for upload in uploads:
                self.store.abort_upload(upload)
            aborted += len(uploads)
        raise BucketError(
            f"uploads to {self.asset} in {self.store.url} keep appearing: the publishing program is still running"
        )

    def wait_for_late_requests(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Wait until nothing that was signed before the decision can be obeyed any more."""
        left = seconds - self.store.age(f"{self.asset}/{end_key(self.attempt)}") if seconds else 0
        while left > 0:
            self.on_message(
                f"waiting for requests of the uploader that may still be under way: {left / 60:.0f} min left"
            )
            pause = min(left, 60.0)
            sleep(pause)
            left -= pause

    def remove(self, uploads: int) -> AbandonResult:
        manifests = self._manifests()
        removed = size = 0
        for _ in range(_MAX_LISTINGS):
            found = False
            for stored in self._objects_of_attempt(manifests):
                found = True
                if self.store.remove(stored):
                    removed += 1
                    size += stored.size
            if not found:
                break
        else:
            raise BucketError(
                f"objects of {self.asset} in {self.store.url} keep appearing: the publishing program is still running"
            )
        kept = tuple(self._data())
        closed = Body.of_bytes(b'{"format_version": 1}\n')
        self.store.create(f"{self.asset}/{closed_key(self.attempt)}", closed)
        return AbandonResult(self.asset, self.attempt, removed, size, uploads, kept)

    def _manifests(self) -> dict[str, Manifest]:
        """By tag, what each attempt was going to store; an attempt goes on with what those before it have stored."""
        found = {}
        for number, kinds in read_attempts(self.store, self.asset).items():
            if number <= self.attempt and "manifest" in kinds:  # of a closed one too: something may have come late
                manifest = read_manifest(self.store, self.asset, number)
                found[attempt_tag(manifest.content_id, number)] = manifest
        return found

    def _data(self) -> Iterator[str]:
        """The keys that are there now, wholly listed before the first is given, since they may be removed."""
        return (
            key
            for key in list_stored(self.store, self.asset).objects
            if not is_indexer_key(key) and key != DATA_DESCRIPTION
        )

    def _objects_of_attempt(self, manifests: dict[str, Manifest]) -> Iterator[StoredObject]:
        """The objects that carry an attempt's tag, under a key and with the content that its manifest names."""
        for key in self._data():
            stored = self.store.head(f"{self.asset}/{key}")
            manifest = manifests.get(stored.tag or "") if stored else None
            entry = manifest.get(key) if manifest else None
            if stored is None or entry is None or stored.size != entry.size:
                continue
            if stored.crc64nvme in (None, entry.crc64nvme):
                yield stored
