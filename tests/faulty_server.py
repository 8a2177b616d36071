"""A proxy in front of an S3 server that injects the faults of networks and servers, and records all requests.

Requests are passed on unchanged, because their signature covers the host that the client connects to. So the real
server stores everything, and only responses are forged.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.proxies import running_listener
from tests.servers import SeaweedFS

#: A response with status 200 and an error in its body: only for the completion of a multipart upload.
ERROR_AFTER_OK = "200 and an error"
#: Forged responses by kind of fault: status, code, and whether the server has carried out the request.
_FORGED = {
    "409": (409, "ConditionalRequestConflict", False),
    "500": (500, "InternalError", False),
    "500 though done": (500, "InternalError", True),
    "503": (503, "SlowDown", False),
    "412 though done": (412, "PreconditionFailed", True),
    "expired token": (400, "ExpiredToken", False),
    "access denied": (403, "AccessDenied", False),
    "clock is off": (403, "RequestTimeTooSkewed", False),
    # S3 can begin its response before it has completed an upload, and then cannot change the status.
    ERROR_AFTER_OK: (200, "InternalError", False),
}
#: Forged responses of servers that do not support conditions, only to requests with one.
_REFUSED_CONDITIONS = {
    "condition refused": (501, "NotImplemented", False),
    "condition refused as invalid": (400, "InvalidRequest", False),
    "condition refused without a code": (400, "", False),
}
_FORGED |= _REFUSED_CONDITIONS
#: A server that carries out a write although the key is taken.
CONDITION_IGNORED = "condition ignored"
#: Replies of portals and proxies in front of a server: a page of HTML, and a redirect to one, whatever the request.
HTML, REDIRECT = "200 and a page of HTML", "redirect"
#: After the request another program replaces an object by another one of the same size; not a fault of the server.
REPLACEMENT = "foreign replacement"
#: Requests that take effect after their sender has given up: soon, or only after the client has stopped waiting.
DELAYED = ("done late", "done last")
#: All kinds of faults.
FAULTS = (
    *(kind for kind in _FORGED if kind != ERROR_AFTER_OK and kind not in _REFUSED_CONDITIONS),
    "condition refused",
    "reset before",
    "reset in the body",
    "reset in the reply",
    "lost reply",
    "truncated reply",
    "stalled",
    "slow",
    CONDITION_IGNORED,
    HTML,
    REDIRECT,
    *DELAYED,
)
#: Faults that can affect all requests from one on.
REPEATED = (
    *("500", "503", "expired token", "clock is off", "reset before", "lost reply", "stalled"),
    *(CONDITION_IGNORED, "condition refused", HTML, REDIRECT),
)

#: Minutes by which the server's clock is ahead when it reports a wrong clock.
AHEAD = 20

_LATE_SECONDS = 0.4
_SLOW_SECONDS = 0.5
_WRITES = ("PUT", "POST", "DELETE")


@dataclass
class Request:
    """One received request.

    Attributes:
        number: Its place among those since the last `FaultServer.inject`, from 1.
        method: PUT, GET, …
        bucket: The bucket.
        key: The key, empty for requests to the bucket itself.
        query: Parameters; a missing value is empty.
        headers: By name in lower case.
        size: Bytes of the body.
        status: Status of the real server's response; None if the server did not get the request, or not yet.
    """

    number: int
    method: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    size: int
    status: int | None = None

    @property
    def writes(self) -> bool:
        """Whether the request changes the bucket."""
        return self.method in _WRITES

    @property
    def is_conditional(self) -> bool:
        """Whether the request must not replace an object."""
        return "if-none-match" in self.headers

    @property
    def completes(self) -> bool:
        """Whether the request completes a multipart upload."""
        return self.method == "POST" and "uploadId" in self.query

    @property
    def makes_object(self) -> bool:
        """Whether the request creates an object if it succeeds."""
        whole = self.method == "PUT" and self.key and "partNumber" not in self.query
        return bool(whole or self.completes)

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" if value else name for name, value in self.query.items())
        return f"#{self.number} {self.method} {self.key or self.bucket}{'?' * bool(query)}{query} → {self.status}"


class FaultServer:
    """A running server; `inject` says what it does to the requests that come next."""

    def __init__(self, endpoint_url: str, checksums: bool) -> None:
        self._upstream = urlsplit(endpoint_url).netloc
        self._server = SeaweedFS(endpoint_url)
        self._checksums = checksums
        self._lock = threading.Lock()
        self._plan: Callable[[Request], str | None] = lambda request: None
        self._request_count = 0
        self._active_requests = 0
        self._delayed_threads: list[threading.Thread] = []
        self._release_delayed = threading.Event()
        self.requests: list[Request] = []
        self.replaced: list[str] = []
        self.endpoint_url = ""

    def inject(self, kind: str | None = None, number: int = 0, *, lasts: bool = False) -> None:
        """Inject a fault into the ``number``-th request from now, or into each request from that one on."""
        first = number + 1 if not lasts else sys.maxsize
        self.inject_if(kind, lambda request: number <= request.number < first)

    def inject_if(self, kind: str | None, which: Callable[[Request], bool], most: int = sys.maxsize) -> None:
        """Inject a fault into each request from now for which ``which`` is true, at most into ``most`` of them."""
        left = iter(range(most))

        def plan(request: Request) -> str | None:
            return kind if which(request) and next(left, None) is not None else None

        with self._lock:
            self._plan = plan
            self._request_count = 0
            self._release_delayed.clear()

    def reset(self) -> None:
        """Stop injecting faults, and forget the recorded requests."""
        self.wait_until_idle(late=True)
        self.inject()
        self.requests = []
        self.replaced = []

    def wait_until_idle(self, *, late: bool = False) -> list[Request]:
        """Wait until all requests are answered, with ``late`` also the delayed ones; return the requests so far."""
        if late:
            self._release_delayed.set()
            for thread in self._delayed_threads:
                thread.join()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with self._lock:
                if not self._active_requests:
                    return list(self.requests)
            time.sleep(0.005)
        raise TimeoutError("the server behind the fault server does not answer")

    def _count(self, method: str, target: str, headers: dict[str, str], size: int) -> tuple[Request, str | None]:
        path, _, query = target.partition("?")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        parameters = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        with self._lock:
            self._request_count += 1
            request = Request(self._request_count, method, bucket, key, parameters, headers, size)
            self.requests.append(request)
            return request, self._plan(request)

    def _forward(self, request: Request, target: str, head: list[tuple[str, str]], body: bytes) -> bytes:
        """The response of the real server."""
        with self._lock:
            self._active_requests += 1
        try:
            connection = http.client.HTTPConnection(self._upstream, timeout=30)
            with contextlib.closing(connection):
                connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
                head, body = (head, body) if self._checksums else _without_checksums(request, head, body)
                for name, value in head:
                    connection.putheader(name, value)
                connection.endheaders(body)
                reply = connection.getresponse()
                content = reply.read()
                request.status = reply.status
                kept = [(n, v) for n, v in reply.getheaders() if n.lower() not in ("transfer-encoding", "connection")]
                if not reply.getheader("content-length"):
                    kept.append(("Content-Length", str(len(content))))
                return _reply(reply.status, *self.alter(request, kept, content))
        finally:
            with self._lock:
                self._active_requests -= 1

    def _make_room(self, request: Request) -> None:
        """Remove the object that a request will replace, as a server that ignores the condition does."""
        if request.makes_object:
            self._server.client.delete_object(Bucket=request.bucket, Key=request.key)

    def _replace_object(self, request: Request) -> None:
        """Replace one object that is stored now, chosen by the number of the request; not a control object."""
        listed = self._server.client.list_objects_v2(Bucket=request.bucket).get("Contents", [])
        keys = [item["Key"] for item in listed if item["Size"] and "/.aind-lint/" not in item["Key"]]
        if not keys:
            return
        where = {"Bucket": request.bucket, "Key": keys[request.number % len(keys)]}
        content = self._server.client.get_object(**where)["Body"].read()
        self._server.client.put_object(**where, Body=bytes([content[0] ^ 1]) + content[1:])
        self.replaced.append(where["Key"])

    def refusal(self, request: Request) -> tuple[int, str] | None:
        """Status and error code of a request that a subclass refuses; None to accept it."""

    def alter(
        self, request: Request, headers: list[tuple[str, str]], content: bytes
    ) -> tuple[list[tuple[str, str]], bytes]:
        """The headers and content of the real server's response to pass on; a subclass can change them."""
        return headers, content

    def _forward_delayed(self, fault: str, *arguments: Any) -> None:
        def forward() -> None:
            if fault == "done late":
                time.sleep(_LATE_SECONDS)
            else:
                self._release_delayed.wait(60)
            self._forward(*arguments)

        thread = threading.Thread(target=forward, daemon=True)
        self._delayed_threads.append(thread)
        thread.start()


