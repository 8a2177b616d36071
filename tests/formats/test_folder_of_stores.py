"""A folder without assets, such as the output of a pipeline: each store and data file in it is checked by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.bucket.address import Connection
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here
from tests.links import make_link
from tests.servers import SeaweedFS

STORES = ["arrays/templates.h5", "binary", "movie.mp4", "raster.tif", "recording.zarr", "session.nwb.zarr",
          "tile.ome.zarr"]  # fmt: skip


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A folder with several stores and data files."""
    folder = base_tree("formats-2x").write(tmp_path) / "sorted"
    return folder.rename(tmp_path / "results")


def test_each_store_has_a_report(output: Path) -> None:
    report = check([output], cache=False)
    assert [Path(asset.path).relative_to(output).as_posix() for asset in report.assets] == STORES
    assert all(asset.name is None and asset.format for asset in report.assets)
    assert report.exit_code() == 0


def test_a_fault_in_one_fails_the_check(output: Path) -> None:
    (output / "recording.zarr/traces_seg0/0.0").unlink()
    make_link(output / "link.tif", output / "raster.tif")
    done = run_here(output.parent, "check", str(output), "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    found = {Path(asset["path"]).name: [one["rule"] for one in asset["findings"]] for asset in document["assets"]}
    assert len(found) == len(STORES)
    assert found["recording.zarr"] == ["FMT103"]


def test_assets_are_checked_beside_stores(output: Path) -> None:
    base_tree("derived-2x").write(output)
    names = [asset.name for asset in check([output], cache=False, fast=True).assets]
    assert len(names) == len(STORES) + 1
    assert len(set(names) - {None}) == 1


@pytest.mark.parametrize(
    ("name", "is_asset"),
    [("ecephys_123456_2022-12-12_05-06-07", True), ("2022-12-12_05-06-07", True), ("session1", False)],
)
def test_an_asset_without_sidecars_is_no_store(tmp_path: Path, name: str, is_asset: bool) -> None:
    recording = tmp_path / name / "Record Node 104/experiment1/recording1"
    recording.mkdir(parents=True)
    (recording / "structure.oebin").write_text('{"GUI version": "0.6.7", "continuous": []}')
    (report,) = check([tmp_path], cache=False, fast=True).assets
    assert (report.name == name) is is_asset
    assert bool(report.findings) is is_asset
    (report,) = check([tmp_path / name], cache=False, fast=True).assets  # Open Ephys itself names folders by a time
    assert (report.name == name) is name.startswith("ecephys")


def test_a_repository_is_not_searched_for_stores(output: Path) -> None:
    (output / ".git").mkdir()
    done = run_here(output.parent, "check", str(output))
    assert done.returncode == 3
    assert "no store or data file" not in done.stderr


@pytest.mark.parametrize("path", ["session1", "session1/Record Node 104", "."])
def test_a_recording_of_open_ephys_in_a_bucket_is_a_store(path: str, seaweedfs: SeaweedFS, s3: Connection) -> None:
    bucket = seaweedfs.make_bucket()
    folder = "days/session1/Record Node 104/experiment1/recording1"
    body = b'{"GUI version": "0.6.7", "continuous": []}'
    seaweedfs.client.put_object(Bucket=bucket, Key=f"{folder}/structure.oebin", Body=body)
    (report,) = check([f"s3://{bucket}/days/{path}".removesuffix("/.")], connection=s3, cache=False).assets
    assert report.format == "Open Ephys GUI 0.6.7 binary recording"


def test_a_folder_with_a_modality_is_no_recording(tmp_path: Path, seaweedfs: SeaweedFS, s3: Connection) -> None:
    """An unfinished asset, in a folder and in a bucket."""
    bucket = seaweedfs.make_bucket()
    for key in ("Record Node 104/experiment1/recording1/structure.oebin", "ecephys/notes.txt"):
        (tmp_path / "session1" / key).parent.mkdir(parents=True)
        (tmp_path / "session1" / key).write_text("{}")
        seaweedfs.client.put_object(Bucket=bucket, Key=f"days/session1/{key}", Body=b"{}")
    assert [one.format for one in check([tmp_path / "session1"], cache=False, fast=True).assets] == [None]
    (report,) = check([f"s3://{bucket}/days/session1"], connection=s3, cache=False).assets
    assert report.path.endswith("session1/Record Node 104"), "the folder itself is no recording, but searched"


def test_a_prefix_of_a_bucket_is_searched(output: Path, seaweedfs: SeaweedFS, s3: Connection) -> None:
    bucket = seaweedfs.make_bucket()
    for path in output.rglob("*"):
        if path.is_file():
            key = f"results/{path.relative_to(output).as_posix()}"
            seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    report = check([f"s3://{bucket}/results"], connection=s3, cache=False)
    start = f"s3://{bucket}/results/"
    # Folders below the prefix are not searched.
    assert [asset.path for asset in report.assets] == [start + name for name in STORES if name != "arrays/templates.h5"]
    assert f"{start}arrays/: not the name of an asset" in report.ignored_names
