"""Small objects are sent by this process and worker processes, each with an event loop of its own."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from pathlib import Path
from subprocess import SubprocessError
from threading import Lock
from time import monotonic

from aind_lint.bucket.retry import TransientError
from aind_lint.bucket.s3.small_objects.upload_loop import UploadLoop, UploadSigner
from aind_lint.bucket.s3.small_objects.worker_messages import WorkerBatch, WorkerFile, WorkerResults, WorkerSetup
from aind_lint.bucket.store import OnResult, UploadResult, UploadTask
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.bucket.upload_control import UploadControl
from aind_lint.system.concurrency_limits import FAR_SECONDS, UPLOAD_PROCESSES, LoopLimits
from aind_lint.system.python_process import available_cores, can_start_python, kill, start_python
from aind_lint.system.thread_pool import run_in_threads

_log = logging.getLogger("aind_lint.bucket")

_PROGRAM = "from aind_lint.bucket.s3.small_objects.upload_worker import serve; serve()"

#: Objects and bytes of one line to a worker. Batches are small, so that no process still has many objects when the
#: others have none.
_BATCH_OBJECTS, _BATCH_BYTES = 64, 8 * 2**20

#: Batches that wait in a worker, so that it need not.
_BATCHES_AHEAD = 2

#: Seconds for which a worker gets nothing after it has returned objects: meanwhile the loop of this process slows down
#: or fails as its retries demand.
_REST_SECONDS = 5.0

#: Seconds after which a thread looks again whether there is something to do.
_IDLE_SECONDS = 0.002


class _SharedTasks:
    """Tasks that several threads take, and those that a worker returned."""

    def __init__(self, tasks: Iterator[UploadTask]) -> None:
        self._tasks = tasks
        self._lock = Lock()
        self._returned: deque[UploadTask] = deque()
        self._is_exhausted = False
        self._at_workers = 0

    def __iter__(self) -> _SharedTasks:
        return self

    def __next__(self) -> UploadTask | None:
        """The next task for the loop of this process; None if there is none at the moment."""
        with self._lock:
            return self._returned.popleft() if self._returned else self._take()

    def _take(self) -> UploadTask | None:
        task = next(self._tasks, None)
        self._is_exhausted = task is None
        return task

    def take_batch(self) -> list[UploadTask]:
        """Some tasks for a worker; empty if none are left."""
        batch: list[UploadTask] = []
        size = 0
        with self._lock:
            while len(batch) < _BATCH_OBJECTS and size < _BATCH_BYTES and (task := self._take()) is not None:
                batch.append(task)
                size += task.entry.size
            self._at_workers += len(batch)
        return batch

    def finish(self, task: UploadTask, is_returned: bool) -> None:
        """Note that a worker has done with a task."""
        with self._lock:
            self._at_workers -= 1
            if is_returned:
                self._returned.append(task)

    @property
    def is_exhausted(self) -> bool:
        """Whether no task is left, except perhaps those that workers have or returned."""
        return self._is_exhausted

    @property
    def is_finished(self) -> bool:
        """Whether no task is left and no worker has one."""
        with self._lock:
            return self._is_exhausted and not self._at_workers and not self._returned


class UploadWorker:
    """A worker process, and the tasks that it has received and not reported."""

    def __init__(self, setup: WorkerSetup) -> None:
        """Start the process.

        Raises:
            OSError: It cannot be started.
        """
        self._limits = setup.limits
        self._process = start_python(_PROGRAM)
        self._pending: dict[int, UploadTask] = {}
        self._is_alive = True
        self._rests_until = 0.0
        self._send(setup.to_line())

    def kill(self) -> None:
        """End the process, whatever it does."""
        kill(self._process)

    def run(
        self, tasks: _SharedTasks, tag: str, on_result: OnResult, signer: UploadSigner, control: UploadControl
    ) -> None:
        """Let the process store tasks until none is left; those that it does not store are returned.

        Raises:
            BucketError: There are no credentials.
            Exception: What ``tasks``, the control or ``on_result`` raise.
        """
        try:
            while self._is_alive and not control.stopping.is_set():
                self._refill(tasks, tag, signer, control)
                if self._pending:
                    self._receive(tasks, on_result, signer, control)
                elif tasks.is_exhausted:
                    return
                else:
                    control.stopping.wait(_IDLE_SECONDS)
        finally:
            if self._pending:
                _log.debug("a worker process has ended; %d objects are sent by this process", len(self._pending))
            for task in self._pending.values():
                tasks.finish(task, is_returned=True)
            self._pending.clear()

    def _refill(self, tasks: _SharedTasks, tag: str, signer: UploadSigner, control: UploadControl) -> None:
        while self._is_alive and monotonic() >= self._rests_until:
            try:
                context = signer.context()
            except TransientError:  # the loop of this process reports it
                self._rests_until = monotonic() + _REST_SECONDS
                return
            if not self._has_room(context) or not (batch := tasks.take_batch()):
                return
            self._pending |= {task.position: task for task in batch}
            control.before_request()
            files = [WorkerFile(task.position, *task.entry) for task in batch]
            self._send(WorkerBatch(tag, context, control.deadline(), files).to_line())

    def _has_room(self, context: SigningContext) -> bool:
        limit = self._limits.far if context.min_latency > FAR_SECONDS else self._limits.near
        size = sum(task.entry.size for task in self._pending.values())
        return len(self._pending) < limit + _BATCHES_AHEAD * _BATCH_OBJECTS and size < self._limits.memory

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has died, or its pipes are closed
            self._is_alive = False

    def _receive(self, tasks: _SharedTasks, on_result: OnResult, signer: UploadSigner, control: UploadControl) -> None:
        """Wait for the next results."""
        assert self._process.stdout is not None
        try:
            results = WorkerResults.from_line(self._process.stdout.readline())
        except (OSError, ValueError, TypeError):  # it has died, and its last line may be cut off
            self._is_alive = False
            return
        if results.returned:
            self._rests_until = monotonic() + _REST_SECONDS
            _log.debug("a worker process returned %d objects: %s", len(results.returned), results.reason)
        for positions, etags, result in (
            (results.stored, results.etags, UploadResult.STORED),
            (results.taken, repeat(None), UploadResult.TAKEN),
            (results.returned, repeat(None), UploadResult.RETURNED),
        ):
            for position, etag in zip(positions, etags, strict=False):
                task = self._pending.pop(position)
                tasks.finish(task, result is UploadResult.RETURNED)
                if result is UploadResult.RETURNED:
                    continue
                control.on_bytes(task.entry.size)
                signer.note_success()
                on_result(task, result, etag)


class WorkerPool:
    """The worker processes of one publication; `close` ends them.

    Attributes:
        workers: The processes.
    """

    def __init__(self, root: Path, asset: str, limits: LoopLimits, workers: int) -> None:
        """Start the processes.

        Args:
            root: The folder with the files of the asset.
            asset: The asset's name.
            limits: What each process may have at the same time.
            workers: How many processes are started.

        Raises:
            OSError: One cannot be started.
        """
        self.workers: list[UploadWorker] = []
        setup = WorkerSetup(str(root.absolute()), asset, limits)
        try:
            for _ in range(workers):
                self.workers.append(UploadWorker(setup))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the processes."""
        while self.workers:
            self.workers.pop().kill()


