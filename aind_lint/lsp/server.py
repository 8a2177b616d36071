"""The language server: what the editor sends, and what it gets. Checks run in two worker processes.

A keystroke cancels every running check of its file. Syntax, schema and rules of the file are checked at once; the asset
with its models a second after the last keystroke, and on saving. A finding is published only for the version of the
text that was checked.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from aind_lint._version import __version__
from aind_lint.lsp.document_checker import is_sidecar, owner_of
from aind_lint.lsp.messages import ASSET, CheckReply, CheckRequest, Task
from aind_lint.lsp.open_document import OpenDocument, Shown
from aind_lint.lsp.presentation import code_action, diagnostic, hover_text, to_range
from aind_lint.lsp.worker_process import WorkerProcess

#: Seconds from the last keystroke to the check of the asset.
ASSET_DELAY = 1.0


class FindingsServer(LanguageServer):
    """Publishes the findings of the open sidecars."""

    def __init__(self) -> None:
        # The whole text with each change: an edit of a part counts lines as the protocol does, which pygls does not.
        super().__init__("aind-lint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.documents: dict[str, OpenDocument] = {}
        self._timers: dict[Path, asyncio.TimerHandle] = {}
        self._numbers = count(1)
        self._text_worker = self._start("text")
        self._asset_worker = self._start("asset")
        # The number of the latest check of each asset, with the versions of the texts.
        self._asset_requests: dict[Path, tuple[int, dict[str, int]]] = {}
        self._shown_errors: set[str] = set()

    def _start(self, task: Task) -> WorkerProcess:
        return WorkerProcess(partial(self._from_thread, self._receive), partial(self._from_thread, self._lost, task))

    def _from_thread(self, function: Any, *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the server has ended
            return

    def open(self, document: OpenDocument) -> None:
        """Check a file that was opened."""
        self._loop = asyncio.get_running_loop()
        self.documents[document.uri] = document
        self._check_text(document)
        self.check_asset(document.owner, delay=0)

    def change(self, document: OpenDocument, text: str, version: int) -> None:
        """Check a file that was edited."""
        if document.change(text, version):
            self.publish(document)
        self._check_text(document)
        self._asset_worker.send(CheckRequest("cancel", str(document.owner), next(self._numbers)))
        self.check_asset(document.owner, ASSET_DELAY)

    def close(self, uri: str) -> None:
        """Clear the findings of a file that was closed; other open files of the asset are checked again."""
        document = self.documents.pop(uri, None)
        if document is None:
            return
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))
        self.check_asset(document.owner, delay=0)

    def check_asset(self, owner: Path, delay: float) -> None:
        """Check an asset after some seconds, unless another call comes first."""
        if timer := self._timers.pop(owner, None):
            timer.cancel()
        if delay:
            self._timers[owner] = self._loop.call_later(delay, self._send_asset, owner)
        else:
            self._send_asset(owner)

    def end_workers(self) -> None:
        """End the processes."""
        self._text_worker.close()
        self._asset_worker.close()

    def publish(self, document: OpenDocument) -> None:
        """Show the findings of a file."""
        diagnostics = [diagnostic(shown) for shown in document.findings]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=document.uri, version=document.version, diagnostics=diagnostics)
        )

    def _check_text(self, document: OpenDocument) -> None:
        document.number = next(self._numbers)
        text = {str(document.path): _encode(document.text)}
        self._text_worker.send(CheckRequest("text", str(document.path), document.number, self._encoding, text))

    def _send_asset(self, owner: Path) -> None:
        self._timers.pop(owner, None)
        documents = [document for document in self.documents.values() if document.owner == owner]
        if documents:
            texts = {str(document.path): _encode(document.text) for document in documents}
            number = next(self._numbers)
            self._asset_requests[owner] = number, {document.uri: document.version for document in documents}
            self._asset_worker.send(CheckRequest("asset", str(owner), number, self._encoding, texts))

    @property
    def _encoding(self) -> str:
        return types.PositionEncodingKind(self.workspace.position_encoding or "utf-16").value

    def _receive(self, reply: CheckReply) -> None:
        """Show the result of a stage in the files whose text is still the one that was checked."""
        if reply.error is not None:
            self._show_error(reply.error)
            return
        number, versions = self._asset_requests.get(Path(reply.key), (0, {})) if reply.stage == ASSET else (0, {})
        for document in list(self.documents.values()):
            if str(document.path) not in reply.findings:
                continue
            if reply.stage == ASSET:
                is_current = number == reply.number and versions.get(document.uri) == document.version
            else:
                is_current = document.number == reply.number
            if is_current:
                document.apply(reply)
                self.publish(document)

    def _lost(self, task: Task) -> None:
        self._show_error(f"a check has ended unexpectedly ({task}); it runs again with the next change")

    def _show_error(self, message: str) -> None:
        """Show a message once: a wrong configuration fails every check."""
        if message not in self._shown_errors:
            self._shown_errors.add(message)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"aind-lint: {message}"))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def make_server() -> FindingsServer:
    """A server with handlers for what an editor sends."""
    server = FindingsServer()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(server: FindingsServer, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        path = to_fs_path(item.uri)
        if path is not None and item.uri.startswith("file:") and is_sidecar(Path(path)):
            server.open(OpenDocument(item.uri, Path(path), owner_of(Path(path)), item.text, item.version))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(server: FindingsServer, params: types.DidChangeTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None and params.content_changes:
            server.change(document, params.content_changes[-1].text, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(server: FindingsServer, params: types.DidSaveTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is not None:
            server.check_asset(document.owner, delay=0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(server: FindingsServer, params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(server: FindingsServer, params: types.HoverParams) -> types.Hover | None:
        found = _findings_at(server, params.text_document.uri, types.Range(params.position, params.position))
        if not found:
            return None
        text = "\n\n---\n\n".join(hover_text(shown) for shown in found)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), to_range(found[0]["range"]))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def code_actions(server: FindingsServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.documents.get(params.text_document.uri)
        found = _findings_at(server, params.text_document.uri, params.range)
        versioned = _knows_versions(server.client_capabilities)
        actions = (code_action(shown, document, versioned) for shown in found if document is not None)
        return [action for action in actions if action is not None]

    return server


def _knows_versions(capabilities: types.ClientCapabilities) -> bool:
    """Whether the editor takes edits for one version of a text."""
    edits = capabilities.workspace and capabilities.workspace.workspace_edit
    return bool(edits and edits.document_changes)


def _findings_at(server: FindingsServer, uri: str, where: types.Range) -> list[Shown]:
    document = server.documents.get(uri)
    start, end = ([place.line, place.character] for place in (where.start, where.end))
    findings = document.findings if document else []
    return [shown for shown in findings if shown["range"][0] <= end and start <= shown["range"][1]]


def serve() -> None:
    """Serve one editor on standard input and output, which belong to the protocol alone."""
    protocol_output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints, prints to standard error
    server = make_server()
    try:
        server.start_io(sys.stdin.buffer, protocol_output)
    finally:
        server.end_workers()
