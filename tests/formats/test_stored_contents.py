"""The insides of formats in a bucket: how many requests a check makes, and what it takes from the cache."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.bucket.address import Connection
from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport
from tests.faulty_server import FaultServer, running_fault_server
from tests.servers import SeaweedFS


@pytest.fixture
def proxy(
    seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultServer]:
    """A server that records every request; and a cache that is empty."""
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "cache"))
    with running_fault_server(seaweedfs.endpoint_url) as proxy:
        yield proxy


def put(seaweedfs: SeaweedFS, files: dict[str, bytes]) -> str:
    bucket = seaweedfs.make_bucket()
    for key, content in files.items():
        seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=content)
    return bucket


def run(proxy: FaultServer, address: str) -> tuple[AssetReport, Counter[str]]:
    """The report of a check, and its requests for objects by what is read: sidecars or others."""
    proxy.reset()
    connection = Connection(endpoint_url=proxy.endpoint_url)
    (report,) = check([address], connection=connection, select=["FMT"]).assets
    keys = [one.key for one in proxy.wait_until_idle() if one.method == "GET" and one.key]
    return report, Counter("sidecar" if key.endswith(".json") and key.count("/") == 1 else "data" for key in keys)


def test_data_files_are_read_once_and_not_again_for_an_unchanged_asset(
    proxy: FaultServer, seaweedfs: SeaweedFS
) -> None:
    tree = base_tree("formats-2x")
    contents = {f"{tree.name}/{key}": content for key, content in tree.files.items() if isinstance(content, bytes)}
    bucket = put(seaweedfs, contents)
    address = f"s3://{bucket}/{tree.name}"
    report, requests = run(proxy, address)
    assert not report.crashes
    assert 20 < requests["data"] <= 100
    again, repeated = run(proxy, address)
    assert not repeated
    assert [one.message for one in again.findings] == [one.message for one in report.findings]
    assert again.not_checked == report.not_checked
    # Another ETag, the same size.
    description = "sorted/binary/binary.json"
    changed = contents[f"{tree.name}/{description}"].replace(b'"num_channels": 2', b'"num_channels": 7')
    assert changed != contents[f"{tree.name}/{description}"]
    seaweedfs.client.put_object(Bucket=bucket, Key=f"{tree.name}/{description}", Body=changed)
    report, requests = run(proxy, address)
    assert requests["data"] > 20
    assert "FMT303" in {finding.rule for finding in report.findings}


def test_a_store_of_many_arrays_is_read_with_at_most_100_requests(proxy: FaultServer, seaweedfs: SeaweedFS) -> None:
    store = "ecephys.zarr"
    start = "sorted/recording.zarr/"
    files = base_tree("formats-2x").files
    one = {key[len(start) :]: content for key, content in files.items() if key.startswith(f"{start}traces_seg0")}
    contents = {
        f"{store}/a{number}/{key.partition('/')[2]}": content
        for number in range(80)
        for key, content in one.items()
        if isinstance(content, bytes)
    }
    bucket = put(seaweedfs, {**contents, f"{store}/.zgroup": b'{"zarr_format": 2}'})
    report, requests = run(proxy, f"s3://{bucket}/{store}")
    assert (report.name, report.format) == (None, "Zarr v2")
    assert sum(requests.values()) <= 100
    assert not report.findings
    assert any("metadata files" in item.reason for item in report.not_checked)


def test_an_nwb_file_is_judged_by_what_the_consolidated_metadata_states(
    proxy: FaultServer, seaweedfs: SeaweedFS
) -> None:
    start = "sorted/session.nwb.zarr/"
    files = base_tree("formats-2x").files
    contents = {key[len(start) :]: content for key, content in files.items() if key.startswith(start)}
    group = b'{"zarr_format": 2}'
    contents |= {f"general/{number}/.zgroup": group for number in range(60)}
    copies = {key: json.loads(content) for key, content in contents.items() if "/.z" in f"/{key}"}  # type: ignore[arg-type]
    contents[".zmetadata"] = json.dumps({"zarr_consolidated_format": 1, "metadata": copies}).encode()
    store = "ecephys_654321_2022-12-12_05-06-07.nwb.zarr"
    bucket = put(seaweedfs, {f"{store}/{key}": bytes(content) for key, content in contents.items()})  # type: ignore[arg-type]
    report, requests = run(proxy, f"s3://{bucket}/{store}")
    assert {finding.rule for finding in report.findings} == {"FMT204"}
    assert {item.rule for item in report.not_checked} == {"FMT101", "FMT109"}
    assert sum(requests.values()) <= 100


def _nwb_without_consolidated_metadata(groups: int) -> dict[str, bytes]:
    """The files of an NWB store with some more groups, each with attributes."""
    start = "sorted/session.nwb.zarr/"
    files = base_tree("formats-2x").files
    contents = {key[len(start) :]: bytes(data) for key, data in files.items() if key.startswith(start)}  # type: ignore[arg-type]
    contents.pop(".zmetadata", None)
    for number in range(groups):
        contents[f"analysis/{number:02}/.zgroup"] = b'{"zarr_format": 2}'
        contents[f"analysis/{number:02}/.zattrs"] = b'{"neurodata_type": "NWBContainer"}'
    return contents


@pytest.mark.parametrize("groups", [10, 90])
def test_an_nwb_file_without_consolidated_metadata_is_checked_as_far_as_requests_allow(
    proxy: FaultServer, seaweedfs: SeaweedFS, groups: int
) -> None:
    contents = _nwb_without_consolidated_metadata(groups)
    contents = {key: data for key, data in contents.items() if not key.startswith("general/subject/sex/")}
    store = "ecephys_654321_2022-12-12_05-06-07.nwb.zarr"
    bucket = put(seaweedfs, {f"{store}/{key}": data for key, data in contents.items()})
    report, requests = run(proxy, f"s3://{bucket}/{store}")
    # The subject is another, and has no sex; the start and whatever is required are there.
    assert {"FMT204", "FMT209"} <= {finding.rule for finding in report.findings} <= {"FMT204", "FMT209"}
    unread = {item.rule for item in report.not_checked if "metadata files" in item.reason}
    assert not unread & {"FMT201", "FMT202", "FMT203", "FMT204", "FMT209", "FMT221"}
    assert ("FMT206" in unread, "FMT101" in unread) == (groups > 50, groups > 50)
    assert sum(requests.values()) <= 100


def test_the_schemas_in_an_nwb_file_are_read_last(proxy: FaultServer, seaweedfs: SeaweedFS) -> None:
    contents = _nwb_without_consolidated_metadata(0)
    array = json.loads(contents["acquisition/speed/data/.zarray"])
    for number in range(60):
        contents[f"specifications/{number}/.zarray"] = json.dumps({**array, "shape": [500], "chunks": [500]}).encode()
        contents[f"specifications/{number}/0"] = bytes(500 * int(array["dtype"][2:]))
    chunks = [key for key in contents if key.startswith("acquisition/speed/data/") and not key.endswith(("y", "s"))]
    copies = {key: json.loads(content) for key, content in contents.items() if "/.z" in f"/{key}"}
    contents[".zmetadata"] = json.dumps({"zarr_consolidated_format": 1, "metadata": copies}).encode()
    store = "session.nwb.zarr"
    bucket = put(
        seaweedfs, {f"{store}/{key}": data for key, data in contents.items()} | {f"{store}/{chunks[-1]}": b"1"}
    )
    report, _ = run(proxy, f"s3://{bucket}/{store}")
    assert {"FMT107", "FMT108"} & {finding.rule for finding in report.findings}


def test_empty_files_need_no_request(proxy: FaultServer, seaweedfs: SeaweedFS) -> None:
    names = ["movie.mp4", "image.tif", "recording.h5", "binary/si_folder.json", "binary/binary.json"]
    bucket = put(seaweedfs, {f"sorted/{name}": b"" for name in names} | {"sorted/data_description.json": b"{}"})
    report, requests = run(proxy, f"s3://{bucket}/sorted")
    assert {"FMT301", "FMT401", "FMT402", "FMT403"} <= {finding.rule for finding in report.findings}
    assert not requests["data"]


def test_no_file_is_requested_twice(proxy: FaultServer, seaweedfs: SeaweedFS) -> None:
    files = base_tree("formats-2x").files
    start = "sorted/"
    binary = {key[len(start) :]: bytes(content) for key, content in files.items() if key.startswith(f"{start}binary/")}  # type: ignore[arg-type]
    report, _ = run(proxy, f"s3://{put(seaweedfs, binary)}/binary")
    assert report.format == "SpikeInterface 0.105.3 recording in binary files"
    keys = [one.key for one in proxy.wait_until_idle() if one.method == "GET" and one.key]
    assert len(keys) == len(set(keys))
