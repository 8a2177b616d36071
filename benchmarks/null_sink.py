"""A null sink: a server that answers as S3 does and keeps only names, sizes and checksums. It throws the bytes away.

    python benchmarks/null_sink.py [--port N] [--latency SECONDS] [--log FILE]

What is measured against it is the client. One process, one thread, no copy of a body: Linux discards it in the kernel.
It knows what a publisher or an uploader asks: PUT, HEAD, GET of small control objects, DELETE, LIST, and uploads in
parts; it checks no signature and no checksum. What a server before it has stored it learns from that server's log.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import contextlib
import heapq
import json
import re
import selectors
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

_DISCARDED = getattr(socket, "MSG_TRUNC", 0)
_CHUNK = 1 << 20
_PAGE = 1000
_PLAIN = re.compile("[a-zA-Z0-9_./-]*").fullmatch
#: Bodies of such keys are kept, because a publisher reads them again.
_KEPT = "/.aind-lint/"


@dataclass
class Stored:
    """What is remembered of an object."""

    size: int
    etag: str
    checksums: list[tuple[str, str]]
    content: bytes | None = None


@dataclass
class Bucket:
    """Objects by key, and the keys in order, sorted when they are next listed."""

    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, tuple[str, dict[int, tuple[int, str]]]] = field(default_factory=dict)
    _sorted: list[str] = field(default_factory=list)
    _added: list[str] = field(default_factory=list)

    def add(self, key: str, stored: Stored) -> None:
        """Store an object; an existing one is replaced."""
        if key not in self.objects:
            self._added.append(key)
        self.objects[key] = stored

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        if self.objects.pop(key, None):
            self._sorted = sorted(self.objects)
            self._added = []

    def keys_from(self, prefix: str, after: str) -> Iterator[str]:
        """The keys with a prefix that come after another one, in order."""
        if self._added:
            self._sorted = sorted(self._sorted + self._added)
            self._added = []
        place = bisect.bisect_right(self._sorted, after) if after else bisect.bisect_left(self._sorted, prefix)
        while place < len(self._sorted) and self._sorted[place].startswith(prefix):
            yield self._sorted[place]
            place += 1


@dataclass
class Request:
    """A request whose head has been read."""

    method: str
    path: str
    query: dict[str, str]
    head: bytes
    small: bytes

    def header(self, name: bytes) -> str:
        """The value of a header whose name is given in small letters; empty when it is missing."""
        start = self.small.find(b"\r\n" + name + b":")
        if start < 0:
            return ""
        start += len(name) + 3
        return self.head[start : self.head.find(b"\r\n", start)].strip().decode("latin-1")


class Sink:
    """The buckets, and the answers."""

    def __init__(self, log: Path | None) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.counted: Counter[str] = Counter()
        self._numbers = count(1)
        self._log = log.open(encoding="utf-8") if log else None

    def _read_log(self) -> None:
        for line in self._log or ():
            target, size, etag = line.split()
            name, _, key = (unquote(target) if "%" in target else target)[1:].partition("/")
            if name not in self.buckets:
                self.buckets[name] = Bucket()
            self.buckets[name].add(key, Stored(int(size), f'"{etag}"', []))
            self.counted["PUT"] += 1

    def answer(self, request: Request, body: bytes, length: int) -> bytes:
        """The reply to a request with a body of ``length`` bytes; ``body`` is the part of it that was stored."""
        self._read_log()
        if request.path == "/_requests":
            reply = json.dumps(self.counted).encode()
            self.counted.clear()
            return _reply("200 OK", reply)
        name, _, key = unquote(request.path).lstrip("/").partition("/")
        bucket = self.buckets.setdefault(name, Bucket())
        kind = request.method + "".join(f" {q}" for q in ("uploads", "uploadId", "partNumber") if q in request.query)
        self.counted[kind if key else f"{kind} of the bucket"] += 1
        if not key:
            return self._of_bucket(request, bucket)
        return getattr(self, f"_{request.method.lower()}")(request, bucket, key, body, length)

    def _put(self, request: Request, bucket: Bucket, key: str, body: bytes, length: int) -> bytes:
        size = int(request.header(b"x-amz-decoded-content-length") or length)
        etag = f'"{next(self._numbers):032x}"'
        checksums = _checksums(request)
        if "partNumber" in request.query:
            upload = bucket.uploads.get(request.query["uploadId"])
            if upload is None:
                return _error("404 Not Found", "NoSuchUpload")
            upload[1][int(request.query["partNumber"])] = (size, etag)
        else:
            if key in bucket.objects and request.header(b"if-none-match"):
                return _error("412 Precondition Failed", "PreconditionFailed")
            bucket.add(key, Stored(size, etag, checksums, body if _KEPT in key else None))
        return _reply("200 OK", b"", [("ETag", etag), *checksums])

    def _post(self, request: Request, bucket: Bucket, key: str, body: bytes, length: int) -> bytes:
        if "uploads" in request.query:
            number = f"upload{next(self._numbers)}"
            bucket.uploads[number] = (key, {})
            return _xml("InitiateMultipartUploadResult", f"<Key>{escape(key)}</Key><UploadId>{number}</UploadId>")
        if "uploadId" not in request.query:
            return _error("501 Not Implemented", "NotImplemented")
        if key in bucket.objects and request.header(b"if-none-match"):
            return _error("412 Precondition Failed", "PreconditionFailed")
        upload = bucket.uploads.pop(request.query["uploadId"], None)
        if upload is None:
            return _error("404 Not Found", "NoSuchUpload")
        etag = f'"{next(self._numbers):032x}-{len(upload[1])}"'
        bucket.add(key, Stored(sum(size for size, _ in upload[1].values()), etag, _checksums(request)))
        named = "".join(
            f"<{_tag(name)}>{value}</{_tag(name)}>" for name, value in _checksums(request) if "type" not in name
        )
        return _xml("CompleteMultipartUploadResult", f"<Key>{escape(key)}</Key><ETag>{etag}</ETag>{named}")

    def _head(self, request: Request, bucket: Bucket, key: str, body: bytes, length: int) -> bytes:
        stored = bucket.objects.get(key)
        if stored is None:
            return _reply("404 Not Found", b"", length=0)
        wanted = stored.checksums if request.header(b"x-amz-checksum-mode") else []
        headers = [("ETag", stored.etag), ("Last-Modified", formatdate(usegmt=True)), *wanted]
        return _reply("200 OK", b"", headers, length=stored.size)

    def _get(self, request: Request, bucket: Bucket, key: str, body: bytes, length: int) -> bytes:
        if upload := bucket.uploads.get(request.query.get("uploadId", "")):
            parts = "".join(
                f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag><Size>{size}</Size></Part>"
                for n, (size, etag) in sorted(upload[1].items())
            )
            return _xml("ListPartsResult", f"<IsTruncated>false</IsTruncated>{parts}")
        stored = bucket.objects.get(key)
        if stored is None:
            return _error("404 Not Found", "NoSuchKey")
        if stored.content is None:
            return _error("501 Not Implemented", "NotImplemented")  # the bytes are gone
        return _reply("200 OK", stored.content, [("ETag", stored.etag)])

    def _delete(self, request: Request, bucket: Bucket, key: str, body: bytes, length: int) -> bytes:
        if "uploadId" in request.query:
            bucket.uploads.pop(request.query["uploadId"], None)
        else:
            bucket.remove(key)
        return _reply("204 No Content", b"")

    def _of_bucket(self, request: Request, bucket: Bucket) -> bytes:
        query = request.query
        if request.method in ("PUT", "HEAD"):
            return _reply("200 OK", b"")
        if "uploads" in query:
            uploads = "".join(
                f"<Upload><Key>{escape(key)}</Key><UploadId>{number}</UploadId></Upload>"
                for number, (key, _) in bucket.uploads.items()
                if key.startswith(query.get("prefix", ""))
            )
            return _xml("ListMultipartUploadsResult", f"<IsTruncated>false</IsTruncated>{uploads}")
        if "versioning" in query:
            return _xml("VersioningConfiguration", "")
        if "list-type" not in query:
            return _error("501 Not Implemented", "NotImplemented")
        return _list(query, bucket)


def _list(query: dict[str, str], bucket: Bucket) -> bytes:
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = query.get("start-after", "")
    if token := query.get("continuation-token"):
        after = base64.urlsafe_b64decode(token).decode()
    limit = min(int(query.get("max-keys") or _PAGE), _PAGE)
    shown: list[str] = []
    folders: dict[str, None] = {}
    last, more = "", False
    for key in bucket.keys_from(prefix, after):
        if len(shown) + len(folders) == limit:
            more = True
            break
        last = key
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            folders[prefix + rest.split(delimiter)[0] + delimiter] = None
        else:
            stored = bucket.objects[key]
            shown.append(
                f"<Contents><Key>{_quoted(key, query)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>{stored.etag}</ETag><Size>{stored.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            )
    inside = (
        f"<KeyCount>{len(shown) + len(folders)}</KeyCount><MaxKeys>{limit}</MaxKeys><Prefix>{escape(prefix)}</Prefix>"
    )
    if "encoding-type" in query:
        inside += "<EncodingType>url</EncodingType>"
    inside += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    if more:
        token = base64.urlsafe_b64encode(last.encode()).decode()
        inside += f"<NextContinuationToken>{token}</NextContinuationToken>"
    inside += "".join(f"<CommonPrefixes><Prefix>{_quoted(f, query)}</Prefix></CommonPrefixes>" for f in folders)
    return _xml("ListBucketResult", inside + "".join(shown))


def _quoted(key: str, query: dict[str, str]) -> str:
    if _PLAIN(key):
        return key
    return quote(key) if "encoding-type" in query else escape(key)


def _checksums(request: Request) -> list[tuple[str, str]]:
    found = []
    for name in ("crc64nvme", "crc32", "crc32c", "sha256"):
        if value := request.header(b"x-amz-checksum-" + name.encode()):
            found += [(f"x-amz-checksum-{name}", value), ("x-amz-checksum-type", "FULL_OBJECT")]
    return found


def _tag(header: str) -> str:
    return "Checksum" + header.rpartition("-")[2].upper()


def _reply(status: str, body: bytes, headers: list[tuple[str, str]] | None = None, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers or ())
    return f"HTTP/1.1 {status}\r\n{lines}Content-Length: {size}\r\n\r\n".encode() + body


def _xml(name: str, inside: str) -> bytes:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{inside}</{name}>'.encode()
    return _reply("200 OK", body, [("Content-Type", "application/xml")])


def _error(status: str, code: str) -> bytes:
    body = f"<Error><Code>{code}</Code><Message>from the null sink</Message></Error>".encode()
    return _reply(status, body, [("Content-Type", "application/xml")])


class _Connection:
    """One client: bytes of heads, then a body that is counted down."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""
        self.request: Request | None = None
        self.left = self.length = 0
        self.kept: list[bytes] | None = None
        self.out = b""


