"""The program of a worker process: the event loop for small objects, with objects that another process chooses.

It sends each object once. What fails is returned to the publishing process, whose own loop tries again: so only one
process renews credentials, slows down for an overloaded server, and decides what a failure means.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.s3.small_objects.upload_loop import UploadLoop
from aind_lint.bucket.s3.small_objects.worker_messages import WorkerBatch, WorkerFile, WorkerResults, WorkerSetup
from aind_lint.bucket.store import UploadResult, UploadTask
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.bucket.upload_control import Deadline, UploadControl
from aind_lint.storage.checksum import crc64nvme, encode_crc

#: Results that are collected for one line, unless nothing else is to do.
_RESULTS_PER_LINE = 32


def serve() -> None:
    """Store what standard input names until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the publishing process decides what an interrupt means
    gc.set_threshold(100_000)  # as in the publishing process
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing may print between the replies
    crc64nvme(b"")  # loads its library now, and not when the first object is to be sent
    try:
        setup = WorkerSetup.from_line(sys.stdin.buffer.readline())
        lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_read_lines, args=(sys.stdin.buffer, lines), daemon=True).start()
        _Worker(setup, lines, replies).run()
    finally:
        os._exit(1)  # it has failed, which the publishing process notices


def _read_lines(stream: BinaryIO, lines: SimpleQueue[bytes]) -> None:
    """Read all the time, so that the publishing process never waits for a full pipe."""
    for line in stream:
        lines.put(line)
    os._exit(0)  # the publishing process has ended, or needs no more: requests in flight are given up


class _Worker:
    """Reads files, sends them and reports; it also signs for its loop, with the credentials of the last batch."""

    def __init__(self, setup: WorkerSetup, lines: SimpleQueue[bytes], replies: BinaryIO) -> None:
        self._setup = setup
        self._opener = NoFollowOpener(Path(setup.root))
        self._lines = lines
        self._replies = replies
        self._queue: deque[tuple[WorkerFile, Deadline]] = deque()
        self._batch: WorkerBatch | None = None
        self._results = WorkerResults()

    def run(self) -> None:
        """Store what is received, for ever."""
        with UploadLoop(self, UploadControl(), self._setup.limits) as loop:
            while True:
                loop.run(self._tasks(), self._receive().tag, self._add_result)

    def context(self) -> SigningContext:
        """The address and the credentials of the last batch."""
        assert self._batch is not None
        return self._batch.context

    def note_success(self) -> None:
        """Nothing: this process does not retry."""

    def pause_after(self, error: Exception, tries: int, credentials_version: int) -> None:
        """Return the object, and with it all others that are not begun: they would fail for the same reason."""
        self._results.returned += (file.position for file, _ in self._queue)
        self._queue.clear()
        self._results.reason = str(error)

    def _receive(self) -> WorkerBatch:
        batch = self._batch = WorkerBatch.from_line(self._lines.get())
        self._queue.extend((file, batch.deadline) for file in batch.files)
        return batch

    def _tasks(self) -> Iterator[UploadTask | None]:
        while True:
            while not self._lines.empty():
                self._receive()
            task = self._next_task()
            if len(self._results) >= (_RESULTS_PER_LINE if task else 1):
                self._report()
            yield task

    def _next_task(self) -> UploadTask | None:
        """The next file that is as planned, with its content."""
        while self._queue:
            file, deadline = self._queue.popleft()
            if (content := self._read(file)) is not None and not deadline.is_over():
                entry = ManifestEntry(file.key, file.size, file.crc64nvme)
                return UploadTask(f"{self._setup.asset}/{file.key}", entry, lambda: content, file.position)
            self._results.returned.append(file.position)
        return None

    def _read(self, file: WorkerFile) -> bytes | None:
        """The planned bytes; None if they cannot be had."""
        try:
            content = self._opener.read(file.key, file.size)
        except OSError as error:
            self._results.reason = str(error)
            return None
        return content if encode_crc(crc64nvme(content)) == file.crc64nvme and len(content) == file.size else None

    def _add_result(self, task: UploadTask, result: UploadResult, etag: str | None) -> None:
        results = self._results
        if etag is not None:
            results.etags.append(etag)
        {
            UploadResult.STORED: results.stored,
            UploadResult.TAKEN: results.taken,
            UploadResult.RETURNED: results.returned,
        }[result].append(task.position)

    def _report(self) -> None:
        self._replies.write(self._results.to_line())
        self._replies.flush()
        self._results = WorkerResults()
