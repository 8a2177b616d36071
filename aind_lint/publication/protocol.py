"""The publication protocol: look, claim, send, verify, decide, commit, confirm.

An asset exists when its ``data_description.json`` does; that is written last, and only after the decision to commit
has been recorded. Nothing is ever replaced, so two publishers cannot harm each other: of two contents exactly one is
claimed, and equal content is finished by whoever gets there.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event
from typing import BinaryIO, cast

from aind_lint.asset.listing import FileStat
from aind_lint.asset.manifest import Entry, Manifest
from aind_lint.bucket.control import DATA_DESCRIPTION, Claim, End, claim_key, encode, end_key, manifest_key
from aind_lint.bucket.holding import (
    Holding,
    compare_content,
    compare_listing,
    find_holding,
    matches,
    read_claim,
    read_end,
)
from aind_lint.bucket.store import Body, ContentChangedError, Store
from aind_lint.errors import BucketError, ConflictError
from aind_lint.publication.plan import OnBytes, Plan

#: Objects sent at once, and those that wait for their turn in memory.
_TRANSFERS = 16
_WAITING = 64


@dataclass(frozen=True)
class Commit:
    """A publication that stands.

    Attributes:
        attempt: The number of the attempt in the bucket.
        already: Whether the content was there before this run.
        objects_sent: How many objects this run stored, control objects not counted.
        bytes_sent: How many bytes this run stored.
    """

    attempt: int
    already: bool
    objects_sent: int = 0
    bytes_sent: int = 0


def commit_plan(
    plan: Plan,
    store: Store,
    claim: Claim,
    relist: Callable[[], dict[str, FileStat]],
    on_bytes: OnBytes | None = None,
) -> Commit:
    """Publish what is planned, or finish what an interrupted run began.

    Args:
        plan: What to publish.
        store: Where to.
        claim: The claim to make if nobody has made one.
        relist: Lists the local files again, to see before the commit that nothing has changed.
        on_bytes: Told how many bytes are stored.

    Raises:
        ConflictError: The destination holds something else, or what it holds is not what was sent.
        ContentChangedError: A local file changed since the plan.
        BucketError: The destination cannot be read or written; running again resumes.
    """
    holding = find_holding(store, plan.name, lambda: plan.manifest)
    if holding.state == "same":
        return Commit(holding.attempt, already=True)
    refuse_conflict(holding, plan.name, store.url)
    try:
        return _Publication(plan, store, holding, on_bytes).run(claim, relist)
    except ContentChangedError:
        raise
    except ConflictError as error:
        # Another publisher of equal content may have finished meanwhile, and our own commit is no conflict. The look
        # compares sizes, so an object that was seen to be another one must be a sidecar that the indexer rewrote.
        holding = find_holding(store, plan.name, lambda: plan.manifest)
        suspects = Manifest.of(plan.name, [error.entry] if isinstance(error, _OtherContentError) else [])
        if holding.state == "same" and not compare_content(suspects, store, plan.name):
            return Commit(holding.attempt, already=True)
        raise


def refuse_conflict(holding: Holding, name: str, url: str) -> None:
    """Raise ConflictError unless the destination is free for this content or holds it already, wholly or in part."""
    if holding.state == "different":
        shown = "; ".join(str(difference) for difference in holding.differences[:5])
        raise ConflictError(f"{url} already holds {name} with other content: {shown}")
    if holding.state == "foreign":
        raise ConflictError(f"{url} already holds files under {name}/ that this tool did not put there")
    if holding.state == "partial" and not holding.ours:
        since = f", begun at {holding.claim.time}" if holding.claim else ""
        raise ConflictError(
            f"{url} holds an unfinished publication of {name} with other content{since}; "
            "let whoever began it finish it, or restore that content and publish again"
        )


class _OtherContentError(ConflictError):
    """The object of an entry is there and is another one."""

    def __init__(self, entry: Entry, url: str, key: str) -> None:
        super().__init__(f"{url} already holds {key} with other content")
        self.entry = entry


class _StoppedError(BaseException):
    """A transfer ends because the run does; no retry may catch it."""


class _Stoppable(io.BufferedIOBase):
    """A stream that ends with `_StoppedError` once the run is stopping."""

    def __init__(self, stream: BinaryIO, stopping: Event) -> None:
        self._stream = stream
        self._stopping = stopping

    def read(self, size: int | None = -1) -> bytes:
        if self._stopping.is_set():
            raise _StoppedError
        return self._stream.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Publication:
    """One run of the protocol after the look."""

    def __init__(self, plan: Plan, store: Store, holding: Holding, on_bytes: OnBytes | None) -> None:
        self.plan = plan
        self.store = store
        self.attempt = holding.attempt
        self.resumed = holding.state == "partial"
        self.on_bytes = on_bytes
        self.stopping = Event()
        self.objects_sent = 0
        self.bytes_sent = 0

    def run(self, claim: Claim, relist: Callable[[], dict[str, FileStat]]) -> Commit:
        self._claim(claim)
        first, last = self._order()
        present = self._present() if self.resumed else set()
        self._send(first, present)
        self._send(last, present)
        self._verify()
        if changed := self.plan.changed(relist()):
            raise ContentChangedError(f"{changed[0]} changed since it was checked; the asset was not committed")
        self._decide()
        self._put(DATA_DESCRIPTION)
        self._verify(committed=True)
        return Commit(self.attempt, False, self.objects_sent, self.bytes_sent)

    def _key(self, key: str) -> str:
        return f"{self.plan.name}/{key}"

    def _claim(self, claim: Claim) -> None:
        key = self._key(claim_key(self.attempt))
        if not self.resumed and not self.store.create(key, Body.of_bytes(encode(claim))):
            standing = read_claim(self.store, self.plan.name, self.attempt)
            if standing.content_id != claim.content_id:
                raise ConflictError(
                    f"another publication of {self.plan.name} with other content began at {standing.time}; "
                    "nothing of this one was stored"
                )
            self.resumed = True
        manifest = self.plan.manifest.to_bytes()
        key = self._key(manifest_key(self.attempt))
        if not self.store.create(key, Body.of_bytes(manifest)):
            with self.store.open(key) as stream:
                if stream.read() != manifest:
                    raise BucketError(f"{key} is not the manifest that its claim promises")

    def _order(self) -> tuple[list[Entry], list[Entry]]:
        """Data, then sidecars, which are small and the likeliest to be repaired; data_description is not among them."""
        sidecars = set(self.plan.asset.sidecar_keys)
        entries = [entry for entry in self.plan.manifest.entries if entry.key != DATA_DESCRIPTION]
        return [e for e in entries if e.key not in sidecars], [e for e in entries if e.key in sidecars]

    def _present(self) -> set[str]:
        """What an earlier run stored: keys with the planned size, whose content is still to be compared."""
        start = len(self.plan.name) + 1
        planned = self.plan.manifest.by_key
        keys = ((stored.key[start:], stored.size) for stored in self.store.scan(f"{self.plan.name}/"))
        return {key for key, size in keys if key in planned and planned[key].size == size}

    def _send(self, entries: list[Entry], present: set[str]) -> None:
        coming = iter(entries)
        tasks: dict[Future[bool], Entry] = {}
        with ThreadPoolExecutor(_TRANSFERS) as pool:
            try:
                while True:
                    for entry in islice(coming, _WAITING - len(tasks)):
                        tasks[pool.submit(self._send_one, entry, entry.key in present)] = entry
                    if not tasks:
                        break
                    for task in wait(tasks, return_when=FIRST_COMPLETED).done:
                        entry = tasks.pop(task)
                        if task.result():
                            self._count(entry)
            except BaseException:
                # What is under way stops at its next read, so that an interrupt need not wait for large files.
                self.stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _send_one(self, entry: Entry, probably_there: bool) -> bool:
        """Store one object unless it is there; True when this call stored it."""
        key = self._key(entry.key)
        if probably_there and matches(self.store, key, entry):
            return False
        if self.store.create(key, self._stoppable(self.plan.body(entry))):
            return True
        # Taken: by our own request whose reply was lost, by an equal publication, or by something else.
        if not matches(self.store, key, entry):
            raise _OtherContentError(entry, self.store.url, key)
        return False

    def _stoppable(self, body: Body) -> Body:
        def open_stoppable() -> BinaryIO:
            return cast(BinaryIO, _Stoppable(body.open(), self.stopping))

        return replace(body, open=open_stoppable)

    def _count(self, entry: Entry) -> None:
        self.objects_sent += 1
        self.bytes_sent += entry.size
        if self.on_bytes:
            self.on_bytes(self.bytes_sent)

    def _put(self, key: str) -> None:
        entry = self.plan.manifest.by_key[key]
        if self._send_one(entry, probably_there=False):
            self._count(entry)

    def _verify(self, committed: bool = False) -> None:
        differences = compare_listing(self.plan.manifest, self.store, self.plan.name)
        # Once committed, keys that the manifest does not name are no part of the asset and nothing of ours.
        differences = [d for d in differences if (d.kind != "extra" if committed else d.key != DATA_DESCRIPTION)]
        if differences:
            when = "after" if committed else "before"
            shown = "; ".join(str(difference) for difference in differences[:5])
            raise ConflictError(f"{self.store.url} does not hold what was sent ({when} the commit): {shown}")

    def _decide(self) -> None:
        sidecar = self.plan.asset.sidecar(DATA_DESCRIPTION)
        assert sidecar is not None
        content_id = self.plan.manifest.content_id
        end = End.commit(content_id, sidecar.raw)
        if not self.store.create(self._key(end_key(self.attempt)), Body.of_bytes(encode(end))):
            standing = read_end(self.store, self.plan.name, self.attempt)
            if (standing.outcome, standing.content_id) != ("commit", content_id):
                raise ConflictError(f"this publication of {self.plan.name} was {standing.outcome} meanwhile")
