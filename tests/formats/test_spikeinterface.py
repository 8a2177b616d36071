"""What SpikeInterface saves that is no recording, and recordings without their description."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.examples.format_samples import npy

SORTING = {"class": "spikeinterface.core.sortingfolder.NumpyFolderSorting", "version": "0.105.3", "kwargs": {}}


def found(path: Path) -> tuple[str | None, set[str]]:
    (report,) = check([path], cache=False).assets
    return report.format, {finding.rule for finding in report.findings}


def sorting(path: Path, description: dict[str, object]) -> Path:
    path.mkdir()
    (path / "si_folder.json").write_text(json.dumps(description))
    (path / "numpysorting_info.json").write_text('{"sampling_frequency": 30000.0, "unit_ids": [0], "num_segments": 1}')
    return path


def test_a_sorting_is_no_recording(tmp_path: Path) -> None:
    assert found(sorting(tmp_path / "sorting", SORTING)) == ("SpikeInterface 0.105.3 folder", set())


def test_a_sorting_of_another_class_is_not_loaded(tmp_path: Path) -> None:
    assert found(sorting(tmp_path / "sorting", {**SORTING, "class": "os.system"}))[1] == {"FMT301"}


def test_a_recording_by_itself_needs_its_description(tmp_path: Path) -> None:
    folder = base_tree("formats-2x").write(tmp_path) / "sorted/binary"
    (folder / "binary.json").unlink()
    assert found(folder)[1] == {"FMT301"}


@pytest.mark.parametrize("arrays", [["unit_ids"], []])
def test_a_sorting_in_zarr_has_no_traces(tmp_path: Path, arrays: list[str]) -> None:
    store = tmp_path / "sorting.zarr"
    for array in arrays:
        (store / array).mkdir(parents=True)
        content = {"zarr_format": 2, "shape": [1], "chunks": [1], "dtype": "<i8", "compressor": None, "filters": None}
        (store / array / ".zarray").write_text(json.dumps({**content, "order": "C", "fill_value": 0}))
        (store / array / "0").write_bytes(bytes(8))
    store.mkdir(exist_ok=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    (store / ".zattrs").write_text('{"num_segments": 1, "sampling_frequency": 30000.0}')
    assert found(store)[1] == (set() if arrays else {"FMT310"})


def test_a_property_in_zarr_has_a_value_for_each_channel(tmp_path: Path) -> None:
    store = base_tree("formats-2x").write(tmp_path) / "sorted/recording.zarr"
    path = store / "properties/gain_to_uV"
    path.mkdir(parents=True)
    (store / "properties/.zgroup").write_text('{"zarr_format": 2}')
    content = {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<f8", "compressor": None, "filters": None}
    (path / "0").write_bytes(bytes(16))
    (path / ".zarray").write_text(json.dumps({**content, "order": "C", "fill_value": 0}))
    assert not found(store)[1]
    (path / ".zarray").write_text(json.dumps({**content, "order": "C", "fill_value": 0, "shape": [1]}))
    assert found(store)[1] == {"FMT310"}


@pytest.mark.parametrize(("count", "rules"), [(60, set()), (59, {"FMT302"})])
def test_a_recording_has_a_time_for_each_frame(tmp_path: Path, count: int, rules: set[str]) -> None:
    folder = base_tree("formats-2x").write(tmp_path) / "sorted/binary"
    (folder / "times_cached_seg0.npy").write_bytes(npy("<f8", bytes(8 * count), f"({count},)"))
    assert found(folder)[1] - {"FMT306"} == rules
    (folder / "times_cached_seg0.npy").write_bytes(npy("<f8", bytes(8 * count - 1), f"({count},)"))
    assert found(folder)[1] - {"FMT306"} == {"FMT302"}
