"""``check`` inside formats, as users run it: how much is read, stores by themselves, and assets in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.app.checking import check_options
from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body
from aind_lint.bucket.open_store import open_store
from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport
from aind_lint.formats.hdf5 import content as hdf5_content
from tests.cli.run_command import run_here
from tests.servers import SeaweedFS

CHUNK = "sorted/recording.zarr/traces_seg0/0.0"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """An asset with a chunk that is too short."""
    tree = base_tree("formats-2x")
    tree.files[CHUNK] = bytes(100)
    return tree.write(tmp_path)


def one(report_path: Path, **options: object) -> AssetReport:
    (asset,) = check([report_path], cache=False, **options).assets  # type: ignore[arg-type]
    return asset


def rules(asset: AssetReport) -> set[str]:
    return {finding.rule for finding in asset.findings}


@pytest.mark.parametrize("contents", ["sample", "all"])
def test_a_damaged_chunk_is_found(damaged: Path, contents: str) -> None:
    assert "FMT108" in rules(one(damaged, contents=contents, fast=False))


@pytest.mark.parametrize("options", [{"contents": "none"}, {"fast": True}])
def test_what_is_not_read_is_reported_as_not_checked(damaged: Path, options: dict[str, object]) -> None:
    asset = one(damaged, **options)
    assert "FMT108" not in rules(asset)
    unchecked = {item.rule for item in asset.not_checked if "--contents none" in item.reason}
    assert {"FMT101", "FMT108", "FMT202", "FMT203", "FMT204", "FMT211", "FMT221", "FMT301", "FMT401"} <= unchecked
    assert "FMT404" not in unchecked  # no recording of Open Ephys


def test_an_asset_without_such_files_has_nothing_unchecked(tmp_path: Path) -> None:
    asset = one(base_tree("derived-2x").write(tmp_path), fast=True)
    assert not [item for item in asset.not_checked if item.rule.startswith("FMT")]


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("sorted/recording.zarr", "SpikeInterface recording in Zarr v2"),
        ("sorted/session.nwb.zarr", "NWB 2.7.0 in Zarr v2"),
        ("sorted/tile.ome.zarr", "OME-Zarr 0.5 in Zarr v3"),
        ("sorted/binary", "SpikeInterface 0.105.3 recording in binary files"),
        ("sorted/movie.mp4", "MP4 video"),
        ("sorted/raster.tif", "TIFF image"),
    ],
)
def test_a_store_or_file_is_checked_by_itself(tmp_path: Path, path: str, format_: str) -> None:
    root = base_tree("formats-2x").write(tmp_path)
    asset = one(root / path)
    assert (asset.name, asset.format, asset.generation) == (None, format_, None)
    assert rules(asset) <= {"FMT306"}
    assert all(rule.startswith("FMT") for rule in rules(asset))


def test_the_command_names_the_format_and_the_fault(damaged: Path) -> None:
    done = run_here(damaged.parent, "check", str(damaged / "sorted/recording.zarr"))
    assert done.returncode == 1
    assert "SpikeInterface recording in Zarr v2" in done.stdout
    assert "error[FMT108] chunk-size: 1 of" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 store or data file: 1 error")


def test_a_store_of_another_name_is_not_judged_as_an_asset(tmp_path: Path) -> None:
    root = base_tree("formats-2x").write(tmp_path)
    (root / "sorted/recording.zarr").rename(tmp_path / "ecephys_999999_2020-01-01")
    assert not one(tmp_path / "ecephys_999999_2020-01-01").findings


def test_an_asset_in_a_bucket_is_checked_with_few_requests(seaweedfs: SeaweedFS, s3: Connection) -> None:
    tree = base_tree("formats-2x")
    tree.files[CHUNK] = bytes(100)
    address = f"s3://{seaweedfs.make_bucket()}"
    store = open_store(address, s3)
    for key, content in tree.files.items():
        data = content if isinstance(content, bytes) else bytes(content)
        store.create(f"{tree.name}/{key}", Body.of_bytes(data))
    (asset,) = check([f"{address}/{tree.name}"], connection=s3, select=["FMT"]).assets
    assert rules(asset) == {"FMT108", "FMT306"}
    assert not asset.crashes
    assert {item.rule for item in asset.not_checked if "chunks were read" not in item.reason} == {"FMT220"}


def test_an_attribute_that_h5py_cannot_read_is_not_checked(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        series = file.create_group("acquisition/speed")
        series.attrs["neurodata_type"] = "TimeSeries"
        series["timestamps"] = [0.0, 1.0]
        series["data"] = [1.0, 2.0]
        opaque = h5py.h5t.create(h5py.h5t.OPAQUE, 4)
        opaque.set_tag(b"x")
        h5py.h5a.create(series["data"].id, b"unit", opaque, h5py.h5s.create(h5py.h5s.SCALAR))
    asset = one(path)
    assert not [finding for finding in asset.findings if "unit" in finding.message]
    assert any(item.rule == "FMT206" and "attribute 'unit'" in item.reason for item in asset.not_checked)


def test_a_result_without_h5py_is_not_used_once_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    h5py = pytest.importorskip("h5py")
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "cache"))
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
    with monkeypatch.context() as without:
        for module in (check_options, hdf5_content):
            without.setattr(module, "find_spec", lambda name: None)
        (report,) = check([path]).assets
        assert any("h5py is not installed" in item.reason for item in report.not_checked)
    (report,) = check([path]).assets
    assert not any("h5py is not installed" in item.reason for item in report.not_checked)
    assert "FMT201" in rules(report)
