"""The program of the process that checks open texts: see `aind_lint.lsp.worker_process`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from threading import Condition, Thread
from types import FrameType
from typing import BinaryIO

from aind_lint.errors import CheckCancelledError
from aind_lint.lsp.document_checker import DocumentChecker
from aind_lint.lsp.messages import CheckRequest, Task


class _Inbox:
    """The requests that wait: for each key only the latest. Reading continues while a check runs.

    A check that is superseded is interrupted wherever it is: the models of a large file take more than a second.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._checked: CheckRequest | None = None  # may be interrupted at this moment
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

    @contextmanager
    def interruptible(self, request: CheckRequest) -> Iterator[None]:
        """Let a later request interrupt the block, in which nothing may be written and no module be imported.

        Raises:
            CheckCancelledError: A later request has its key.
        """
        self._checked = request
        try:
            yield
        finally:
            self._checked = None

    def interrupt(self, signal_number: int, frame: FrameType | None) -> None:
        """Handle SIGINT: of this process if the check is superseded; of a terminal, which the server handles."""
        request, self._checked = self._checked, None
        if request is not None and self.is_superseded(request):
            raise CheckCancelledError("the check was cancelled")
        self._checked = request

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
                if (checked := self._checked) is not None and self.is_superseded(checked):
                    interrupt_main()
        finally:
            os._exit(0)  # the editor has closed the pipe


def serve() -> None:
    """Answer the requests on standard input until it ends."""
    gc.set_threshold(100_000)  # a file has many objects, and nearly all live until its check ends
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing may print between the replies
    inbox, checker = _Inbox(sys.stdin.buffer), DocumentChecker()
    signal.signal(signal.SIGINT, inbox.interrupt)
    loaded: set[Task] = set()  # the first check of a kind imports modules, which is not interrupted
    while True:
        request = inbox.take()
        stages = checker.check(request, partial(inbox.is_superseded, request))
        with suppress(CheckCancelledError):
            while True:
                with inbox.interruptible(request) if request.task in loaded else nullcontext():
                    reply = next(stages, None)
                if reply is None or inbox.is_superseded(request):
                    break
                replies.write(reply.to_line())
                replies.flush()
            loaded.add(request.task)
