"""Requests of libcurl: signature, interpretation of responses, and that none is repeated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aind_lint.bucket.s3.small_objects.curl_client import CurlRequestPool, PutRequest
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.upload_context import SigningContext
from aind_lint.storage.checksum import crc64nvme, encode_crc
from tests.bucket.recording_server import STORED, TAKEN, RecordingServer, context_of, headers_of, running_server

CONTENT = b"content"
CRC = encode_crc(crc64nvme(CONTENT))
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 35\r\n\r\n<Error><Code>SlowDown</Code></Error>"

#: Names between slashes, as files can be called.
_PARTS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
KEYS = st.lists(_PARTS.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4).map("/".join)


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def multi() -> Iterator[CurlRequestPool]:
    multi = CurlRequestPool()
    yield multi
    multi.close()


def perform(multi: CurlRequestPool, request: PutRequest) -> bool:
    multi.begin(request)
    while not multi.poll():
        pass
    return request.outcome() is not None


def store(multi: CurlRequestPool, to: SigningContext, key: str = "key", content: bytes = CONTENT) -> bool:
    request = PutRequest()
    request.prepare(to, key, content, encode_crc(crc64nvme(content)), "tag")
    return perform(multi, request)


@pytest.mark.parametrize("token", [None, "a/token+=="])
def test_signs_as_boto3_does(token, multi):
    with running_server() as server:
        context = context_of(server, token)

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
        @example("dir x/ü#1?.bin")
        @example("a//b")
        @example("100%25 & more=+~!*'()")
        @example("中文🧠")
        @given(KEYS)
        def compare(key):
            assert store(multi, context, key)
            path, headers = headers_of(server.requests[-1])
            signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
            must = {"host", "if-none-match", "x-amz-checksum-crc64nvme", "x-amz-content-sha256", "x-amz-date"}
            assert must | ({"x-amz-security-token"} if token else set()) <= set(signed)
            lines = "".join(f"{name}:{headers[name]}\n" for name in signed)
            canonical = f"PUT\n{path}\n\n{lines}\n{';'.join(signed)}\nUNSIGNED-PAYLOAD"
            signer = S3SigV4Auth(Credentials("key", "sécret"), "s3", "eu-west-1")
            request = AWSRequest("PUT", server.url)
            request.context["timestamp"] = headers["x-amz-date"]
            expected = signer.signature(signer.string_to_sign(request, canonical), request)
            assert headers["authorization"].endswith(f"Signature={expected}")

        compare()


def test_a_taken_key_is_no_failure(server, multi):
    server.respond = lambda number: TAKEN
    assert store(multi, context_of(server)) is False


def test_an_error_has_its_code_and_does_not_stay_in_a_reused_request(server, multi):
    server.respond = lambda number: REFUSED if number == 1 else b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
    request = PutRequest()
    for reason, code, status in (("SlowDown", "SlowDown", 403), ("the server answered 500", "", 500)):
        request.prepare(context_of(server), "key", CONTENT, CRC, "tag")
        with pytest.raises(RequestError, match=reason) as refused:
            perform(multi, request)
        assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["some", "nothing"])
def test_a_lost_response_is_reported_and_the_request_not_repeated(content, server, multi):
    """Before a retry it must be checked whether the attempt is still undecided."""
    server.respond = lambda number: None if number == 2 else STORED
    context = context_of(server)
    assert store(multi, context)
    with pytest.raises(RequestError, match="the connection failed") as lost:  # of a connection that was used before
        store(multi, context, content=content)
    assert (lost.value.status, len(server.requests)) == (599, 2)


def test_a_server_that_does_not_answer(server, multi):
    server.respond = lambda number: b""
    with pytest.raises(RequestError, match="does not answer, or very slowly"):
        store(multi, context_of(server, seconds=0.3))


def test_of_an_endless_error_response_only_the_beginning_is_kept(server, multi):
    body = b"<Error><Code>Long</Code>" + b"x" * 2**20
    server.respond = lambda number: b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    request = PutRequest()
    request.prepare(context_of(server), "key", CONTENT, CRC, "tag")
    with pytest.raises(RequestError, match="Long"):
        perform(multi, request)
    assert len(request._response) < 2**16
