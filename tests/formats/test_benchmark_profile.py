"""``check --profile benchmark``: the recordings of the benchmark bucket, and of a copy of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.bucket.address import Connection
from aind_lint.errors import NoAssetError
from aind_lint.examples.bases import base_tree
from tests.servers import SeaweedFS

GOOD, BAD, IBL = "612962_2022-04-13_19-18-04_ProbeB", "618197_2022-06-21_14-08-06", "CSHZAD026_2020-09-04_probe00"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the bucket, with a recording of a wrong name, a folder without a recording, and another study."""
    binary = base_tree("formats-2x").write(tmp_path / "source") / "sorted" / "binary"
    study = tmp_path / "ephys-compression"
    for name in (f"aind-np1/{GOOD}", f"aind-np2/{BAD}", f"ibl-np1/{IBL}"):
        shutil.copytree(binary, study / name)
    for name in ("README.md", "ibl-np1/empty/notes.txt", "mearec/mearec_NP1.h5"):
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text("text", encoding="utf-8")
    return study


def found(address: str | Path, connection: Connection = Connection()) -> dict[str, set[str]]:
    report = check([address], profile="benchmark", cache=False, connection=connection)
    assert {asset.name for asset in report.assets} == {None}
    start = f"{address.as_posix() if isinstance(address, Path) else address}/"
    return {
        asset.path.removeprefix(start): {one.rule for one in asset.findings} - {"FMT306"} for asset in report.assets
    }


EXPECTED: dict[str, set[str]] = {
    f"aind-np1/{GOOD}": set(),
    f"aind-np2/{BAD}": {"FMT701"},
    f"ibl-np1/{IBL}": set(),
    "ibl-np1/empty": {"FMT702"},
    "mearec/mearec_NP1.h5": {"FMT401"},
}


def test_each_recording_of_a_copy_is_checked_by_itself(copy: Path) -> None:
    assert found(copy) == EXPECTED
    report = check([copy], profile="benchmark", cache=False)
    assert report.ignored_names == [f"{copy.as_posix()}/README.md: not in a recording"]


@pytest.mark.parametrize("below", ["aind-np2", f"aind-np2/{BAD}"])
def test_a_set_or_a_recording_can_be_named(copy: Path, below: str) -> None:
    (rules,) = found(copy / below).values()
    assert rules == {"FMT701"}


def test_other_types_than_int16_are_errors(copy: Path) -> None:
    description = copy / "ibl-np1" / IBL / "binary.json"
    content = json.loads(description.read_bytes())
    content["kwargs"]["dtype"] = "<i4"
    description.write_text(json.dumps(content), encoding="utf-8")
    assert "FMT703" in found(copy)[f"ibl-np1/{IBL}"]


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NoAssetError, match="no recording"):
        check([tmp_path], profile="benchmark")


def test_the_bucket_gives_the_same_as_its_copy(copy: Path, seaweedfs: SeaweedFS, s3: Connection) -> None:
    bucket = seaweedfs.make_bucket()
    for path in copy.rglob("*"):
        if path.is_file():
            key = path.relative_to(copy.parent).as_posix()
            seaweedfs.client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    assert found(f"s3://{bucket}/ephys-compression", s3) == EXPECTED
    (report,) = check([f"s3://{bucket}/ephys-compression/aind-np1/{GOOD}"], connection=s3, profile="benchmark").assets
    assert report.format == "SpikeInterface 0.105.3 recording in binary files"
    (report,) = check([f"s3://{bucket}/ephys-compression/mearec/mearec_NP1.h5"], connection=s3).assets
    assert [finding.rule for finding in report.findings] == ["FMT401"]
