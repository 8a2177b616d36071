"""The program of the process that checks open texts: see `aind_lint.lsp.worker_process`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from functools import partial
from threading import Condition, Thread
from typing import BinaryIO

from aind_lint.errors import CheckCancelledError
from aind_lint.lsp.document_checker import DocumentChecker
from aind_lint.lsp.messages import CheckRequest


class _Inbox:
    """The requests that wait: for each key only the latest. Reading continues while a check runs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: dict[str, CheckRequest] = {}
        self._changed = Condition()
        self._cancelled_of: dict[str, int] = {}  # the highest number that was cancelled, by key
        Thread(target=self._read, daemon=True).start()

    def take(self) -> CheckRequest:
        """The next request, when there is one."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting.pop(next(iter(self._waiting)))

    def is_superseded(self, request: CheckRequest) -> bool:
        """Whether a request was cancelled, or a later one has its key."""
        return request.key in self._waiting or request.number <= self._cancelled_of.get(request.key, -1)

    def _read(self) -> None:
        try:
            while (request := CheckRequest.read(self._stream)) is not None:
                with self._changed:
                    self._waiting.pop(request.key, None)
                    if request.task == "cancel":
                        self._cancelled_of[request.key] = request.number
                    else:
                        self._waiting[request.key] = request
                        self._changed.notify()
        finally:
            os._exit(0)  # the editor has closed the pipe


def serve() -> None:
    """Answer the requests on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides what an interrupt means
    gc.set_threshold(100_000)  # a file has many objects, and nearly all live until its check ends
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing may print between the replies
    inbox, checker = _Inbox(sys.stdin.buffer), DocumentChecker()
    while True:
        request = inbox.take()
        try:
            for reply in checker.check(request, partial(inbox.is_superseded, request)):
                if inbox.is_superseded(request):
                    break
                replies.write(reply.to_line())
                replies.flush()
        except CheckCancelledError:
            continue
