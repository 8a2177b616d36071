"""Small objects are stored by libcurl: what it signs, what it makes of an answer, and that it asks once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import get_cert_path
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aind_lint.bucket.target import Delegation, Put, PutError, Target
from aind_lint.checksum import crc64nvme, encode_crc

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
        while not (b"\r\n\r\n" in data and data.endswith(CONTENT)):
            if not (more := connection.recv(65536)):
                return b""
            data += more
        return data


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


def delegation(ear: Ear, token: str | None = None) -> Delegation:
    target = Target(ear.url, "eu-west-1", 5.0, str(get_cert_path(True)))
    return Delegation(target, "a prefix/", "key", "sécret", token, 0.0)


def store(put: Put, to: Delegation, key: str = "key") -> bool:
    put.prepare(to, key, CONTENT, encode_crc(crc64nvme(CONTENT)), "tag")
    return put.perform()


def headers_of(request: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return first.split(" ")[1], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


@pytest.mark.parametrize("token", [None, "a/token+=="])
def test_it_signs_as_boto3_does(token):
    with running_ear() as ear:
        put, to = Put(), delegation(ear, token)

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
        @example("dir x/ü#1?.bin")
        @example("a//b")
        @example("100%25 & more=+~!*'()")
        @example("中文🧠")
        @given(KEYS)
        def compare(key):
            assert store(put, to, key)
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
    assert store(Put(), delegation(ear)) is False


def test_a_refusal_has_its_code_and_is_forgotten_by_the_next(ear):
    ear.answers = lambda number: REFUSED if number == 1 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
    put = Put()
    with pytest.raises(PutError, match="SlowDown") as refused:
        store(put, delegation(ear))
    assert (refused.value.code, refused.value.status) == ("SlowDown", 403)
    with pytest.raises(PutError, match="the server answered 500") as refused:
        store(put, delegation(ear))
    assert (refused.value.code, refused.value.status) == ("", 500)


def test_a_lost_reply_is_told_and_not_asked_for_again(ear):
    """By nobody knows whom: who asked must first see whether he still may."""
    ear.answers = lambda number: STORED if number == 1 else None
    put, to = Put(), delegation(ear)
    assert store(put, to)
    with pytest.raises(PutError, match="the connection failed") as lost:  # of a connection that was used before
        store(put, to)
    assert (lost.value.status, len(ear.heard)) == (599, 2)


def test_silence_ends(ear):
    ear.answers = lambda number: b""
    to = delegation(ear)
    with pytest.raises(PutError, match="does not answer, or very slowly"):
        store(Put(), replace(to, target=replace(to.target, patience=0.3)))


def test_an_endless_refusal_is_not_kept(ear):
    body = b"<Error><Code>Long</Code>" + b"x" * 2**20
    ear.answers = lambda number: b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    put = Put()
    with pytest.raises(PutError, match="Long"):
        store(put, delegation(ear))
    assert len(put._answer) < 2**16
