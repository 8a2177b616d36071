"""A small HTTP server that records requests and answers as a test wants, and what is needed to send to it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

from botocore.httpsession import get_cert_path

from aind_lint.bucket.upload_context import Endpoint, SigningContext

STORED = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n'
TAKEN = b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n"
OVERLOADED = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 36\r\n\r\n<Error><Code>SlowDown</Code></Error>"


class RecordingServer:
    """A server that records requests.

    Attributes:
        requests: Every request, with its body.
        respond: The response to the request of this number, from 1; None closes the connection.
        most_concurrent: The most requests that were being answered at the same time.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.requests: list[bytes] = []
        self.respond: Callable[[int], bytes | None] = lambda number: STORED
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/bucket/"
        self.most_concurrent = 0
        self._concurrent = 0
        self._lock = Lock()
        self._listener = listener

    def listen(self) -> None:
        """Accept connections until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):  # the client was killed
            while request := self._read(connection):
                with self._lock:
                    self.requests.append(request)
                    number = len(self.requests)
                    self._concurrent += 1
                    self.most_concurrent = max(self.most_concurrent, self._concurrent)
                response = self.respond(number)
                with self._lock:
                    self._concurrent -= 1
                if response is None:
                    return
                connection.sendall(response)

    @staticmethod
    def _read(connection: socket.socket) -> bytes:
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0):
                return data
            if not (more := connection.recv(65536)):
                return b""
            data += more


@contextmanager
def running_server() -> Iterator[RecordingServer]:
    """A running server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RecordingServer(listener)
        Thread(target=server.listen, daemon=True).start()
        yield server
        with suppress(OSError):  # Windows ends `accept` when the socket is closed
            listener.shutdown(socket.SHUT_RDWR)


def context_of(server: RecordingServer, token: str | None = None, seconds: float = 5.0) -> SigningContext:
    """What is needed to send to the server."""
    endpoint = Endpoint(server.url, "eu-west-1", seconds, str(get_cert_path(True)))
    return SigningContext(endpoint, "a prefix/", "key", "sécret", token)


def headers_of(request: bytes) -> tuple[str, dict[str, str]]:
    """Path and headers of a request, the names in small letters."""
    first, *lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return first.split(" ")[1], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
