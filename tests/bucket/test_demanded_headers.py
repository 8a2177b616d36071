"""Headers that a bucket can demand go with the requests that take them, of boto3 and of libcurl."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aind_lint.bucket.address import Connection, split_s3
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.s3.store import S3Store
from aind_lint.errors import UsageError
from tests.cli.run_command import run_here

_ARN = "arn:aws:s3:eu-central-1:123456789012:accesspoint/rig"
_ALL = Connection(
    "http://127.0.0.1:9", sse="aws:kms", sse_kms_key_id="key", acl="bucket-owner-full-control", request_payer=True
)
_ENCRYPTION = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "key",
    "x-amz-acl": "bucket-owner-full-control",
}
_PAYER = {"x-amz-request-payer": "requester"}
_OBJECT = {"Bucket": "some-bucket", "Key": "k"}

OPERATIONS: dict[str, tuple[Callable[[Any], Any], dict[str, str]]] = {
    "PutObject": (lambda s3: s3.put_object(**_OBJECT, Body=b""), _ENCRYPTION | _PAYER),
    "CreateMultipartUpload": (lambda s3: s3.create_multipart_upload(**_OBJECT), _ENCRYPTION | _PAYER),
    "UploadPart": (lambda s3: s3.upload_part(**_OBJECT, UploadId="u", PartNumber=1, Body=b""), _PAYER),
    "CompleteMultipartUpload": (lambda s3: s3.complete_multipart_upload(**_OBJECT, UploadId="u"), _PAYER),
    "AbortMultipartUpload": (lambda s3: s3.abort_multipart_upload(**_OBJECT, UploadId="u"), _PAYER),
    "ListParts": (lambda s3: s3.list_parts(**_OBJECT, UploadId="u"), _PAYER),
    "ListObjectsV2": (lambda s3: s3.list_objects_v2(Bucket="some-bucket"), _PAYER),
    "HeadObject": (lambda s3: s3.head_object(**_OBJECT), _PAYER),
    "GetObject": (lambda s3: s3.get_object(**_OBJECT), _PAYER),
    "DeleteObject": (lambda s3: s3.delete_object(**_OBJECT), _PAYER),
    "HeadBucket": (lambda s3: s3.head_bucket(Bucket="some-bucket"), {}),
}


class _SentError(Exception):
    pass


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "A")


def _store(address: str, connection: Connection) -> S3Store:
    store = open_store(address, connection)
    assert isinstance(store, S3Store)
    return store


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_the_headers_that_it_takes(operation: str) -> None:
    request, expected = OPERATIONS[operation]
    client = _store("s3://some-bucket", _ALL)._client.s3
    sent: dict[str, str] = defaultdict(str)

    def note(request: Any, **_: Any) -> None:
        sent.update({name.lower(): _text(value) for name, value in request.headers.items()})
        raise _SentError

    client.meta.events.register("before-send.s3", note)
    with pytest.raises(_SentError):
        request(client)
    assert {name: value for name, value in sent.items() if name in _ENCRYPTION | _PAYER} == expected
    assert all(name in sent["authorization"] for name in expected), "they are signed"


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def test_small_objects_have_the_headers_of_a_put() -> None:
    headers = _store("s3://some-bucket", _ALL)._signer.context().endpoint.headers
    assert dict(header.split(": ") for header in headers) == _ENCRYPTION | _PAYER


def test_an_access_point_is_a_bucket_in_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_s3(f"s3://{_ARN}/lab/x") == (_ARN, "lab/x")
    store = _store(f"s3://{_ARN}/lab", Connection(region="us-west-2"))
    assert store._client.region == "eu-central-1"
    url = store._client.s3.generate_presigned_url("put_object", {"Bucket": _ARN, "Key": "k"})
    assert url.startswith("https://rig-123456789012.s3-accesspoint.eu-central-1.amazonaws.com/k?")


@pytest.mark.parametrize(
    "address", ["s3://arn:aws:s3::123456789012:accesspoint/a.mrap", "s3://arn:aws:s3-outposts:x", "s3://arn:aws:s3:::b"]
)
def test_other_arns_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="write an access point of one region as s3://arn:aws:s3:REGION"):
        split_s3(address)


def test_the_options_are_for_s3_only(tmp_path: Path) -> None:
    done = run_here(tmp_path, "verify", "a", "--in", str(tmp_path), "--sse", "AES256", "--request-payer")
    assert done.returncode == 2
    assert "--sse, --request-payer can be used only with S3" in done.stderr
