"""Responses that S3 does not give, or gives rarely: each is one line with exit code 4, after few requests."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.batch_read import ObjectRequest
from aind_lint.bucket.body import Body
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.s3.store import S3Store
from aind_lint.errors import BucketError
from tests.cli.run_command import run_here

_PORTAL = {"Location": "https://portal.example.org/login?session=hidden-value"}
_PAGE = "<!DOCTYPE html><html><body>Log in</body></html>"
_NAME = "123456_2022-12-12_05-06-07"


def _error(code: str, message: str = "", more: str = "") -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"


def _listing(size: str = "1", token: str = "", key: str = f"{_NAME}/subject.json") -> str:
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        f"<ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><IsTruncated>{str(bool(token)).lower()}"
        f"</IsTruncated>{more}<Contents><Key>{key}</Key><Size>{size}</Size></Contents></ListBucketResult>"
    )


@dataclass(frozen=True)
class Answer:
    """What a server answers to every request; ``{}`` in the body is the number of the request."""

    part: str
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    most_requests: int = 2


_REGION = "<Region>eu-central-1</Region>"
_KMS = "User: arn:aws:iam::1:user/rig is not authorized to perform: kms:GenerateDataKey on the key"

ANSWERS = {
    "301": Answer("it redirects to https://portal.example.org (301)", 301, headers=_PORTAL),
    "302": Answer("it redirects to https://portal.example.org (302)", 302, _PAGE, _PORTAL),
    "307": Answer("it redirects to https://portal.example.org (307)", 307, headers=_PORTAL),
    "308": Answer("it redirects to https://portal.example.org (308)", 308, headers=_PORTAL),
    "a redirect to nowhere": Answer("it redirects (302)", 302, _PAGE),
    "a region in the header": Answer(
        "the bucket is in region eu-central-1; add --region eu-central-1",
        301,
        _error("PermanentRedirect"),
        {"x-amz-bucket-region": "eu-central-1"},
    ),
    "a region in the body": Answer("add --region eu-central-1", 301, _error("PermanentRedirect", "", _REGION)),
    "a region in the endpoint": Answer(
        "add --region eu-central-1",
        301,
        _error("PermanentRedirect", "", "<Endpoint>b.s3.eu-central-1.amazonaws.com</Endpoint>"),
    ),
    "a region in a refusal": Answer("--region eu-central-1", 400, _error("AuthorizationHeaderMalformed", "", _REGION)),
    "a region that is none": Answer(
        "it redirects (301)",
        301,
        _error("PermanentRedirect", "", "<Region>$(id)</Region>"),
    ),
    "KMS": Answer(f"access denied: {_KMS}. Ask the bucket owner", 403, _error("AccessDenied", _KMS)),
    "no reason": Answer("lack the permission s3:ListBucket here", 403, _error("AccessDenied", "Access Denied.")),
    "a reason that prints": Answer("access denied: a \\u202eb", 403, _error("AccessDenied", "a \u202eb")),
    "401": Answer("a web page with status 401, a login is required", 401, _PAGE),
    "403": Answer("a web page with status 403", 403, _PAGE),
    "404": Answer("a web page with status 404", 404, _PAGE),
    "407": Answer("a web page with status 407, the proxy requires a login", 407, _PAGE),
    "200": Answer("the response to a LIST has no listing", 200, _PAGE),
    "204": Answer("the response to a LIST has no listing", 204),
    "archived": Answer("the object is archived; restore it", 403, _error("InvalidObjectState", "storage class")),
    "a word as size": Answer("an entry without a key or a size: abc", body=_listing("abc")),
    "a negative size": Answer("an entry without a key or a size: -1", body=_listing("-1")),
    "a huge size": Answer("an entry without a key or a size: 9", body=_listing("9" * 30)),
    "no size": Answer("an entry without a key or a size", body=_listing("")),
    "a wrong time": Answer(
        "an entry with the time yesterday",
        body=_listing().replace("</Contents>", "<LastModified>yesterday</LastModified></Contents>"),
    ),
    "no key": Answer("an entry without a key or a size", body=_listing(key="")),
    "another prefix": Answer("keys that do not begin with the requested prefix", body=_listing(key="other/a")),
    "a token twice": Answer("its listing has no end", body=_listing(token="t")),
    "a page twice": Answer("its listing has no end", body=_listing(token="{}")),
    "no token": Answer(
        "a truncated LIST has no continuation token", body=_listing().replace("Truncated>false", "Truncated>true")
    ),
}


class _Server(http.server.ThreadingHTTPServer):
    answer: Answer
    requests = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answer
        self.server.requests += 1
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = answer.body.replace("{}", str(self.server.requests)).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_PUT = do_GET  # noqa: N815

    def log_message(self, *about: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "A")


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_one_line(name: str, server: _Server, keys: None, tmp_path: Path) -> None:
    server.answer = ANSWERS[name]
    address = f"s3://some-bucket/{_NAME}"
    done = run_here(tmp_path, "check", address, "--endpoint-url", f"http://127.0.0.1:{server.server_port}")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1), done.stderr
    assert server.answer.part in done.stderr
    assert "hidden-value" not in done.stderr
    assert server.requests <= server.answer.most_requests


def test_empty_pages_come_to_an_end(server: _Server, keys: None, tmp_path: Path) -> None:
    page = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{}</NextContinuationToken>"
    server.answer = Answer("", body=f"{page}</ListBucketResult>")
    endpoint = f"http://127.0.0.1:{server.server_port}"
    done = run_here(tmp_path, "check", f"s3://some-bucket/{_NAME}", "--endpoint-url", endpoint)
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "its listing has no end" in done.stderr
    assert server.requests < 200


@pytest.mark.parametrize("listing", ["uploads", "parts"])
def test_listings_of_uploads_come_to_an_end(listing: str, server: _Server, keys: None) -> None:
    store = _store(server)
    page = (
        "<R><IsTruncated>true</IsTruncated><NextKeyMarker>{}</NextKeyMarker><NextUploadIdMarker>{}</NextUploadIdMarker>"
        "<NextPartNumberMarker>{}</NextPartNumberMarker><Upload><Key>k</Key><UploadId>u</UploadId></Upload>"
        "<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></R>"
    )
    server.answer = Answer("", body=page)
    with pytest.raises(BucketError, match="its listing has no end"):
        store.list_uploads("") if listing == "uploads" else store._multipart.uploads.parts("k", "u")
    assert server.requests <= 3


@pytest.mark.parametrize("name", ["302", "401", "403", "KMS", "a region in the body", "a reason that prints"])
def test_small_objects_get_the_same_explanation(name: str, server: _Server, keys: None) -> None:
    """Of boto3, and of libcurl, which sends most objects."""
    store = _store(server)
    server.answer = ANSWERS[name]
    with pytest.raises(BucketError) as of_boto3:
        store.create("k", Body.of_bytes(b"content"))
    with pytest.raises(BucketError) as of_curl:
        raise store._signer._to_error(_put(store), 0)
    assert str(of_curl.value) == str(of_boto3.value)


@pytest.mark.parametrize("read", ["object", "part", "many", "many without pycurl"])
def test_a_page_is_not_the_content_of_an_object(
    read: str, server: _Server, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A portal answers 200 with a page of HTML to every GET."""
    store = _store(server)
    server.answer = Answer("", body=_PAGE)
    if read.endswith("without pycurl"):
        monkeypatch.setattr("aind_lint.bucket.s3.reader.is_available", lambda package: False)
    with pytest.raises(BucketError, match=r"not an S3 response|no ETag"):
        if read == "object":
            store.open("k").read()
        elif read == "part":
            store.open_range("k", 3, 4).read()
        else:
            (found,) = store.read_many([ObjectRequest("k", len(_PAGE), None)])
            assert found.content is None
            raise BucketError(found.reason)


