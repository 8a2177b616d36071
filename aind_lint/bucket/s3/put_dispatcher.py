"""One thread that has the requests of many others under way, and ends when it has had nothing to do for a while."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread, current_thread

from aind_lint.bucket.s3.curl_client import CurlMulti, PutRequest

#: Seconds without a request after which connections are closed: who holds a line need not say that it is not needed.
_IDLE = 3.0

#: Seconds after which a wait begins anew: on Windows an endless one hears no interrupt.
_WAIT = 0.2

_Waiting = tuple[PutRequest, SimpleQueue[None]]


class PutDispatcher:
    """A way for many threads to make requests at the same time, with one connection for each at most."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[_Waiting] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def perform(self, put: PutRequest) -> bool:
        """Make a request that is prepared; False when the key is taken.

        Raises:
            PutError: The object was not stored, or there was no answer.
        """
        ended: SimpleQueue[None] = SimpleQueue()
        with self._lock:
            self._waiting.put((put, ended))
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True)
                self._thread.start()
        while True:
            with suppress(Empty):
                ended.get(timeout=_WAIT)
                return put.outcome()

    def _run(self) -> None:
        puts = CurlMulti()
        waiting: dict[PutRequest, SimpleQueue[None]] = {}
        try:
            while self._take(puts, waiting):
                for put in puts.ended():
                    waiting.pop(put).put(None)
        finally:
            puts.close()
            with self._lock:
                if self._thread is current_thread():  # it did not end well, and nobody else hears who waits
                    self._thread = None
                    while not self._waiting.empty():
                        waiting.update([self._waiting.get()])
            for ended in waiting.values():
                ended.put(None)

    def _take(self, puts: CurlMulti, waiting: dict[PutRequest, SimpleQueue[None]]) -> bool:
        """Begin all that wait, and wait for one if there is nothing else to do; False when none comes."""
        while not waiting or not self._waiting.empty():
            try:
                put, ended = self._waiting.get(timeout=_IDLE)
            except Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._thread = None
                        return False
                continue
            waiting[put] = ended
            puts.begin(put)
        return True
