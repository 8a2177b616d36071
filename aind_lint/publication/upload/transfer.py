"""Sending the objects of an attempt: everything that is not there yet, and nothing twice."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from threading import Lock
from typing import Any

from aind_lint.bucket.comparison import listed, matches
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, End, end_key, tag_of
from aind_lint.bucket.destination_state import read_end
from aind_lint.bucket.manifest import Entry
from aind_lint.bucket.store import Body, Store
from aind_lint.errors import ConflictError
from aind_lint.publication.journal import Journal
from aind_lint.publication.plan import Plan
from aind_lint.publication.progress import OnProgress, Progress, ignore_progress
from aind_lint.publication.upload.throttle import RateLimiter, StoppedError, UploadStreamFactory
from aind_lint.publication.upload.worker_pool import BATCH, SMALL, WorkerPool
from aind_lint.storage.sorted_table import merge_join
from aind_lint.system.thread_pool import limit_by_open_files, run_in_threads

#: Seconds for which a look at an attempt is believed. Then it is looked at again before anything more is signed: it may
#: have been abandoned.
FRESH_SECONDS = 60.0

#: Seconds between two reports of progress.
_REPORT_SECONDS = 0.1

#: The most requests of this process under way at once; how many there are depends on how long each takes.
JOBS = 256

#: Open files beside those that are being sent: connections of boto3, pipes, what is kept on disk.
_OTHER_FILES = 96

#: A file with its position in the manifest.
_Row = tuple[int, Entry]

#: By two clocks, of which one stands still while a machine sleeps.
ClockReading = tuple[float, float]


def read_clocks() -> ClockReading:
    """Now."""
    return time.monotonic(), time.time()


def is_fresh(since: ClockReading) -> bool:
    """Whether what was seen then is still believed."""
    return max(now - then for now, then in zip(read_clocks(), since, strict=True)) < FRESH_SECONDS


class ObjectMismatchError(ConflictError):
    """The object of an entry is there and is another one."""

    def __init__(self, entry: Entry, url: str, key: str) -> None:
        super().__init__(f"{url} already holds {key} with other content")
        self.entry = entry


class AttemptEndedError(ConflictError):
    """The attempt has been decided by somebody else while this run was writing it."""


@dataclass(frozen=True)
class TransferOptions:
    """How objects are sent.

    Attributes:
        jobs: The maximum number of concurrent requests of this process.
        max_rate: The maximum number of bytes per second; None is no limit.
        journal: Records which objects are stored; None keeps no record.
        on_progress: Called with the progress.
        pool: Worker processes that send small files; None if there are none.
    """

    jobs: int = JOBS
    max_rate: float | None = None
    journal: Journal | None = None
    on_progress: OnProgress = ignore_progress
    pool: WorkerPool | None = None


class Transfer:
    """The objects of one attempt on their way to one store.

    Attributes:
        objects_sent: How many objects this run stored.
        bytes_sent: How many bytes this run stored.
        objects_found: How many objects of the attempt were there already.
    """

    def __init__(self, plan: Plan, store: Store, attempt: int, looked: ClockReading, options: TransferOptions) -> None:
        """``looked`` is when the attempt was seen to be undecided."""
        self.objects_sent = self.bytes_sent = self.objects_found = 0
        self.outlet = UploadStreamFactory(RateLimiter(options.max_rate), before=self._stay_fresh, count=self._passed)
        self._plan = plan
        self._store = store
        self._attempt = attempt
        self._tag = tag_of(plan.manifest.content_id, attempt)
        self._jobs = limit_by_open_files(options.jobs, files=2, others=_OTHER_FILES)
        self._lock = Lock()
        self._done_bytes = self._passed_bytes = 0
        self._reported = 0.0
        self._looked = looked
        self._on_progress = options.on_progress
        self._journal = options.journal
        self._pool = options.pool

    def send_all(self, resumed: bool) -> None:
        """Send data, then sidecars, which are small and the likeliest to be repaired; data_description is not sent.

        Args:
            resumed: An earlier run may have stored some of it.

        Raises:
            ConflictError: The store holds another object under a key.
            ContentChangedError: A file is not as it was planned.
            BucketError: The store cannot be reached any more.
        """
        listed = self._listed() if resumed else bytearray(len(self._plan.manifest))
        ours = self._journal.open(self._plan.manifest, self._attempt) if self._journal else bytearray(len(listed))
        there = bytearray(known + (known and noted) for known, noted in zip(listed, ours, strict=True))
        sent = bytearray(len(there))
        for rows in (self._data, self._sidecars):
            if self._pool is not None:
                self._send_by_crew(self._pool, rows(), there, sent)
            steps = ((entry, there[place]) for place, entry in rows() if not sent[place])
            run_in_threads(steps, lambda step: self._send(*step), self._jobs, self.outlet.stopping)

    def _send_by_crew(self, crew: WorkerPool, rows: Iterable[_Row], there: bytearray, sent: bytearray) -> None:
        """Have small files sent of which nothing is known to be there, and note in ``sent`` which are dealt with."""

        def put(errand: list[_Row]) -> dict[str, Any]:
            delegation = self._store.delegation()
            return {
                "asset": self._plan.name,
                "tag": self._tag,
                "delegation": delegation and asdict(delegation),
                "until": [since + FRESH_SECONDS for since in self._looked],
                "files": [entry for _, entry in errand],
            }

        def hear(errand: list[_Row], done: list[bool]) -> None:
            left = []
            for (place, entry), is_sent in zip(errand, done, strict=True):
                if is_sent:
                    self._passed(entry.size)
                    self._note(entry, sent=True)
                else:
                    left.append((entry, 0))
                sent[place] = 1
            if left:
                # By both threads that hear, beside the hands: of what may be under way these have half.
                with suppress(StoppedError):  # whoever stopped the run says why
                    run_in_threads(left, lambda step: self._send(*step), max(self._jobs // 4, 1), self.outlet.stopping)

        small = (row for row in rows if row[1].size <= SMALL and not there[row[0]])
        if self._store.delegation() is None:
            # If another run began it, nothing was written yet, and the first reply shows what the server compares.
            for place, entry in islice(small, 1):
                self._send(entry, 0)
                sent[place] = 1
        if self._store.delegation() is not None:
            crew.work(self._errands(small), put, hear, self.outlet.stopping)

    def _errands(self, rows: Iterator[_Row]) -> Iterator[list[_Row]]:
        while errand := list(islice(rows, BATCH)):
            self.outlet.before()
            yield errand

    def send(self, key: str) -> None:
        """Send one object, the last, after the decision to commit: nothing can end the attempt any more.

        The decision may be minutes old by now, since a million objects take that long to list.
        """
        entry, place = self._plan.manifest[key], f"{self._plan.name}/{key}"
        body = self._plan.body(entry)
        self._settle(entry, body, self._store.create(place, body))
        self._report()

    def _data(self) -> Iterable[_Row]:
        last = {*self._plan.asset.sidecar_keys, DATA_DESCRIPTION}
        return ((place, entry) for place, entry in enumerate(self._plan.manifest) if entry.key not in last)

    def _sidecars(self) -> Iterator[_Row]:
        manifest = self._plan.manifest
        for key in self._plan.asset.sidecar_keys:
            if key != DATA_DESCRIPTION:
                yield manifest.index(key), manifest[key]

    def _listed(self) -> bytearray:
        """By position, 1 for the keys that are there with the planned size, whose content is still to be compared."""
        found = bytearray()
        for planned, stored in merge_join(
            self._plan.manifest.rows.rows(), listed(self._store, self._plan.name, self._plan.manifest.branches).rows()
        ):
            if planned is not None:
                found.append(stored is not None and stored[1] == planned[1])
        return found

    def _send(self, entry: Entry, there: int) -> None:
        """Send one object unless it is there: 0 is not known to be, 1 is probably, 2 was stored by ourselves."""
        key = f"{self._plan.name}/{entry.key}"
        body = None if there == 2 else self._plan.body(entry)
        if body is None or (there and matches(self._store, key, entry, body)):
            self._count(entry, sent=False)
            return
        trail = self._journal.trail(entry.key) if self._journal and body.parts else None
        self.outlet.before()  # to begin an upload in parts is a write too
        self._settle(entry, body, self._store.upload(key, self.outlet.through(body), self._tag, trail))

    def _settle(self, entry: Entry, body: Body, created: bool) -> None:
        """Note an object that was stored, or whose key is taken by an equal one."""
        key = f"{self._plan.name}/{entry.key}"
        # Taken: by our own request whose reply was lost, by an equal publication, or by something else.
        if not created and not matches(self._store, key, entry, body):
            raise ObjectMismatchError(entry, self._store.url, key)
        self._note(entry, sent=created)

    def _note(self, entry: Entry, sent: bool) -> None:
        """Note that an object is stored, by this run or another."""
        if self._journal:
            self._journal.add(entry, self._store.proof)
        self._count(entry, sent)

    def _count(self, entry: Entry, sent: bool) -> None:
        with self._lock:
            if sent:
                self.objects_sent += 1
                self.bytes_sent += entry.size
            else:
                self.objects_found += 1
            self._done_bytes += entry.size
            due = self._is_due()
        if due:
            self._report()

    def _passed(self, size: int) -> None:
        self._passed_bytes += size
        if size >= 1 << 20 or self._passed_bytes % (1 << 24) < size:
            with self._lock:
                due = self._is_due()
            if due:
                self._report()

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now - self._reported < _REPORT_SECONDS:
            return False
        self._reported = now
        return True

    def _report(self) -> None:
        manifest = self._plan.manifest
        size = min(max(self._done_bytes, self._passed_bytes), manifest.size)
        self._on_progress(
            Progress("sending", self.objects_sent + self.objects_found, size, len(manifest), manifest.size)
        )

    def _stay_fresh(self) -> None:
        """Look at the attempt again after a minute, or after a sleep of the machine, before anything more is sent."""
        if is_fresh(self._looked):
            return
        now = read_clocks()
        refuse_decided(self._store, self._plan, self._attempt)
        self._looked = now


def refuse_decided(store: Store, plan: Plan, attempt: int) -> None:
    """Raise DecidedError if somebody has ended the attempt."""
    if store.head(f"{plan.name}/{end_key(attempt)}") is not None:
        raise decided(plan, read_end(store, plan.name, attempt))


def decided(plan: Plan, end: End) -> AttemptEndedError:
    """What it means that an attempt was decided by somebody else."""
    if end.outcome == "commit":
        return AttemptEndedError(f"another run has committed {plan.name} meanwhile")
    return AttemptEndedError(f"this publication of {plan.name} was {end.outcome} meanwhile; nothing more was sent")