_F = TypeVar("_F", bound=FaultServer)


class _Handler(socketserver.StreamRequestHandler):
    """One connection from a client."""

    disable_nagle_algorithm = True
    server: _Listener

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            while self._handle_request():
                pass

    def _handle_request(self) -> bool:
        """Answer one request; False when the connection has ended."""
        # TLS: its random bytes have no line break in one of seven cases, and the server would wait for one.
        if self.rfile.peek(1)[:1] == b"\x16":  # type: ignore[attr-defined]
            return False
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        method, target, _ = line
        head = []
        while header := self.rfile.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            head.append((name, value.strip()))
        headers = {name.lower(): value for name, value in head}
        assert "chunked" not in headers.get("transfer-encoding", ""), "a body without a length"
        size = int(headers.get("content-length", 0))
        faults = self.server.faults
        request, fault = faults._count(method, target, headers, size)
        if fault == "reset before":
            return self._reset()
        if headers.get("expect"):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if fault == "reset in the body":
            self.rfile.read(size // 2)
            return self._reset()
        body = self.rfile.read(size)
        if len(body) < size:
            return False
        passed_on = request, target, [(n, v) for n, v in head if n.lower() not in ("expect", "connection")], body
        if fault == "stalled":
            with contextlib.suppress(ConnectionError):
                self.connection.recv(1)  # until the client goes away
            return False
        if fault in DELAYED:
            faults._forward_delayed(fault, *passed_on)
            return False
        if fault in _REFUSED_CONDITIONS and not request.is_conditional:
            fault = None
        if fault == CONDITION_IGNORED:
            faults._make_room(request)
        if refusal := faults.refusal(request):
            reply = _error(method, *refusal)
        elif fault in (HTML, REDIRECT):
            reply = _page(method, fault)
        elif fault in _FORGED and not _FORGED[fault][2]:
            reply = _error(method, *_FORGED[fault][:2])
        else:
            reply = faults._forward(*passed_on)
            if fault in _FORGED:
                reply = _error(method, *_FORGED[fault][:2])
        if fault == REPLACEMENT:
            faults._replace_object(request)
        return self._answer(reply, fault)

    def _answer(self, reply: bytes, fault: str | None) -> bool:
        if fault == "lost reply":
            return False
        if fault == "truncated reply":
            self.wfile.write(reply[: len(reply) // 2])
            return False
        if fault == "reset in the reply":
            self.wfile.write(reply[: len(reply) // 2])
            return self._reset()
        if fault == "slow":
            time.sleep(_SLOW_SECONDS)
        self.wfile.write(reply)
        return True

    def _reset(self) -> bool:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512
    faults: FaultServer

    def shutdown_request(self, request: Any) -> None:
        request.close()  # without a shutdown before, which would turn a reset into a proper end


def _without_checksums(
    request: Request, head: list[tuple[str, str]], body: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    if request.completes:
        body = re.sub(rb"<ChecksumCRC64NVME>[^<]*</ChecksumCRC64NVME>", b"", body)
    dropped = ("x-amz-checksum", "x-amz-sdk-checksum", "content-length")
    kept = [(name, value) for name, value in head if not name.lower().startswith(dropped)]
    return [*kept, ("Content-Length", str(len(body)))], body


def _reply(status: int, headers: list[tuple[str, str]], content: bytes) -> bytes:
    head = [f"HTTP/1.1 {status} {http.client.responses.get(status, '')}", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + content


def _page(method: str, kind: str) -> bytes:
    content = b"<!DOCTYPE html><html><title>Log in</title><p>Accept the terms of this network.</html>"
    headers = [("Content-Type", "text/html"), ("Content-Length", str(len(content)))]
    if kind == HTML:
        return _reply(200, headers, b"" if method == "HEAD" else content)
    return _reply(302, [("Location", "http://127.0.0.1:9/login"), *headers], b"" if method == "HEAD" else content)


def _error(method: str, status: int, code: str) -> bytes:
    if not code:
        return _reply(status, [("Content-Length", "0")], b"")
    content = f"<Error><Code>{code}</Code><Message>a fault on purpose</Message></Error>".encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", "0" if method == "HEAD" else str(len(content)))]
    ahead = AHEAD * 60 if code == "RequestTimeTooSkewed" else 0
    headers.append(("Date", formatdate(time.time() + ahead, usegmt=True)))
    return _reply(status, headers, b"" if method == "HEAD" else content)


@contextlib.contextmanager
def running_fault_server(
    endpoint_url: str,
    checksums: bool = True,
    kind: type[_F] = FaultServer,  # type: ignore[assignment]
) -> Iterator[_F]:
    """A fault server in front of the server at ``endpoint_url``; without ``checksums`` it removes checksum headers."""
    faults = kind(endpoint_url, checksums)
    with running_listener(_Listener(("127.0.0.1", 0), _Handler)) as listener:
        listener.faults = faults
        faults.endpoint_url = f"http://127.0.0.1:{listener.server_address[1]}"
        yield faults
