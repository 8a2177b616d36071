"""Objects in parts on a real server: the planned bytes under a free key, or nothing."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import CredentialRetrievalError

from aind_lint.bucket import body as body_module
from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import MAX_OBJECT, Body, ContentChangedError, part_size
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.s3.checksum_negotiation import Checksum
from aind_lint.bucket.s3.store import S3Store
from aind_lint.errors import BucketError
from aind_lint.storage.checksum import crc64nvme, encode_crc
from tests.faulty_server import running_fault_server
from tests.servers import SeaweedFS

PART = 5 * 2**20  # the smallest that servers take


@pytest.fixture
def bucket(s3: Connection, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body_module, "_SMALLEST_PART", PART)
    return open_store(f"s3://{seaweedfs.make_bucket()}", s3)


@pytest.fixture
def content() -> bytes:
    return os.urandom(2 * PART + 1234)


def body_of(content: bytes, path: Path) -> Body:
    path.write_bytes(content)
    parts = [crc64nvme(content[start : start + PART]) for start in range(0, len(content), PART)]
    return Body(len(content), encode_crc(crc64nvme(content)), lambda: path.open("rb"), parts)


def client_of(bucket):
    return bucket._client.s3


def uploads(bucket) -> list:
    return client_of(bucket).list_multipart_uploads(Bucket=bucket._bucket).get("Uploads", [])


@pytest.mark.parametrize("size", [0, 1, 2**24, 2**24 + 1, 83 * 10**9, 160 * 2**30, 5 * 10**12, MAX_OBJECT])
def test_any_size_fits_in_ten_thousand_parts(size: int) -> None:
    part = part_size(size)
    assert part * 10_000 >= size
    assert 5 * 2**20 <= part <= 5 * 2**30


def test_a_large_object_arrives_complete_with_its_tag(bucket, content, tmp_path) -> None:
    body = body_of(content, tmp_path / "large")
    assert bucket.upload("a/large", body, "tag/1")
    found = bucket.head("a/large")
    assert (found.size, found.tag) == (len(content), "tag/1")
    assert found.crc64nvme in (None, body.crc64nvme)
    with bucket.open("a/large") as stream:
        assert stream.read() == content
    assert uploads(bucket) == []


def test_a_taken_key_keeps_its_bytes(bucket, content, tmp_path) -> None:
    bucket.create("a/large", Body.of_bytes(b"taken"))
    assert bucket.upload("a/large", body_of(content, tmp_path / "large"), "tag/1") is None
    with bucket.open("a/large") as stream:
        assert stream.read() == b"taken"
    assert uploads(bucket) == []


def test_what_changed_since_the_plan_is_not_stored(bucket, content, tmp_path) -> None:
    body = body_of(content, tmp_path / "large")
    (tmp_path / "large").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ContentChangedError, match="a/large"):
        bucket.upload("a/large", body, "tag/1")
    assert bucket.head("a/large") is None
    assert uploads(bucket) == []


def test_parts_that_are_there_are_not_sent_again(bucket, content, tmp_path) -> None:
    body = body_of(content, tmp_path / "large")
    upload = client_of(bucket).create_multipart_upload(
        Bucket=bucket._bucket, Key="a/large", Metadata={"aind-lint": "t"}
    )
    client_of(bucket).upload_part(
        Bucket=bucket._bucket, Key="a/large", UploadId=upload["UploadId"], PartNumber=1, Body=content[:PART]
    )
    sent = []
    client_of(bucket).meta.events.register("before-call.s3.UploadPart", lambda params, **_: sent.append(params["url"]))
    assert bucket.upload("a/large", body, "t")
    assert len(sent) == 2
    with bucket.open("a/large") as stream:
        assert stream.read() == content


def test_a_wrong_part_of_another_upload_is_not_used(bucket, content, tmp_path) -> None:
    body = body_of(content, tmp_path / "large")
    upload = client_of(bucket).create_multipart_upload(Bucket=bucket._bucket, Key="a/large")
    client_of(bucket).upload_part(
        Bucket=bucket._bucket, Key="a/large", UploadId=upload["UploadId"], PartNumber=1, Body=bytes(PART)
    )
    assert bucket.upload("a/large", body, "t")
    with bucket.open("a/large") as stream:
        assert stream.read() == content


def test_stopping_aborts_unfinished_uploads(bucket, content, tmp_path) -> None:
    body = body_of(content, tmp_path / "large")

    def interrupted():
        if uploads(bucket):
            raise KeyboardInterrupt
        return (tmp_path / "large").open("rb")

    with pytest.raises(KeyboardInterrupt):
        bucket.upload("a/large", replace(body, open=interrupted), "t")
    bucket.stop()
    assert uploads(bucket) == []


def test_small_objects_have_tag_and_checksum_too(bucket) -> None:
    body = Body.of_bytes(b"hello")
    assert bucket.upload("a b/#é", body, "tag/2")
    assert bucket.upload("a b/#é", body, "tag/2") is None
    found = bucket.head("a b/#é")
    assert (found.size, found.crc64nvme, found.tag) == (5, body.crc64nvme, "tag/2")
    with pytest.raises(ContentChangedError):
        bucket.upload("b", replace(body, crc64nvme=Body.of_bytes(b"HELLO").crc64nvme), "tag/2")


def test_in_a_versioned_bucket_exactly_the_version_is_removed(s3, seaweedfs) -> None:
    name = seaweedfs.make_bucket()
    seaweedfs.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    bucket = open_store(f"s3://{name}", s3)
    assert isinstance(bucket, S3Store)
    bucket.upload("a", Body.of_bytes(b"first"), "t")
    assert bucket.remove(bucket.head("a")) is True
    assert bucket.head("a") is None
    assert "DeleteMarkers" not in seaweedfs.client.list_object_versions(Bucket=name)


@pytest.mark.parametrize("versioned", [False, True])
def test_a_probe_that_the_server_should_not_have_stored_is_removed(versioned, s3, seaweedfs, monkeypatch) -> None:
    name = seaweedfs.make_bucket()
    if versioned:
        seaweedfs.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    # This server refuses what is wrong; so what it is sent is right.
    right = Checksum("CRC64NVME", encode_crc(crc64nvme(b"probe")))
    monkeypatch.setattr("aind_lint.bucket.s3.probes.invalid_checksums", lambda: [right])
    removals = []
    bucket = open_store(f"s3://{name}", s3)
    assert isinstance(bucket, S3Store)
    client_of(bucket).meta.events.register("before-call.s3.DeleteObject", lambda params, **_: removals.append(params))
    assert bucket.probes.write("probe") == "reading back"
    (removal,) = removals
    assert "versionId" in removal["query_string"] if versioned else "If-Match" in removal["headers"]
    found = seaweedfs.client.list_object_versions(Bucket=name)
    assert "Versions" not in found and "DeleteMarkers" not in found


@pytest.mark.parametrize("refused", [0, 2])
def test_a_small_object_is_read_and_the_attempt_rechecked_before_every_try(
    s3: Connection, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    tries: list[int] = []

    def opened() -> io.BytesIO:
        tries.append(1)
        return io.BytesIO(b"hello")

    with running_fault_server(seaweedfs.endpoint_url) as faults:
        bucket = open_store(f"s3://{seaweedfs.make_bucket()}", s3._replace(endpoint_url=faults.endpoint_url))
        assert bucket.create("first", Body.of_bytes(b"first"))  # shows that the server compares checksums
        faults.inject_if("503", lambda request: request.method == "PUT", most=refused)
        assert bucket.upload("key", replace(Body.of_bytes(b"hello"), open=opened), "tag/1")
    assert len(tries) == refused + 1


def test_credentials_that_cannot_be_renewed_are_reported(bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    assert bucket.create("first", Body.of_bytes(b"first"))

    class Expired:
        def get_frozen_credentials(self) -> None:
            raise CredentialRetrievalError(provider="sso", error_msg="the service does not answer")

    monkeypatch.setattr(bucket._client._session, "get_credentials", Expired)
    with pytest.raises(BucketError, match=r"no credentials: .*the service does not answer"):
        bucket._signer.context()
    with pytest.raises(BucketError, match=r"no credentials: .*the service does not answer"):
        bucket.probes.identity()
