"""Certificates, proxies and profiles count for every request alike, whichever client makes it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest
import trustme

from aind_lint import publish
from aind_lint.bucket import body as body_module
from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.s3.store import S3Store
from aind_lint.bucket.store import UploadTask
from aind_lint.bucket.upload_control import UploadControl
from aind_lint.errors import AindLintError, BucketError, UsageError
from aind_lint.storage.checksum import crc64nvme, encode_crc
from tests.proxies import running_proxy, running_tls
from tests.publication.conftest import write_asset

ELSEWHERE = "s3.rig.test"  # only the proxy knows where that is
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return str(tmp_path / "authority.pem")


@pytest.fixture
def tls_port(authority: trustme.CA, seaweedfs, s3):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", ELSEWHERE).configure_cert(context)
    with running_tls(seaweedfs.endpoint_url, context) as port:
        yield port


@pytest.fixture
def asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An asset with small objects, and one in parts."""
    monkeypatch.setattr(body_module, "_SMALLEST_PART", 5 * 2**20)
    return write_asset(tmp_path / "rig", **{"behavior/video.bin": os.urandom(6 * 2**20)})


def no_proxy(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """Set exactly these variables of proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def assert_published(seaweedfs, asset: Path, endpoint: str, **options) -> None:
    connection = Connection(endpoint, **options)
    receipt = publish(asset, f"s3://{seaweedfs.make_bucket()}", connection=connection)
    assert (receipt.state, receipt.files_sent) == ("published", receipt.files)


def test_an_authority_in_the_environment(asset, seaweedfs, tls_port, bundle, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    assert_published(seaweedfs, asset, f"https://localhost:{tls_port}")


def test_an_authority_region_and_addressing_in_a_profile(asset, seaweedfs, tls_port, bundle, tmp_path, monkeypatch):
    (tmp_path / "config").write_text(
        f"[profile rig]\nca_bundle = {bundle}\nregion = eu-west-1\nendpoint_url = https://localhost:{tls_port}\n"
        f"aws_access_key_id = {seaweedfs.access_key}\naws_secret_access_key = {seaweedfs.secret_key}\n"
        "s3 =\n  addressing_style = path\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert_published(seaweedfs, asset, None, profile="rig")


@pytest.mark.parametrize("bundle_of", ["another", "none", "empty"])
def test_a_certificate_that_is_not_trusted(asset, seaweedfs, tls_port, tmp_path, monkeypatch, bundle_of):
    if bundle_of == "another":
        trustme.CA().cert_pem.write_to_path(tmp_path / "another.pem")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "another.pem"))
    elif bundle_of == "empty":
        monkeypatch.setenv("AWS_CA_BUNDLE", "")
    bucket = seaweedfs.make_bucket()
    with pytest.raises(AindLintError) as refused:
        publish(asset, f"s3://{bucket}", connection=Connection(f"https://localhost:{tls_port}"))
    assert refused.value.exit_code == 4
    text = getattr(getattr(refused.value, "report", None), "bucket_error", None) or str(refused.value)
    assert f"the certificate of https://localhost:{tls_port} is not trusted (" in text
    assert "AWS_CA_BUNDLE" in text
    assert "Contents" not in seaweedfs.client.list_objects_v2(Bucket=bucket)


def test_small_objects_too_trust_only_the_authority(seaweedfs, tls_port, bundle, tmp_path, monkeypatch):
    """Whatever the environment says to other programs that use the same library."""
    from aind_lint.bucket.open_store import open_store

    monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    store = open_store(f"s3://{seaweedfs.make_bucket()}", Connection(f"https://localhost:{tls_port}"))
    assert isinstance(store, S3Store)
    assert store.create("claim", Body.of_bytes(b"x"))  # shows that the server compares checksums
    trustme.CA().cert_pem.write_to_path(tmp_path / "another.pem")
    store._client.connection_settings.verify = str(tmp_path / "another.pem")
    for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, bundle)
    store._client.retries._max_tries = 1
    entry = ManifestEntry("a", 7, encode_crc(crc64nvme(b"content")))
    loop = store.upload_loop(UploadControl(), 1)
    with pytest.raises(BucketError, match="the connection failed"):
        loop.run(iter([UploadTask("a", entry, lambda: b"content", 0)]), "tag", lambda task, is_stored, etag: None)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_used(asset, tmp_path, monkeypatch, content):
    path = tmp_path / "bundle.pem"
    if content:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
    with pytest.raises(UsageError, match="contains no certificate" if content else "cannot be read: no such file"):
        publish(asset, "s3://bucket", connection=Connection("https://localhost:1"))


def test_a_proxy_is_used_by_all(asset, seaweedfs, tls_port, bundle, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    with running_proxy(tls_port) as (proxy, requested_hosts):
        no_proxy(monkeypatch, HTTPS_PROXY=proxy)
        assert_published(seaweedfs, asset, f"https://{ELSEWHERE}")
        assert set(requested_hosts) == {f"{ELSEWHERE}:443"}


@pytest.mark.parametrize(
    "environment",
    [{"HTTPS_PROXY": NOWHERE, "NO_PROXY": "localhost"}, {"ALL_PROXY": NOWHERE}, {"HTTP_PROXY": NOWHERE}],
    ids=lambda environment: " ".join(environment),
)
def test_no_proxy_is_used_where_boto3_uses_none(asset, seaweedfs, tls_port, bundle, monkeypatch, environment):
    monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
    no_proxy(monkeypatch, **environment)
    assert_published(seaweedfs, asset, f"https://localhost:{tls_port}")
