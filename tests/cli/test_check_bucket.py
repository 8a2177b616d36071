"""`check s3://…`: how many requests it makes, and what it takes from the cache."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here
from tests.faulty_server import FaultServer, running_fault_server
from tests.servers import SeaweedFS

SOURCE = "ecephys_123456_2022-12-12_05-06-07"
DERIVED = f"{SOURCE}_sorted-ks25_2022-12-12_06-07-08"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def proxy(seaweedfs: SeaweedFS, s3: Connection, cache: None) -> Iterator[FaultServer]:
    """A server that records every request."""
    with running_fault_server(seaweedfs.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def bucket(seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path) -> str:
    """A bucket with a raw asset and one derived from it."""
    bucket = seaweedfs.make_bucket()
    folder = tmp_path / "assets"
    for base in ("raw-1x", "derived-1x"):
        base_tree(base).write(folder)
    for path in folder.rglob("*"):
        if path.is_file():
            seaweedfs.client.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
    return bucket


def check(proxy: FaultServer, tmp_path: Path, address: str, *options: str) -> tuple[int, Any, Counter[str]]:
    """The exit code and the report of a check, and its requests by kind."""
    proxy.reset()
    command = ["check", address, "--format", "json", "--endpoint-url", proxy.endpoint_url, "--fast", *options]
    done = run_here(tmp_path, *command)
    kinds = Counter(
        "GET" if one.method == "GET" and one.key else "LIST" if not one.key else one.method
        for one in proxy.wait_until_idle()
    )
    return done.returncode, json.loads(done.stdout), kinds


def test_sidecars_are_read_once_and_copies_not_at_all(proxy, bucket, tmp_path):
    code, report, requests = check(proxy, tmp_path, f"s3://{bucket}/{DERIVED}")
    assert code == 0, report
    # Its own sidecars, and of its source those that differ from its own.
    assert requests["GET"] <= 7 + 3
    # Its keys, and the root of its source.
    assert requests["LIST"] == 2
    assert set(requests) == {"GET", "LIST"}


def test_an_unchanged_asset_costs_its_listing(proxy, bucket, tmp_path):
    first = check(proxy, tmp_path, f"s3://{bucket}")
    again = check(proxy, tmp_path, f"s3://{bucket}")
    assert first[0] == again[0] == 0
    # The bucket, each asset, and the root of the source of the derived one.
    assert again[2] == {"LIST": 4}
    assert {**first[1], "run": None} == {**again[1], "run": None}


@pytest.mark.parametrize("changed", [f"{SOURCE}/session.json", f"{DERIVED}/subject.json", f"{DERIVED}/extra.bin"])
def test_any_change_is_noticed(changed, proxy, bucket, seaweedfs, tmp_path):
    check(proxy, tmp_path, f"s3://{bucket}")
    seaweedfs.client.put_object(Bucket=bucket, Key=changed, Body=b"{}")
    after = check(proxy, tmp_path, f"s3://{bucket}")
    fresh = check(proxy, tmp_path, f"s3://{bucket}", "--no-cache")
    assert after[2]["GET"] > 0
    assert {**after[1], "run": None} == {**fresh[1], "run": None}


def test_an_object_of_the_same_size_and_another_content_is_noticed(proxy, bucket, seaweedfs, tmp_path):
    key = f"{SOURCE}/subject.json"
    content = seaweedfs.client.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert check(proxy, tmp_path, f"s3://{bucket}")[0] == 0
    seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=content.replace(b"123456", b"654321"))
    assert check(proxy, tmp_path, f"s3://{bucket}")[0] == 1


def test_one_asset_that_cannot_be_read_does_not_hide_the_other(proxy, bucket, tmp_path):
    proxy.reset()
    command = ["check", f"s3://{bucket}", "--format", "json", "--endpoint-url", proxy.endpoint_url, "--fast"]
    proxy.inject_if("access denied", lambda request: request.key == f"{SOURCE}/session.json")
    done = run_here(tmp_path, *command)
    assert done.returncode == 4
    assets = {asset["name"]: asset for asset in json.loads(done.stdout)["assets"]}
    assert "access denied" in json.dumps(assets[SOURCE])
    assert assets[DERIVED]["rules_run"] > 0
    proxy.inject()
    assert run_here(tmp_path, *command).returncode == 0