_NAMESPACE = "xmlns='http://s3.amazonaws.com/doc/2006-03-01/'"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("", body=f"<PolicyStatus {_NAMESPACE}><IsPublic>true</IsPublic></PolicyStatus>"), True),
        (Answer("", body=f"<PolicyStatus {_NAMESPACE}><IsPublic>false</IsPublic></PolicyStatus>"), False),
        (Answer("", 403, _error("AccessDenied")), None),
        (Answer("", 404, _error("NoSuchBucketPolicy")), None),
        (Answer("", 501, _error("NotImplemented")), None),
        (Answer("", 403, _PAGE), None),
        (Answer("", body=_PAGE), None),
    ],
    ids=["public", "private", "not allowed", "no policy", "not supported", "a page", "a page for an answer"],
)
def test_what_the_policy_says_about_readers(answer: Answer, expected: bool | None, server: _Server, keys: None) -> None:
    server.answer = answer
    assert _store(server).is_public is expected
    assert server.requests == 1


def test_a_server_that_ignores_ranges_is_refused(server: _Server, keys: None) -> None:
    server.answer = Answer("", body="0123456789", headers={"ETag": '"e"'})
    with pytest.raises(BucketError, match="a whole object"):
        _store(server).open_range("k", 3, 4)


def _store(server: _Server) -> S3Store:
    store = open_store("s3://some-bucket", Connection(f"http://127.0.0.1:{server.server_port}"))
    assert isinstance(store, S3Store)
    return store


def _put(store: S3Store) -> RequestError:
    from aind_lint.bucket.s3.small_objects.curl_client import CurlRequestPool, PutRequest

    request, pool = PutRequest(), CurlRequestPool()
    request.prepare(store._signer.context(), "k", b"content", "AAAAAAAAAAA=", "tag")
    pool.begin(request)
    while not pool.poll():
        pass
    pool.close()
    with pytest.raises(RequestError) as error:
        request.outcome()
    return error.value
