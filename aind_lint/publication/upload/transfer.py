"""Send the objects of an attempt that the store does not have yet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from itertools import islice
from threading import Event, Lock

from aind_lint.bucket.body import Body, part_size
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, AttemptOutcome, End, attempt_tag, end_key
from aind_lint.bucket.destination.comparison import find_match, list_stored
from aind_lint.bucket.destination.destination_state import read_end
from aind_lint.bucket.destination.stored_etags import StoredEtags
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.store import Store, UploadResult, UploadTask
from aind_lint.bucket.upload_control import Deadline, UploadControl
from aind_lint.errors import ConflictError
from aind_lint.publication.journal import Journal
from aind_lint.publication.plan import Plan
from aind_lint.publication.progress import OnProgress, Progress, ignore_progress
from aind_lint.storage.sorted_table import merge_join
from aind_lint.system.concurrency_limits import MAX_REQUESTS, MAX_THREADS, limit_by_open_files
from aind_lint.system.thread_pool import run_in_threads

#: Seconds for which an inspection of the attempt may be used. After that, and before the next request is signed, this
#: run checks again that the attempt is undecided: it may have been abandoned.
MAX_INSPECTION_AGE = 60.0

#: Seconds between two reports of progress.
_REPORT_SECONDS = 0.1

#: A file with its position in the manifest.
_Row = tuple[int, ManifestEntry]

#: A monotonic clock, which can stand still while the machine sleeps, and the system clock.
ClockReading = tuple[float, float]


def read_clocks() -> ClockReading:
    """The current time."""
    return time.monotonic(), time.time()


def is_fresh(since: ClockReading) -> bool:
    """Whether an observation made then may still be used."""
    monotonic, wall = since
    return time.monotonic() - monotonic < MAX_INSPECTION_AGE and time.time() - wall < MAX_INSPECTION_AGE


class ObjectState(IntEnum):
    """What is known of an object of the attempt."""

    UNKNOWN = 0
    #: A LIST shows its key and size, or a request found its key taken: its content is still to be compared.
    LISTED = 1
    #: An earlier run on this machine recorded that it is stored, and a LIST shows the recorded ETag.
    STORED = 2
    #: This run is done with it.
    DONE = 3


class ObjectMismatchError(ConflictError):
    """The store has another object under the key of an entry."""

    def __init__(self, entry: ManifestEntry, url: str, key: str) -> None:
        super().__init__(f"{url} already holds {key} with other content")
        self.entry = entry


class AttemptEndedError(ConflictError):
    """Another program has decided the attempt while this run was writing it."""


@dataclass(frozen=True)
class TransferOptions:
    """How objects are sent.

    Attributes:
        jobs: The maximum number of concurrent requests; None depends on the distance of the server.
        max_rate: The maximum number of bytes per second; None is no limit.
        journal: Records which objects are stored; None keeps no record.
        on_progress: Called with the progress.
    """

    jobs: int | None = None
    max_rate: float | None = None
    journal: Journal | None = None
    on_progress: OnProgress = ignore_progress


class Transfer:
    """Sends the objects of one attempt to a store.

    Attributes:
        objects_sent: How many objects this run stored.
        bytes_sent: How many bytes this run stored.
        objects_found: How many objects of the attempt were stored already.
        etags: The ETags of the objects whose content is known.
    """

    def __init__(
        self, plan: Plan, store: Store, attempt: int, undecided_at: ClockReading, options: TransferOptions
    ) -> None:
        """Prepare to send; ``undecided_at`` is when this run last saw that the attempt was undecided."""
        self.objects_sent = self.bytes_sent = self.objects_found = 0
        self._control = UploadControl(
            RateLimiter(options.max_rate),
            before_request=self._recheck_attempt,
            deadline=self._deadline,
            on_bytes=self._count_sent_bytes,
        )
        self._plan = plan
        self._store = store
        self._attempt = attempt
        self._tag = attempt_tag(plan.manifest.content_id, attempt)
        # A request of the event loop has a connection; a thread also has the file that it sends.
        self._requests = limit_by_open_files(options.jobs or MAX_REQUESTS, files=1)
        self._threads = limit_by_open_files(options.jobs or MAX_THREADS, files=2)
        self._lock = Lock()
        self._done_bytes = self._sent_bytes = 0
        self._reported = 0.0
        self._undecided_at = undecided_at
        self._on_progress = options.on_progress
        self._journal = options.journal
        self.etags = StoredEtags(len(plan.manifest))
        self._sent_last = {*plan.asset.sidecar_keys, DATA_DESCRIPTION}

    @property
    def stopping(self) -> Event:
        """Set when nothing more may be sent."""
        return self._control.stopping

    def send_all(self, resumed: bool) -> None:
        """Send data, then sidecars, which are small and repaired most often; data_description is not sent.

        Args:
            resumed: An earlier run may have stored some objects.

        Raises:
            ConflictError: The store holds another object under a key.
            ContentChangedError: A file is not as it was planned.
            BucketError: The store can no longer be reached.
        """
        states = self._known_states(resumed)
        for rows, sent_later in ((self._data, len(self._sent_last)), (self._sidecars, 1)):
            self._send_small(rows(), states)
            self._store.stop_workers()  # they would read the sidecars again, and not send the bytes that were checked
            if states.count(ObjectState.DONE) == len(states) - sent_later:
                continue  # to look at each of a million objects takes seconds
            remaining = (
                (position, entry, states[position])
                for position, entry in rows()
                if states[position] != ObjectState.DONE
            )
            run_in_threads(remaining, lambda row: self._send(*row), self._threads, self.stopping)

    def _known_states(self, resumed: bool) -> bytearray:
        """What is known of every object, by position in the manifest."""
        manifest = self._plan.manifest
        if self._journal:
            self.etags = self._journal.open(manifest, self._attempt)
        if not resumed:
            return bytearray(len(manifest))
        listing = list_stored(self._store, self._plan.name, manifest.boundaries)
        planned = ((key, size, position) for position, (key, size, _) in enumerate(manifest.rows.rows()))
        return bytearray(
            self._listed_state(row, stored) for row, stored in merge_join(planned, listing.objects.rows()) if row
        )

    def _listed_state(self, planned: tuple[str, int, int], stored: tuple[str, int, int] | None) -> ObjectState:
        """What a listing and the journal show of an object: the journal counts only with the listed ETag."""
        if stored is None or stored[1] != planned[1]:
            return ObjectState.UNKNOWN
        return ObjectState.STORED if self.etags.confirm(planned[2], stored[2]) else ObjectState.LISTED

    def _send_small(self, rows: Iterable[_Row], states: bytearray) -> None:
        """Send the objects of a single request that are not known to be there, if the store has an event loop for it.

        Their states become `DONE`, or `LISTED` where the key is taken, so that the object is compared.
        """
        small = (row for row in rows if states[row[0]] == ObjectState.UNKNOWN and row[1].size <= part_size(row[1].size))
        loop = self._store.upload_loop(self._control, self._requests)
        if loop is None:
            # If another run made the claim, this run has written nothing yet; the first response shows which checksum
            # the server compares.
            for position, entry in islice(small, 1):
                self._send(position, entry, ObjectState.UNKNOWN)
                states[position] = ObjectState.DONE
            loop = self._store.upload_loop(self._control, self._requests)
        if loop is None:
            return

        proof = self._store.proof

        def on_result(task: UploadTask, result: UploadResult, etag: str | None) -> None:
            is_stored = result is UploadResult.STORED
            states[task.position] = ObjectState.DONE if is_stored else ObjectState.LISTED
            if is_stored:
                self._record_stored(task.position, task.entry, proof, etag, sent=True)

        loop.run(map(self._task, small), self._tag, on_result)

    def _task(self, row: _Row) -> UploadTask:
        position, entry = row
        return UploadTask(f"{self._plan.name}/{entry.key}", entry, partial(self._plan.read, entry), position)

    def stop(self) -> None:
        """Send nothing more, and abort multipart uploads, which may never be completed."""
        self.stopping.set()
        self._store.stop()

    def send(self, key: str) -> None:
        """Send the last object, after the decision to commit, which no one can change.

        So the attempt is not checked again, although the decision may be minutes old: a million objects take that long
        to list.
        """
        entry = self._plan.manifest[key]
        body = self._plan.body(entry)
        position = self._plan.manifest.index(key)
        self._accept_result(position, entry, body, self._store.create(f"{self._plan.name}/{key}", body))
        self._report()

    def _data(self) -> Iterable[_Row]:
        return (row for row in enumerate(self._plan.manifest) if row[1].key not in self._sent_last)

    def _sidecars(self) -> Iterator[_Row]:
        manifest = self._plan.manifest
        for key in self._plan.asset.sidecar_keys:
            if key != DATA_DESCRIPTION:
                yield manifest.index(key), manifest[key]

    def _send(self, position: int, entry: ManifestEntry, state: int) -> None:
        """Send one object unless it is stored."""
        key = f"{self._plan.name}/{entry.key}"
        body = None if state == ObjectState.STORED else self._plan.body(entry)
        if body is None:
            self._count(entry, sent=False)
            return
        if state == ObjectState.LISTED and (found := find_match(self._store, key, entry, body)):
            self._record_stored(position, entry, self._store.proof, found.etag, sent=False)
            return
        resume_state = self._journal.resume_state(entry.key) if self._journal and body.parts else None
        self._control.before_request()  # creating a multipart upload is a write too
        controlled = replace(body, open=partial(self._control.open, body.open))
        self._accept_result(position, entry, body, self._store.upload(key, controlled, self._tag, resume_state))

    def _accept_result(self, position: int, entry: ManifestEntry, body: Body, etag: str | None) -> None:
        """Note an object that was stored, or whose key is taken by an equal object."""
        key = f"{self._plan.name}/{entry.key}"
        # The key can be taken by our own request whose response was lost, by an equal publication, or by another one.
        if etag is not None:
            self._record_stored(position, entry, self._store.proof, etag, sent=True)
        elif found := find_match(self._store, key, entry, body):
            self._record_stored(position, entry, self._store.proof, found.etag, sent=False)
        else:
            raise ObjectMismatchError(entry, self._store.url, key)

    def _record_stored(self, position: int, entry: ManifestEntry, proof: str, etag: str | None, sent: bool) -> None:
        """Note that an object is stored, by this run or another, what proves its content, and its ETag."""
        self.etags.note(position, etag)
        if self._journal:
            self._journal.add(entry, proof, etag)
        self._count(entry, sent)

    def _count(self, entry: ManifestEntry, sent: bool) -> None:
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

    def _count_sent_bytes(self, size: int) -> None:
        self._sent_bytes += size
        if size >= 1 << 20 or self._sent_bytes % (1 << 24) < size:
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
        size = min(max(self._done_bytes, self._sent_bytes), manifest.size)
        self._on_progress(
            Progress("sending", self.objects_sent + self.objects_found, size, len(manifest), manifest.size)
        )

    def _recheck_attempt(self) -> None:
        """Check that the attempt is undecided, if the last check is too old or the machine was suspended."""
        if is_fresh(self._undecided_at):
            return
        now = read_clocks()
        raise_if_ended(self._store, self._plan, self._attempt)
        self._undecided_at = now

    def _deadline(self) -> Deadline:
        monotonic, wall = self._undecided_at
        return Deadline(monotonic + MAX_INSPECTION_AGE, wall + MAX_INSPECTION_AGE)


def raise_if_ended(store: Store, plan: Plan, attempt: int) -> None:
    """Raise AttemptEndedError if another program has ended the attempt."""
    if store.head(f"{plan.name}/{end_key(attempt)}") is not None:
        raise attempt_ended_error(plan, read_end(store, plan.name, attempt))


def attempt_ended_error(plan: Plan, end: End) -> AttemptEndedError:
    """The error for an attempt that another program has ended."""
    if end.outcome is AttemptOutcome.COMMIT:
        return AttemptEndedError(f"another run has committed {plan.name} in the meantime")
    return AttemptEndedError(f"this publication of {plan.name} was {end.outcome} meanwhile; nothing more was sent")