def start_worker_pool(root: Path, asset: str, max_requests: int) -> WorkerPool | None:
    """The worker processes for a publication of many objects; None if they cannot be started or would gain nothing.

    Args:
        root: The folder with the files of the asset.
        asset: The asset's name.
        max_requests: The most concurrent requests of all processes.
    """
    if available_cores() < UPLOAD_PROCESSES or max_requests < UPLOAD_PROCESSES or not can_start_python():
        return None
    try:
        return WorkerPool(root, asset, LoopLimits.of(max_requests).share(UPLOAD_PROCESSES), UPLOAD_PROCESSES - 1)
    except (OSError, SubprocessError):
        return None


class ParallelUploader:
    """Stores small objects by the loop of this process and by workers: the `SmallObjectUploader` of S3."""

    def __init__(
        self, signer: UploadSigner, control: UploadControl, max_requests: int, pool: WorkerPool | None
    ) -> None:
        """Prepare; no request is made before `run`.

        Args:
            signer: Gives addresses and credentials, and decides about retries.
            control: Rate limit, stop and freshness check.
            max_requests: The most concurrent requests of all processes.
            pool: The worker processes.
        """
        self._signer = signer
        self._control = control
        self._workers = pool.workers if pool else []
        self._limits = LoopLimits.of(max_requests).share(1 + len(self._workers))

    def run(self, tasks: Iterator[UploadTask], tag: str, on_result: OnResult) -> None:
        """Store every object; transient failures are retried.

        Args:
            tasks: The objects; taken one by one, when there is capacity.
            tag: The tag of the attempt.
            on_result: Called with each task that was stored or whose key is taken.

        Raises:
            BucketError: The bucket cannot be written.
            StoppedError: The run is stopping.
            Exception: What ``tasks``, their ``read``, the control or ``on_result`` raise.
        """
        shared = _SharedTasks(tasks)
        runs: list[Callable[[], None]] = [partial(self._run_loop, shared, tag, on_result)]
        runs += (partial(worker.run, shared, tag, on_result, self._signer, self._control) for worker in self._workers)
        run_in_threads(runs, lambda run: run(), len(runs), self._control.stopping)

    def _run_loop(self, tasks: _SharedTasks, tag: str, on_result: OnResult) -> None:
        try:
            with UploadLoop(self._signer, self._control, self._limits) as loop:
                while True:
                    loop.run(tasks, tag, on_result)
                    if tasks.is_finished:
                        return
                    self._control.stopping.wait(_IDLE_SECONDS)
        except BaseException:
            for worker in self._workers:  # their threads would wait for results
                worker.kill()
            raise
