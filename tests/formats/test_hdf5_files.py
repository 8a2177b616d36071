"""HDF5 files as h5py writes them: user blocks, every version of the superblock, and recordings of MEArec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aind_lint import check


@pytest.fixture
def h5py() -> Any:
    return pytest.importorskip("h5py")


def rules(path: Path) -> set[str]:
    (report,) = check([path], cache=False, select=["FMT401", "FMT405"]).assets
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("version", [None, "latest"])
@pytest.mark.parametrize("block", [0, 512, 4096])
def test_the_end_of_a_file_is_known_with_a_user_block(h5py: Any, tmp_path: Path, version: Any, block: int) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=block, libver=version) as file:
        file["numbers"] = range(100)
    content = path.read_bytes()
    assert not rules(path)
    path.write_bytes(content + bytes(10))  # more than the header states
    assert not rules(path)
    path.write_bytes(content[:-1])
    assert rules(path) == {"FMT401"}
    if not block:  # a block that is added later
        path.write_bytes(bytes(512) + content)
        assert not rules(path)
        path.write_bytes(bytes(512) + content[:-1])
        assert rules(path) == {"FMT401"}


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("fs", 100.0, set()),
        ("fs", None, {"FMT405"}),
        ("fs", 0.0, {"FMT405"}),
        ("duration", None, {"FMT405"}),
        ("duration", float("nan"), {"FMT405"}),
        ("duration", float("inf"), {"FMT405"}),
    ],
)
def test_a_simulated_recording_states_its_rate_and_duration(
    h5py: Any, tmp_path: Path, name: str, value: float | None, found: set[str]
) -> None:
    path = tmp_path / "recording.h5"
    with h5py.File(path, "w") as file:
        file["recordings"] = [[0.0] * 4] * 200
        file["channel_positions"] = [[0.0] * 3] * 4
        file.create_group("spiketrains")
        values = {"fs": 100.0, "duration": 2.0, name: value}
        for member, number in values.items():
            if number is not None:
                file[f"info/recordings/{member}"] = number
        file.require_group("info/recordings")
    assert rules(path) == found


def nwb_rules(path: Path) -> set[str]:
    (report,) = check([path], cache=False, select=["FMT110", "FMT205", "FMT206", "FMT208"]).assets
    return {finding.rule for finding in report.findings}


def test_events_are_data(h5py: Any, tmp_path: Path) -> None:
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        file["general/devices/probe"] = 1
        file["identifier"] = "a"
    assert nwb_rules(path) == {"FMT208"}
    with h5py.File(path, "a") as file:
        file["events/licks/timestamp"] = [0.5]
    assert not nwb_rules(path)


def test_an_external_column_is_no_missing_column(h5py: Any, tmp_path: Path) -> None:
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        table = file.create_group("intervals/trials")
        table.attrs["colnames"] = ["start_time"]
        table["start_time"] = h5py.ExternalLink("other.nwb", "/intervals/trials/start_time")
    assert nwb_rules(path) == {"FMT110"}


@pytest.mark.parametrize(
    ("rows", "found"), [([0, 3, 3], []), ([4], ["row 4"]), ([-1], ["row -1"]), ([], []), ([0] * 200_000, [])]
)
def test_a_row_that_is_selected_exists(h5py: Any, tmp_path: Path, rows: list[int], found: list[str]) -> None:
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        table = file.create_group("general/extracellular_ephys/electrodes")
        table["id"] = range(4)
        region = file.create_dataset("acquisition/series/electrodes", data=rows, dtype="i4")
        region.attrs["neurodata_type"] = "DynamicTableRegion"
        region.attrs["table"] = table.ref
    (report,) = check([path], cache=False, select=["FMT223"]).assets
    messages = [finding.message for finding in report.findings]
    assert len(messages) == len(found)
    assert all(text in message for text, message in zip(found, messages, strict=True))
    assert bool(report.not_checked) is (len(rows) > 125_000)


@pytest.mark.parametrize(
    ("path", "numbers", "found"),
    [
        ("acquisition/speed/timestamps", [0.0, 1.0, 1.0, 2.0], ""),
        ("acquisition/speed/timestamps", [0.0, 2.0, float("nan"), 3.0], ""),
        ("acquisition/speed/timestamps", [0.0, 2.0, 1.5, 3.0], "item 1 is 2 s, the next 1.5 s"),
        ("intervals/trials/start_time", [0.0, 0.1, 0.2, 0.3], ""),
        ("intervals/trials/start_time", [0.0, 0.2, 0.1, 0.3], "row 1 starts at 0.2 s"),
        ("intervals/trials/stop_time", [1.0, 0.05, 1.0, 1.0], "row 1 of intervals/trials"),
        ("intervals/trials/tags_index", [1, 1, 2, 6], ""),
        ("intervals/trials/tags_index", [1, 2, 1, 6], "ends row 2 at item 1"),
        ("intervals/trials/tags_index", [1, 2, 3, 7], "ends row 3 at item 7, but intervals/trials/tags has 6 items"),
    ],
)
def test_times_ascend_and_ragged_columns_end_where_their_index_says(
    h5py: Any, tmp_path: Path, path: str, numbers: list[float], found: str
) -> None:
    datasets = {
        "acquisition/speed/timestamps": [0.0, 1.0, 2.0, 3.0],
        "intervals/trials/start_time": [0.0, 0.1, 0.2, 0.3],
        "intervals/trials/stop_time": [1.0, 1.0, 1.0, 1.0],
        "intervals/trials/tags": [0] * 6,
        "intervals/trials/tags_index": [1, 1, 2, 6],
        path: numbers,
    }
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        for name, values in datasets.items():
            file[name] = values
        file["intervals/trials/tags_index"].attrs["neurodata_type"] = "VectorIndex"
    (report,) = check([tmp_path / "a.nwb"], cache=False, select=["FMT224", "FMT225"]).assets
    assert [found in finding.message for finding in report.findings] == ([True] if found else [])


def test_the_title_of_a_file_states_a_version_that_is_a_list_of_one(h5py: Any, tmp_path: Path) -> None:
    for name, version in (("one", ["2.7.0"]), ("text", "2.7.0")):
        with h5py.File(tmp_path / f"{name}.nwb", "w") as file:
            file.attrs["nwb_version"] = version
        (report,) = check([tmp_path / f"{name}.nwb"], cache=False, select=["FMT201"]).assets
        assert report.format == "NWB 2.7.0 in HDF5"
