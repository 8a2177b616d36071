"""A process that checks open texts, while the server keeps answering the editor."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from aind_lint.lsp.messages import CheckReply, CheckRequest
from aind_lint.system.python_process import kill, start_python

_PROGRAM = "from aind_lint.lsp.check_worker import serve; serve()"


class WorkerProcess:
    """One process, started with the first request, and again after it has died."""

    def __init__(self, on_reply: Callable[[CheckReply], None], on_death: Callable[[], None]) -> None:
        """Take callbacks, which other threads call.

        Args:
            on_reply: Called with each reply.
            on_death: Called when the process has died; requests without a reply are lost.
        """
        self._on_reply = on_reply
        self._on_death = on_death
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: SimpleQueue[CheckRequest] = SimpleQueue()
        Thread(target=self._write, daemon=True).start()

    def send(self, request: CheckRequest) -> None:
        """Send a request. It replaces a waiting one with its key."""
        self._requests.put(request)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            kill(process)

    def _write(self) -> None:
        # A thread of its own: a full pipe blocks while the process works.
        while True:
            request = self._requests.get()
            try:
                process = self._started()
                assert process.stdin is not None
                for part in request.to_bytes():
                    process.stdin.write(part)
                process.stdin.flush()
            except (OSError, ValueError):  # it has died, or was closed
                self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = start_python(_PROGRAM)
            Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self._process

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self._on_reply(CheckReply.from_line(line))
        except (OSError, ValueError, TypeError):  # its last line was cut off, or the pipe was closed
            pass
        if self._process is process:
            self._process = None
            kill(process)
            self._on_death()
