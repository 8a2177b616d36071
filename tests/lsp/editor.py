"""A small editor: real messages to ``aind-lint lsp`` over its standard input and output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

#: Seconds until a message must have come; a busy machine is slow.
PATIENCE = 120 if os.name != "nt" else 300


class Editor:
    """One editor with its server."""

    def __init__(self, cwd: Path, encodings: list[str] | None = None, capabilities: Any = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aind_lint", "lsp"],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "AIND_LINT_STATE_DIR": str(cwd / "state")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.messages: Queue[dict[str, Any]] = Queue()
        self.log: list[dict[str, Any]] = []
        self._ids = 0
        self._versions: dict[str, int] = {}
        Thread(target=self._read, daemon=True).start()
        Thread(target=lambda: self.process.stderr and self.process.stderr.read(), daemon=True).start()
        general = {"general": {"positionEncodings": encodings}} if encodings else {}
        workspace = {"workspace": {"workspaceEdit": {"documentChanges": True}}}
        self.initialized = self.request(
            "initialize",
            {"processId": os.getpid(), "rootUri": cwd.as_uri(), "capabilities": {**general, **workspace}},
        )
        self.notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
            assert self.process.wait(PATIENCE) == 0
        self.process.kill()

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a file, with another text than on disk if one is given."""
        uri = path.as_uri()
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": "json", "version": 1, "text": text or path.read_text(encoding="utf-8")}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(self, uri: str, text: str) -> int:
        """Replace the text of an open file; returns its new version."""
        self._versions[uri] += 1
        identifier = {"uri": uri, "version": self._versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [{"text": text}]})
        return self._versions[uri]

    def save(self, uri: str) -> None:
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def close(self, uri: str) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def wait_for(self, uri: str, wanted: Any) -> list[dict[str, Any]]:
        """The next diagnostics of a file for which ``wanted``, called with their codes, is true."""
        end = time.monotonic() + PATIENCE
        while True:
            message = self._next(end)
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                if wanted([one.get("code") for one in found]):
                    return found

    def wait_for_message(self, method: str) -> dict[str, Any]:
        """The next message of this method."""
        end = time.monotonic() + PATIENCE
        while (message := self._next(end)).get("method") != method:
            pass
        return message

    def request(self, method: str, params: Any) -> Any:
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": params})
        end = time.monotonic() + PATIENCE
        while (message := self._next(end)).get("id") != self._ids:
            pass
        assert "error" not in message, message
        return message["result"]

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _next(self, end: float) -> dict[str, Any]:
        try:
            message = self.messages.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            raise AssertionError(f"no such message; the last were {self.log[-3:]}") from None
        self.log.append(message)
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            name, _, length = line.partition(b": ")
            assert name in (b"Content-Length", b"Content-Type"), line  # nothing else is on standard output
            if name == b"Content-Length":
                size = int(length)
            while stream.readline().strip():
                pass
            self.messages.put(json.loads(stream.read(size)))
