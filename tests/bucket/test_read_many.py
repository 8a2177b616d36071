"""Reading many small objects, each in the version that a listing has shown."""

from __future__ import annotations

import os

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.batch_read import CHANGED_SINCE_LISTED, GONE_SINCE_LISTED, ObjectRequest
from aind_lint.bucket.body import Body
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.retry import RetryPolicy
from aind_lint.bucket.s3 import store as s3_store
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError
from tests.bucket.recording_server import OVERLOADED, RecordingServer, headers_of, running_server
from tests.servers import SeaweedFS

CONTENT = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 7\r\n\r\ncontent'
ARCHIVED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 46\r\n\r\n<Error><Code>InvalidObjectState</Code></Error>"
KEYS = [f"asset {number}/session.json" for number in range(5)] + ["100%25 & more=+~!'()", "中文🧠"]
#: An object of this key can be in no folder on Windows.
STARRED_KEY = "a*b"


@pytest.fixture
def without_curl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_store, "is_available", lambda module: False)


@pytest.fixture(params=["libcurl", "boto3"])
def client(request: pytest.FixtureRequest) -> None:
    """Reading by libcurl, and as where it has no wheel."""
    if request.param == "boto3":
        request.getfixturevalue("without_curl")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with running_server() as server:
        server.respond = lambda number: CONTENT
        yield server


def fake_bucket(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A bucket of the recording server, which retries without pauses."""
    report = RetryPolicy.pause_after
    monkeypatch.setattr(RetryPolicy, "pause_after", lambda *given: report(*given) and 0.0)
    return open_store("s3://bucket", Connection(server.url.removesuffix("/bucket/")))


def requests(number: int) -> list[ObjectRequest]:
    return [ObjectRequest(f"{one}/session.json", 7, "1") for one in range(number)]


def test_reads_every_object_in_its_listed_version(client, store):
    stored_keys = [*KEYS, STARRED_KEY] if os.name != "nt" or store.url.startswith("s3:") else KEYS
    for key in stored_keys:
        store.upload(key, Body.of_bytes(key.encode()), "tag")
    listed = [ObjectRequest(*(one.key, one.size, one.etag)) for one in store.scan("")]
    assert len(listed) == len(stored_keys)
    answers = {one.key: one for one in store.read_many(listed)}
    assert {key: one.content for key, one in answers.items()} == {one.key: one.key.encode() for one in listed}
    assert {(one.reason, one.requests) for one in answers.values()} == {("", 1)}


def test_an_object_that_changed_or_went_away_after_the_listing_is_in_flight(client, store):
    store.create("there", Body.of_bytes(b"new content"))
    other = [ObjectRequest("gone", 3, "0" * 32), ObjectRequest("there", 3)]
    if store.url.startswith("s3:"):
        other.append(ObjectRequest("there", 11, "0" * 32))
    answers = list(store.read_many(other))
    assert {one.content for one in answers} == {None}
    assert sorted({one.reason for one in answers}) == [CHANGED_SINCE_LISTED, GONE_SINCE_LISTED]


@pytest.mark.parametrize("objects", [1, 300])
def test_objects_that_may_not_be_read_have_a_reason_each(objects, client, seaweedfs: SeaweedFS, s3, monkeypatch):
    address = f"s3://{seaweedfs.make_bucket()}"
    open_store(address, s3).create("key", Body.of_bytes(b"content"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWITHOUTREAD00000")
    answers = list(open_store(address, s3).read_many([ObjectRequest("key", 7)] * objects))
    assert len(answers) == objects
    assert all(one.content is None and one.reason.startswith("access denied") for one in answers)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        ("404 Not Found", "NoSuchBucket", "there is no such bucket"),
        ("403 Forbidden", "InvalidAccessKeyId", "does not know the access key"),
    ],
)
def test_a_wrong_bucket_and_wrong_credentials_end_the_reading(status, code, message, client, server, monkeypatch):
    body = f"<Error><Code>{code}</Code></Error>"
    answer = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    server.respond = lambda number: answer
    with pytest.raises(BucketError, match=message):
        list(fake_bucket(server, monkeypatch).read_many(requests(3)))


def test_an_archived_object_does_not_hide_others(client, server, monkeypatch):
    server.respond = lambda number: ARCHIVED if number == 2 else CONTENT
    answers = list(fake_bucket(server, monkeypatch).read_many(requests(4)))
    assert sorted(one.content or b"" for one in answers) == [b"", *[b"content"] * 3]
    assert [one.reason for one in answers if one.reason] == [
        "the object is archived; restore it in S3, then run the same command again"
    ]


def test_an_overloaded_server_is_asked_again(server, monkeypatch):
    server.respond = lambda number: OVERLOADED if number % 3 == 1 else CONTENT
    answers = list(fake_bucket(server, monkeypatch).read_many(requests(20)))
    assert [one.content for one in answers] == [b"content"] * 20
    assert sum(one.requests for one in answers) == len(server.requests) > 20


def test_one_object_that_the_server_cannot_read_does_not_end_the_reading(server, monkeypatch):
    def respond(number: int) -> bytes:
        return OVERLOADED if b"/3/session.json" in server.requests[number - 1] else CONTENT

    server.respond = respond
    answers = {one.key: one for one in fake_bucket(server, monkeypatch).read_many(requests(6))}
    assert [key for key, one in answers.items() if one.content is None] == ["3/session.json"]
    assert "the server is overloaded (503) (tried 12 times)" in answers["3/session.json"].reason


def test_a_server_that_fails_every_request_ends_the_reading(client, server, monkeypatch):
    server.respond = lambda number: OVERLOADED
    with pytest.raises(BucketError, match="the server is overloaded"):
        list(fake_bucket(server, monkeypatch).read_many(requests(200)))


def test_credentials_that_expire_are_read_again(server, monkeypatch):
    expired = b"HTTP/1.1 400 No\r\nContent-Length: 40\r\n\r\n<Error><Code>ExpiredToken</Code></Error>"
    server.respond = lambda number: CONTENT if b"another" in server.requests[number - 1] else expired
    store = fake_bucket(server, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert [one.content for one in store.read_many(requests(5))] == [b"content"] * 5


def test_requests_carry_the_condition(client, server, monkeypatch):
    list(fake_bucket(server, monkeypatch).read_many(requests(1)))
    assert headers_of(server.requests[0])[1]["if-match"] == '"1"'


def test_the_rate_of_requests_is_limited(client, server, monkeypatch):
    reserved = []

    class Limiter(RateLimiter):
        def reserve(self, size: int) -> float:
            reserved.append(size)
            return 0.0

    assert len(list(fake_bucket(server, monkeypatch).read_many(requests(5), Limiter(None)))) == 5
    assert reserved == [1] * 5


def test_no_other_object_is_read_for_a_key_with_dots(server, monkeypatch):
    odd = [ObjectRequest(key, 7, "1") for key in ("a/../b", "./c", "d/.")]
    answers = list(fake_bucket(server, monkeypatch).read_many([*odd, *requests(1)]))
    assert [one.content for one in answers] == [b"content", None, None, None]
    assert len(server.requests) == 1


def test_closing_ends_the_reading(client, server, monkeypatch):
    answers = fake_bucket(server, monkeypatch).read_many(requests(5000))
    next(answers)
    answers.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert len(server.requests) < 5000
