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


class _ConnectionHandler(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            client = self.server.accept_client(self.request)
            if client is not None:
                with client, socket.create_connection(self.server.target) as target:
                    back = threading.Thread(target=_copy, args=(target, client), daemon=True)
                    back.start()
                    _copy(client, target)
                    back.join()


class _Listener(socketserver.ThreadingTCPServer):
    """Every connection is forwarded to ``target``.

    Attributes:
        behind: Host and port.
        asked_for: The hosts that clients of a proxy requested.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _ConnectionHandler)
        self.target = target
        self.requested_hosts: list[str] = []

    def accept_client(self, connection: socket.socket) -> socket.socket | None:
        raise NotImplementedError


class _TlsListener(_Listener):
    context: ssl.SSLContext

    def accept_client(self, connection: socket.socket) -> socket.socket | None:
        return self.context.wrap_socket(connection, server_side=True)


class _ProxyListener(_Listener):
    def accept_client(self, connection: socket.socket) -> socket.socket | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        method, target, _ = head.decode("latin-1").split("\r\n")[0].split()
        self.requested_hosts.append(target)
        if method != "CONNECT":
            return None
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        return connection


class _CaptivePortal(http.server.BaseHTTPRequestHandler):
    def respond(self) -> None:
        page = b"<html><body>Welcome, guest</body></html>"
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    do_GET = do_HEAD = do_PUT = do_POST = respond  # noqa: N815 - these names are the library's

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running_listener(listener: Any) -> Iterator[Any]:
    """Run a server in a thread until the end of the context."""
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
    """The port of a listener that terminates TLS in front of the server at ``endpoint_url``."""
    where = urlsplit(endpoint_url)
    listener = _TlsListener((str(where.hostname), where.port or 80))
    listener.context = context
    with running_listener(listener):
        yield listener.server_address[1]


@contextlib.contextmanager
def running_proxy(port: int) -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that forwards all connections to ``port`` of this machine, and the requested hosts."""
    with running_listener(_ProxyListener(("127.0.0.1", port))) as listener:
        yield f"http://127.0.0.1:{listener.server_address[1]}", listener.requested_hosts


@contextlib.contextmanager
def running_portal() -> Iterator[str]:
    """The address of a captive portal: it answers every request with the same page."""
    with running_listener(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _CaptivePortal)) as listener:
        yield f"http://127.0.0.1:{listener.server_address[1]}"
