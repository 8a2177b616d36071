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
from collections import deque
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO, NamedTuple

from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.bucket.s3.curl_client import CurlMulti, PutError, PutRequest
from aind_lint.bucket.upload_context import Endpoint, SignedUploadContext
from aind_lint.storage.checksum import crc64nvme, encode_crc
from aind_lint.system.file_in_use import is_file_in_use
from aind_lint.system.thread_pool import limit_by_open_files

#: Requests at once, which keep any near server busy; of one that takes so many seconds all there may be are asked.
_NEAR = 64
_DISTANT = 0.01

#: Open files beside the connections: pipes, a file that is read, what libcurl needs.
_OTHER_FILES = 32

#: Bytes that are in memory at once.
_ROOM = 16 * 2**20


def serve() -> None:
    """Do what comes in on standard input, until nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gives the orders is told, and decides
    try:
        first = json.loads(sys.stdin.buffer.readline())
        gc.set_threshold(100_000)  # what is made here is soon gone, and in no circles
        orders: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_listen, args=(sys.stdin.buffer, orders), daemon=True).start()
        hand = _Hand(Path(first["root"]), first["jobs"], sys.stdout.buffer)
        while True:
            while hand.is_free or not orders.empty():
                hand.obey(json.loads(orders.get()))
            hand.go_on()
    finally:
        os._exit(1)  # it never ends well, and somebody waits for an answer


def _listen(stream: BinaryIO, orders: SimpleQueue[bytes]) -> None:
    """Never keep who gives the orders waiting: of two full pipes each end would wait."""
    for line in stream:
        orders.put(line)
    os._exit(0)  # what is under way is not waited for


class _Hand:
    """Reads at once; sends many files at the same time.

    Attributes:
        is_free: Whether nothing is under way.
    """

    def __init__(self, root: Path, jobs: int, answers: BinaryIO) -> None:
        self._opener = NoFollowOpener(root)
        self._answers = answers
        self._jobs = limit_by_open_files(jobs, files=1, others=_OTHER_FILES)
        self._parcels: deque[_Parcel] = deque()
        self._at_once = 0
        self._puts = CurlMulti()
        self._idle: list[PutRequest] = []
        self._under_way: dict[PutRequest, _Parcel] = {}
        self._room = _ROOM

    @property
    def is_free(self) -> bool:
        return not self._parcels and not self._puts

    def obey(self, order: dict[str, Any]) -> None:
        """Read the files of an order, or begin to send them."""
        if "delegation" not in order:
            self._answer(order["number"], [self._sum(key, size) for key, size in order["files"]])
            return
        if order["delegation"] is None:  # nobody can sign just now
            self._answer(order["number"], [False] * len(order["files"]))
            return
        errand = _Errand(order)
        self._at_once = self._jobs if errand.delegation.seconds > _DISTANT else min(_NEAR, self._jobs)
        self._parcels.extend(_Parcel(errand, place) for place in range(len(errand.files)))

    def _sum(self, key: str, size: int) -> int | None:
        """The checksum of a file; None if it is not to be had, or the file has another size."""
        try:
            with self._opener.open(key) as stream:
                if is_file_in_use(stream):
                    return None
                content = stream.read(size + 1)
        except OSError:
            return None
        return crc64nvme(content) if len(content) == size else None

    def go_on(self) -> None:
        """Begin as many requests as there may be, and hear what was answered meanwhile."""
        while self._parcels and len(self._puts) < self._at_once and self._room > 0:
            self._begin(self._parcels.popleft())
        for put in self._puts.ended():
            self._end(put)

    def _begin(self, parcel: _Parcel) -> None:
        errand = parcel.errand
        key, size, crc = errand.files[parcel.place]
        try:
            content = b"" if errand.failed else self._opener.read(key, size + 1)
        except OSError:
            content = b""
        # Only now, since the reading may have taken its time.
        if not errand.may_go() or len(content) != size or encode_crc(crc64nvme(content)) != crc:
            self._finish(parcel, stored=False)
            return
        put = self._idle.pop() if self._idle else PutRequest()
        put.prepare(errand.delegation, f"{errand.asset}/{key}", content, crc, errand.tag)
        self._under_way[put] = parcel
        self._room -= size
        self._puts.begin(put)

    def _end(self, put: PutRequest) -> None:
        parcel = self._under_way.pop(put)
        self._idle.append(put)
        errand = parcel.errand
        self._room += errand.files[parcel.place][1]
        try:
            stored = put.outcome()
        except PutError:
            stored, errand.failed = False, True
        self._finish(parcel, stored)

    def _finish(self, parcel: _Parcel, stored: bool) -> None:
        errand = parcel.errand
        errand.done[parcel.place] = stored
        errand.left -= 1
        if not errand.left:
            self._answer(errand.number, errand.done)

    def _answer(self, number: int, done: list[Any]) -> None:
        self._answers.write(json.dumps({"number": number, "done": done}).encode() + b"\n")
        self._answers.flush()


class _Errand:
    """An order to send files.

    Attributes:
        done: For each file whether it was stored by this errand.
        left: How many files are not dealt with yet.
        failed: Set when one could not be sent: the others would wait for the same, and in silence.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        said = order["delegation"]
        self.delegation = SignedUploadContext(**{**said, "target": Endpoint(**said["target"])})
        self.number = order["number"]
        self.files = order["files"]
        self.asset = order["asset"]
        self.tag = order["tag"]
        self.done = [False] * len(self.files)
        self.left = len(self.files)
        self.failed = False
        self._until = order["until"]

    def may_go(self) -> bool:
        """Whether more may be signed: of two clocks, one stands still while a machine sleeps."""
        return not self.failed and time.monotonic() < self._until[0] and time.time() < self._until[1]


class _Parcel(NamedTuple):
    """One file of an errand."""

    errand: _Errand
    place: int