class Server:
    """The loop: connections, heads, bodies, and replies that wait for their time."""

    def __init__(self, port: int, latency: float, log: Path | None) -> None:
        self.sink = Sink(log)
        self._latency = latency
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._waiting: list[tuple[float, int, _Connection, bytes]] = []
        self._order = count()
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        """Serve until the process is ended."""
        while True:
            timeout = max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else None
            for event, mask in self._selector.select(timeout):
                if event.data is None:
                    self._accept()
                else:
                    try:
                        self._flush(event.data) if mask & selectors.EVENT_WRITE else self._read(event.data)
                    except OSError:
                        self._close(event.data)
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                _, _, connection, reply = heapq.heappop(self._waiting)
                with contextlib.suppress(OSError):
                    self._send(connection, reply)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.register(sock, selectors.EVENT_READ, _Connection(sock))

    def _close(self, connection: _Connection) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)
        connection.sock.close()

    def _read(self, connection: _Connection) -> None:
        if connection.left:
            with contextlib.suppress(BlockingIOError):
                self._read_body(connection)
            return
        data = connection.sock.recv(65536)
        if not data:
            self._close(connection)
            return
        connection.buffer += data
        self._take(connection)

    def _read_body(self, connection: _Connection) -> None:
        if connection.kept is not None:
            data = connection.sock.recv(min(connection.left, _CHUNK))
            connection.kept.append(data)
            got = len(data)
        else:
            got = len(connection.sock.recv(min(connection.left, _CHUNK), _DISCARDED))
        if not got:
            raise ConnectionError
        connection.left -= got
        if not connection.left:
            self._finish(connection)

    def _take(self, connection: _Connection) -> None:
        """Take the heads of requests out of the buffer, with what of their bodies came along."""
        while connection.request is None:
            end = connection.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head, rest = connection.buffer[: end + 2], connection.buffer[end + 4 :]
            line = head[: head.find(b"\r\n")].decode("latin-1")
            method, target, _ = line.split(" ")
            path, _, query = target.partition("?")
            parameters = {n: v[0] for n, v in parse_qs(query, keep_blank_values=True).items()} if query else {}
            request = Request(method, path, parameters, head, head.lower())
            connection.length = int(request.header(b"content-length") or 0)
            connection.request = request
            if request.header(b"expect"):
                connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.kept = [] if _KEPT in path or "%2E" in path else None
            here = rest[: connection.length]
            connection.buffer = rest[connection.length :]
            if connection.kept is not None:
                connection.kept.append(here)
            connection.left = connection.length - len(here)
            if not connection.left:
                self._finish(connection)

    def _finish(self, connection: _Connection) -> None:
        assert connection.request is not None
        reply = self.sink.answer(connection.request, b"".join(connection.kept or ()), connection.length)
        if connection.request.method == "HEAD":
            reply = reply[: reply.find(b"\r\n\r\n") + 4]
        connection.request = None
        if self._latency:
            heapq.heappush(self._waiting, (time.monotonic() + self._latency, next(self._order), connection, reply))
        else:
            self._send(connection, reply)
        if connection.buffer:
            self._take(connection)

    def _send(self, connection: _Connection, reply: bytes) -> None:
        connection.out += reply
        self._flush(connection)

    def _flush(self, connection: _Connection) -> None:
        with contextlib.suppress(BlockingIOError):
            connection.out = connection.out[connection.sock.send(connection.out) :]
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.out else 0)
        if self._selector.get_key(connection.sock).events != mask:
            self._selector.modify(connection.sock, mask, connection)


@contextlib.contextmanager
def running_sink(latency: float = 0, log: Path | None = None) -> Iterator[str]:
    """A sink in a process of its own; its endpoint."""
    command = [sys.executable, "-S", __file__, "--latency", str(latency), *(["--log", str(log)] if log else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def requests_since(endpoint: str) -> dict[str, int]:
    """How many requests of each kind a sink has answered since it was last asked this."""
    with urllib.request.urlopen(f"{endpoint}/_requests") as reply:
        return dict(json.load(reply))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--latency", type=float, default=0)
    options.add_argument("--log", type=Path)
    chosen = options.parse_args()
    server = Server(chosen.port, chosen.latency, chosen.log)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
