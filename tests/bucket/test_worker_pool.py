"""Small objects are sent by two processes; whatever happens to one of them, every object has one result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from aind_lint.bucket.body import ContentChangedError
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.s3.small_objects import worker_pool
from aind_lint.bucket.s3.small_objects.worker_pool import ParallelUploader, WorkerPool, start_worker_pool
from aind_lint.bucket.store import UploadResult, UploadTask
from aind_lint.bucket.upload_control import Deadline, StoppedError, UploadControl
from aind_lint.storage.checksum import crc64nvme, encode_crc
from tests.bucket.recording_server import OVERLOADED, STORED, TAKEN, RecordingServer, running_server
from tests.bucket.test_upload_loop import Signer, short_pauses  # noqa: F401 - a fixture that all tests use
from tests.links import make_link
from tests.publication.many_files import only_linux, wait_until

NUMBER = 300


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "asset"
    folder.mkdir()
    for number in range(NUMBER):
        (folder / f"{number}.bin").write_bytes(b"%d" % number)
    return folder


@pytest.fixture
def pool(folder: Path) -> Iterator[WorkerPool]:
    pool = start_worker_pool(folder, "asset", 16)
    if pool is None:
        pytest.skip("two cores are needed")
    yield pool
    pool.close()


class Upload:
    """Sends the files of a folder.

    Attributes:
        results: The result of each object by its position.
        read_here: The positions of the objects that this process has read.
    """

    def __init__(self, folder: Path, server: RecordingServer, pool: WorkerPool) -> None:
        self.results: dict[int, list[UploadResult]] = {}
        self.read_here: list[int] = []
        self.control = UploadControl()
        self._folder = folder
        self._uploader = lambda: ParallelUploader(Signer(server), self.control, 16, pool)

    def run(self) -> None:
        def add(task: UploadTask, result: UploadResult, etag: str | None) -> None:
            assert (etag is not None) is (result is UploadResult.STORED)
            self.results.setdefault(task.position, []).append(result)

        self._uploader().run(map(self._task, range(NUMBER)), "tag", add)

    def _task(self, position: int) -> UploadTask:
        planned = b"%d" % position
        key = f"{position}.bin"

        def read() -> bytes:
            self.read_here.append(position)
            if (content := (self._folder / key).read_bytes()) != planned:
                raise ContentChangedError(key)
            return content

        entry = ManifestEntry(key, len(planned), encode_crc(crc64nvme(planned)))
        return UploadTask(f"asset/{key}", entry, read, position)

    def assert_complete(self, result: UploadResult = UploadResult.STORED) -> None:
        assert self.results == {position: [result] for position in range(NUMBER)}


@pytest.fixture
def upload(folder: Path, server: RecordingServer, pool: WorkerPool) -> Upload:
    return Upload(folder, server, pool)


def keys(server: RecordingServer) -> list[str]:
    return [request.split(b" ")[1].decode() for request in server.requests]


@pytest.mark.parametrize(("response", "result"), [(STORED, UploadResult.STORED), (TAKEN, UploadResult.TAKEN)])
def test_both_processes_send_each_object_once(response, result, upload, server):
    server.respond = lambda number: response
    upload.run()
    upload.assert_complete(result)
    assert sorted(keys(server)) == sorted(f"/bucket/a%20prefix/asset/{number}.bin" for number in range(NUMBER))
    assert 0 < len(upload.read_here) < NUMBER


def test_what_a_worker_cannot_send_is_retried_here(upload, server):
    server.respond = lambda number: STORED if number % 5 else OVERLOADED
    upload.run()
    upload.assert_complete()


def test_a_killed_worker_is_replaced_by_this_process(upload, server, pool):
    process = pool.workers[0]._process

    def respond(number: int) -> bytes:
        if number == 100:
            process.kill()
        return STORED

    server.respond = respond
    upload.run()
    upload.assert_complete()


def test_nothing_is_sent_by_a_worker_after_the_deadline(upload, server):
    """The attempt may have ended since; the loop of this process looks again before each request."""
    upload.control.deadline = lambda: Deadline(time.monotonic(), time.time())
    upload.run()
    upload.assert_complete()
    assert sorted(set(upload.read_here)) == list(range(NUMBER))


def test_a_changed_file_ends_it_and_is_not_sent(upload, server, folder):
    for number in range(100, NUMBER):  # a worker has read some of them
        (folder / f"{number}.bin").write_bytes(b"xxx")
    with pytest.raises(ContentChangedError):
        upload.run()
    assert all(b"xxx" not in request.partition(b"\r\n\r\n")[2] for request in server.requests)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_worker_follows_no_link_out_of_the_asset(upload, server, folder, tmp_path):
    for number in range(100, NUMBER):
        (folder / f"{number}.bin").rename(tmp_path / f"{number}")
        make_link(folder / f"{number}.bin", tmp_path / f"{number}")
    upload.run()
    upload.assert_complete()
    assert set(range(100, NUMBER)) <= set(upload.read_here), "what this process read, the plan decides about"


def test_stops_when_the_run_stops(upload, server):
    released, ended = Event(), []
    server.respond = lambda number: STORED if released.wait(60) else None

    def run() -> None:
        try:
            upload.run()
        except StoppedError:
            ended.append(True)

    sender = Thread(target=run, daemon=True)
    sender.start()
    wait_until(lambda: bool(server.requests))
    upload.control.stopping.set()
    sender.join(10)
    released.set()
    assert ended


def test_a_worker_that_cannot_be_started_is_done_without(folder, monkeypatch):
    def fail(program: str) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(worker_pool, "start_python", fail)
    assert start_worker_pool(folder, "asset", 16) is None


@only_linux
def test_a_killed_publisher_leaves_no_worker(folder):
    program = (
        "import time\nfrom pathlib import Path\n"
        "from aind_lint.bucket.s3.small_objects.worker_pool import WorkerPool\n"
        "from aind_lint.system.concurrency_limits import LoopLimits\n"
        f"pool = WorkerPool(Path({str(folder)!r}), 'asset', LoopLimits.of(8), 1)\n"
        "print(pool.workers[0]._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdout is not None
        worker = int(publisher.stdout.readline())
        assert is_running(worker)
        os.kill(publisher.pid, signal.SIGKILL)
    wait_until(lambda: not is_running(worker))


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    return False


def test_no_process_is_left(pool: WorkerPool):
    process = pool.workers[0]._process
    pool.close()
    assert process.poll() is not None and not pool.workers
