"""One process of a crew: it reads small files, or sends them, as it is told in lines of JSON on standard input.

It makes one try. What it could not do it says so, and the process that gave the order does it itself, with its
patience and its messages. When that process is gone, so is this one.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from aind_lint.asset.opening import Opener
from aind_lint.bucket.room import Room
from aind_lint.bucket.target import Delegation, PutError, Target, put
from aind_lint.checksum import crc64nvme, encode_crc
from aind_lint.publication.locked import is_locked
from aind_lint.workers import work

if TYPE_CHECKING:
    from obstore.store import S3Store

#: Requests at once to begin with, unless an answer takes so many seconds that all there may be are called for.
_FIRST = 8
_DISTANT = 0.01

#: Bytes that are in memory at once.
_ROOM = 16 * 2**20


def serve() -> None:
    """Do what comes in on standard input, until nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gives the orders is told, and decides
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    first = json.loads(orders.readline())
    gc.set_threshold(100_000)  # what is made here is soon gone, and in no circles
    if sys.platform == "linux":
        # The threads of a request wake each other all the time, which costs far more across cores.
        os.sched_setaffinity(0, {first["core"]})
    hand = _Hand(Path(first["root"]), first["jobs"], answers)
    for line in orders:
        hand.orders.put(line)
    os._exit(0)  # what is under way is not waited for


class _Hand:
    """Reads in order; sends by many threads.

    Attributes:
        orders: What it is told, from a reader that is never kept waiting: of two full pipes each end would wait.
    """

    def __init__(self, root: Path, jobs: int, answers: BinaryIO) -> None:
        self._opener = Opener(root)
        self._answers = answers
        self._lock = Lock()
        self._room = Room(_ROOM)
        self._connection: tuple[S3Store, str] | None = None
        self._parcels: SimpleQueue[_Parcel] = SimpleQueue()
        self._jobs = jobs
        self.orders: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._obey_all, daemon=True).start()

    def _obey_all(self) -> None:
        try:
            while True:
                self._obey(json.loads(self.orders.get()))
        finally:
            os._exit(1)  # it never ends well, and somebody waits for an answer

    def _obey(self, order: dict[str, Any]) -> None:
        if "delegation" not in order:
            self._answer(order["number"], [self._sum(key, size) for key, size in order["files"]])
            return
        if (said := order["delegation"]) is not None:
            delegation = Delegation(**{**said, "target": Target(**said["target"])})
            if self._connection is None:
                first = self._jobs if delegation.seconds > _DISTANT else _FIRST
                Thread(target=self._send_all, args=(first,), daemon=True).start()
            self._connection = delegation.connect(), delegation.prefix
        assert self._connection is not None
        errand = _Errand(order, *self._connection)
        for place in range(len(errand.files)):
            self._parcels.put(_Parcel(errand, place))

    def _sum(self, key: str, size: int) -> int | None:
        """The checksum of a file; None if it is not to be had, or the file has another size."""
        try:
            with self._opener.open(key) as stream:
                if is_locked(stream):
                    return None
                content = stream.read(size + 1)
        except OSError:
            return None
        return crc64nvme(content) if len(content) == size else None

    def _send_all(self, first: int) -> None:
        try:
            work(iter(self._parcels.get, None), self._send, self._jobs, Event(), first)
        finally:
            os._exit(1)  # likewise

    def _send(self, parcel: _Parcel) -> None:
        errand = parcel.errand
        key, size, crc = errand.files[parcel.place]
        try:
            with self._room.of(size):
                with self._opener.open(key) as stream:
                    content = stream.read(size + 1)
                # Only now, since the room and the reading may have taken their time.
                if errand.may_go() and len(content) == size and encode_crc(crc64nvme(content)) == crc:
                    errand.done[parcel.place] = put(errand.store, errand.prefix + key, content, errand.tag)
        except (OSError, PutError):
            errand.failed = True
        if errand.is_last():
            self._answer(errand.number, errand.done)

    def _answer(self, number: int, done: list[Any]) -> None:
        line = json.dumps({"number": number, "done": done}) + "\n"
        with self._lock:
            self._answers.write(line.encode())
            self._answers.flush()


class _Errand:
    """An order to send files.

    Attributes:
        done: For each file whether it was stored by this errand.
        failed: Set when one could not be sent: the others would wait for the same, and in silence.
    """

    def __init__(self, order: dict[str, Any], store: S3Store, prefix: str) -> None:
        self.number = order["number"]
        self.files = order["files"]
        self.prefix = f"{prefix}{order['asset']}/"
        self.tag = order["tag"]
        self.store = store
        self.done = [False] * len(self.files)
        self.failed = False
        self._until = order["until"]
        self._left = len(self.files)
        self._lock = Lock()

    def may_go(self) -> bool:
        """Whether more may be signed: of two clocks, one stands still while a machine sleeps."""
        return not self.failed and time.monotonic() < self._until[0] and time.time() < self._until[1]

    def is_last(self) -> bool:
        """Count one more file as dealt with; whether none is left."""
        with self._lock:
            self._left -= 1
            return not self._left


class _Parcel(NamedTuple):
    """One file of an errand."""

    errand: _Errand
    place: int
