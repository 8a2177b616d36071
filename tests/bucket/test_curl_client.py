"""Small objects are stored by libcurl: what it signs, what it makes of an answer, and that it asks once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import get_cert_path
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aind_lint.bucket.s3 import put_dispatcher as line_module
from aind_lint.bucket.s3.curl_client import PutError, PutRequest
from aind_lint.bucket.s3.put_dispatcher import PutDispatcher
from aind_lint.bucket.upload_context import Endpoint, SignedUploadContext
from aind_lint.storage.checksum import crc64nvme, encode_crc
from tests.publication.worker_processes import only_linux, wait_until

CONTENT = b"content"
STORED = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 35\r\n\r\n<Error><Code>SlowDown</Code></Error>"

#: Names between slashes; what a file cannot be called is not among them.
_PARTS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
KEYS = st.lists(_PARTS.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4).map("/".join)


class Ear:
    """A server that keeps the requests it hears, and answers each as it is told; None is a closed connection."""

    def __init__(self, listener: socket.socket) -> None:
        self.heard: list[bytes] = []
        self.answers: Callable[[int], bytes | None] = lambda number: STORED
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/bucket/"
        self._listener = listener

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            while request := self._request(connection):
                self.heard.append(request)
                if (answer := self.answers(len(self.heard))) is None:
                    return
                connection.sendall(answer)

    @staticmethod
    def _request(connection: socket.socket) -> bytes:
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
                return data
            if not (more := connection.recv(65536)):
                return b""
            data += more


@contextmanager
def running_ear() -> Iterator[Ear]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ear = Ear(listener)
        Thread(target=ear.listen, daemon=True).start()
        yield ear
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def ear() -> Iterator[Ear]:
    with running_ear() as ear:
        yield ear


def delegation(ear: Ear, token: str | None = None) -> SignedUploadContext:
    target = Endpoint(ear.url, "eu-west-1", 5.0, str(get_cert_path(True)))
    return SignedUploadContext(target, "a prefix/", "key", "sécret", token, 0.0)


def store(line: PutDispatcher, to: SignedUploadContext, key: str = "key", content: bytes = CONTENT) -> bool:
    put = PutRequest()
    put.prepare(to, key, content, encode_crc(crc64nvme(content)), "tag")
    return line.perform(put)


def descriptors() -> int:
    """How many files and connections this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def headers_of(request: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return first.split(" ")[1], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


@pytest.mark.parametrize("token", [None, "a/token+=="])
def test_it_signs_as_boto3_does(token):
    with running_ear() as ear:
        line, to = PutDispatcher(), delegation(ear, token)

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
        @example("dir x/ü#1?.bin")
        @example("a//b")
        @example("100%25 & more=+~!*'()")
        @example("中文🧠")
        @given(KEYS)
        def compare(key):
            assert store(line, to, key)
            path, headers = headers_of(ear.heard[-1])
            signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
            must = {"host", "if-none-match", "x-amz-checksum-crc64nvme", "x-amz-content-sha256", "x-amz-date"}
            assert must | ({"x-amz-security-token"} if token else set()) <= set(signed)
            lines = "".join(f"{name}:{headers[name]}\n" for name in signed)
            canonical = f"PUT\n{path}\n\n{lines}\n{';'.join(signed)}\nUNSIGNED-PAYLOAD"
            signer = S3SigV4Auth(Credentials("key", "sécret"), "s3", "eu-west-1")
            request = AWSRequest("PUT", ear.url)
            request.context["timestamp"] = headers["x-amz-date"]
            expected = signer.signature(signer.string_to_sign(request, canonical), request)
            assert headers["authorization"].endswith(f"Signature={expected}")

        compare()


def test_a_taken_key_is_no_failure(ear):
    ear.answers = lambda number: b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n"
    assert store(PutDispatcher(), delegation(ear)) is False


def test_a_refusal_has_its_code_and_is_forgotten_by_the_next(ear):
    ear.answers = lambda number: REFUSED if number == 1 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
    line, put = PutDispatcher(), PutRequest()
    for reason, code, status in (("SlowDown", "SlowDown", 403), ("the server answered 500", "", 500)):
        put.prepare(delegation(ear), "key", CONTENT, encode_crc(crc64nvme(CONTENT)), "tag")
        with pytest.raises(PutError, match=reason) as refused:
            line.perform(put)
        assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["some", "nothing"])
def test_a_lost_reply_is_told_and_not_asked_for_again(content, ear):
    """By nobody knows whom: who asked must first see whether he still may."""
    ear.answers = lambda number: None if number == 2 else STORED
    line, to = PutDispatcher(), delegation(ear)
    assert store(line, to)
    with pytest.raises(PutError, match="the connection failed") as lost:  # of a connection that was used before
        store(line, to, content=content)
    assert (lost.value.status, len(ear.heard)) == (599, 2)


def test_silence_ends(ear):
    ear.answers = lambda number: b""
    to = delegation(ear)
    with pytest.raises(PutError, match="does not answer, or very slowly"):
        store(PutDispatcher(), replace(to, target=replace(to.target, patience=0.3)))


def test_an_endless_refusal_is_not_kept(ear):
    body = b"<Error><Code>Long</Code>" + b"x" * 2**20
    ear.answers = lambda number: b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    put = PutRequest()
    put.prepare(delegation(ear), "key", CONTENT, encode_crc(crc64nvme(CONTENT)), "tag")
    with pytest.raises(PutError, match="Long"):
        PutDispatcher().perform(put)
    assert len(put._answer) < 2**16


@only_linux
def test_a_line_has_one_connection_for_each_request_at_most_and_leaves_none(ear, monkeypatch):
    monkeypatch.setattr(line_module, "_IDLE", 0.2)
    together, most = Barrier(20), []
    line, to, before = PutDispatcher(), delegation(ear), descriptors()
    to = replace(to, target=replace(to.target, patience=60.0))

    def answer(number: int) -> bytes:
        if together.wait() == 0:  # of each round one looks, which takes its time
            most.append(descriptors())
        return STORED

    ear.answers = answer
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(lambda number: store(line, to, str(number)), range(40)))
    assert max(most) - before < 3 * 20  # of each both ends are of this process
    wait_until(lambda: descriptors() <= before + 20)  # those of the server
    ear.answers = lambda number: STORED
    assert store(line, to, "another")  # who begins anew finds a new one
