"""What can be in front of a server: a TLS terminator, a proxy, a captive portal."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit


class _Door(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            client = self.server.enter(self.request)
            if client is not None:
                with client, socket.create_connection(self.server.behind) as behind:
                    back = threading.Thread(target=_pump, args=(behind, client), daemon=True)
                    back.start()
                    _pump(client, behind)
                    back.join()


class _Listener(socketserver.ThreadingTCPServer):
    """Every connection is forwarded to ``behind``.

    Attributes:
        behind: Host and port.
        asked_for: The hosts that clients of a proxy requested.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, behind: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.behind = behind
        self.asked_for: list[str] = []

    def enter(self, connection: socket.socket) -> socket.socket | None:
        raise NotImplementedError


class _TLS(_Listener):
    context: ssl.SSLContext

    def enter(self, connection: socket.socket) -> socket.socket | None:
        return self.context.wrap_socket(connection, server_side=True)


class _Proxy(_Listener):
    def enter(self, connection: socket.socket) -> socket.socket | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        method, target, _ = head.decode("latin-1").split("\r\n")[0].split()
        self.asked_for.append(target)
        if method != "CONNECT":
            return None
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return connection


class _Portal(http.server.BaseHTTPRequestHandler):
    def answer(self) -> None:
        page = b"<html><body>Welcome, guest</body></html>"
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    do_GET = do_HEAD = do_PUT = do_POST = answer  # noqa: N815 - these names are the library's

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running_listener(listener: Any) -> Iterator[Any]:
    """A server that answers in a thread, until the end."""
    with listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()


@contextlib.contextmanager
def running_tls(endpoint_url: str, context: ssl.SSLContext) -> Iterator[int]:
    """The port of a door with a certificate before the server at ``endpoint_url``."""
    where = urlsplit(endpoint_url)
    listener = _TLS((str(where.hostname), where.port or 80))
    listener.context = context
    with running_listener(listener):
        yield listener.server_address[1]


@contextlib.contextmanager
def running_proxy(port: int) -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that leads everybody to ``port`` of this machine, and the hosts it has been asked for."""
    with running_listener(_Proxy(("127.0.0.1", port))) as listener:
        yield f"http://127.0.0.1:{listener.server_address[1]}", listener.asked_for


@contextlib.contextmanager
def running_portal() -> Iterator[str]:
    """The address of a server that answers every request with the same page, as that of a guests' network does."""
    with running_listener(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Portal)) as listener:
        yield f"http://127.0.0.1:{listener.server_address[1]}"
