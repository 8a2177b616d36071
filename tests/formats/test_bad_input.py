"""Stores and files that cannot be checked: one finding, or "not checked", within bounded time and memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport
from tests.links import make_link

SI, OME, NWB = "recording.zarr", "tile.ome.zarr", "session.nwb.zarr"
TRACES, LEVEL = f"{SI}/traces_seg0/.zarray", f"{OME}/s0/zarr.json"
_SHARD = {
    "name": "sharding_indexed",
    "configuration": {"chunk_shape": [4, 8], "codecs": ["bytes"], "index_codecs": ["bytes"], "index_location": "end"},
}


@pytest.fixture
def sorted_folder(tmp_path: Path) -> Path:
    """A folder with stores of every format."""
    return base_tree("formats-2x").write(tmp_path) / "sorted"


def result(path: Path, **options: Any) -> AssetReport:
    """The report of a check that needs little memory."""
    tracemalloc.start()
    (report,) = check([path], cache=False, **options).assets
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000_000
    assert not report.crashes
    return report


def found(report: AssetReport) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity.value != "info"}


@pytest.mark.parametrize(
    "key",
    [
        f"{SI}/.zattrs", f"{SI}/.zgroup", TRACES, f"{OME}/zarr.json", LEVEL, f"{NWB}/.zattrs", "binary/binary.json",
        "binary/si_folder.json", "binary/probegroup.json",
    ],
)  # fmt: skip
@pytest.mark.parametrize("cache", [True, False])
def test_a_metadata_file_of_10_gb_is_not_checked(sorted_folder: Path, key: str, cache: bool, monkeypatch: Any) -> None:
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(sorted_folder.parent.parent / "cache"))
    with (sorted_folder / key).open("wb") as stream:
        stream.truncate(10_000_000_000)
    tracemalloc.start()
    (report,) = check([sorted_folder / key.partition("/")[0]], cache=cache).assets
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()
    assert not found(report)
    assert any("larger than" in item.reason for item in report.not_checked)


@pytest.mark.parametrize(
    ("key", "edit", "rules", "reason"),
    [
        (TRACES, {"shape": [1] * 1_000_000, "chunks": [1] * 1_000_000}, {"FMT101"}, None),
        (LEVEL, {"shape": [1] * 1_000_000}, {"FMT101"}, None),
        (TRACES, {"shape": [2**63, 2]}, {"FMT103"}, None),
        (TRACES, {"shape": [2**2000, 2]}, {"FMT103"}, None),
        (TRACES, {"shape": [0, 2]}, {"FMT102"}, None),
        (TRACES, {"shape": [], "chunks": []}, {"FMT310"}, None),
        (TRACES, {"compressor": {"id": "mystery"}}, set(), "the codec 'mystery' is unknown"),
        (TRACES, {"filters": [{"id": "mystery"}]}, set(), "the filter 'mystery'"),
        (TRACES, {"filters": [{"id": "delta", "dtype": "<i2", "astype": "<i4"}]}, set(), "the filter 'delta'"),
        (LEVEL, {"codecs": ["bytes", "https://example.org/mystery"]}, set(), "mystery' is unknown"),
        (LEVEL, {"codecs": ["mystery", "bytes"]}, set(), "the codec 'mystery'"),
        (LEVEL, {"codecs": ["mystery"]}, set(), "mystery"),
        (LEVEL, {"chunk_grid": {"name": "rectilinear"}}, set(), "the extension 'rectilinear'"),
        (LEVEL, {"chunk_key_encoding": {"name": "fanout"}}, set(), "the extension 'fanout'"),
        (LEVEL, {"storage_transformers": [{"name": "mirror"}]}, set(), "mirror"),
        (LEVEL, {"novelty": {"name": "x"}}, set(), "the extension 'novelty'"),
        (LEVEL, {"novelty": {"must_understand": False}}, set(), None),
    ],
)
def test_odd_metadata_has_one_finding_or_is_not_checked(
    sorted_folder: Path, key: str, edit: dict[str, Any], rules: set[str], reason: str | None
) -> None:
    path = sorted_folder / key
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **edit}), encoding="utf-8")
    report = result(sorted_folder / key.partition("/")[0])
    assert found(report) == rules
    assert len([finding for finding in report.findings if finding.severity.value != "info"]) == len(rules)
    assert bool(report.not_checked) is bool(reason)
    assert not reason or any(reason in item.reason for item in report.not_checked)


def test_an_array_at_the_root_has_one_finding(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/.zarray").write_text('{"zarr_format": 2, "shape": [1]}')
    (tmp_path / "a.zarr/0").write_bytes(bytes(2))
    assert [finding.rule for finding in result(tmp_path / "a.zarr").findings] == ["FMT101"]
    (tmp_path / "a.zarr/.zarray").rename(tmp_path / "a.zarr/.zgroup")
    (finding,) = result(tmp_path / "a.zarr").findings
    assert finding.message.startswith("0 looks like a chunk, but a.zarr has no metadata of an array")


def test_shards_of_shards_are_not_checked(sorted_folder: Path) -> None:
    path = sorted_folder / LEVEL
    inner = {**_SHARD, "configuration": {**_SHARD["configuration"], "codecs": [_SHARD]}}  # type: ignore[dict-item]
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "codecs": [inner]}), encoding="utf-8")
    empty = b"\xff" * 16  # an index of one inner chunk that is not stored
    for name in ("0/0", "1/0"):
        (path.parent / "c" / name).write_bytes(empty)
    report = result(sorted_folder / OME)
    assert not found(report)
    assert any("shards contain shards" in item.reason for item in report.not_checked)


@pytest.mark.parametrize("text", ["[" * 500_000, '{"num_segments": ' + "9" * 5000 + "}", "{", "\0" * 100, ""])
def test_attributes_that_are_no_json_have_one_finding(sorted_folder: Path, text: str) -> None:
    (sorted_folder / SI / ".zattrs").write_text(text, encoding="utf-8")
    report = result(sorted_folder / SI)
    assert [finding.rule for finding in report.findings] == ["FMT101"]


@pytest.mark.parametrize(
    ("base", "key", "path", "rule"),
    [
        ("formats-2x", f"sorted/{SI}/.zattrs", ["sampling_frequency"], "FMT310"),
        ("formats-2x", "sorted/binary/binary.json", ["kwargs", "sampling_frequency"], "FMT303"),
        (
            "formats-2x",
            f"sorted/{OME}/zarr.json",
            ["attributes", "ome", "multiscales", 0, "datasets", 0, "coordinateTransformations", 0, "scale", 0],
            "FMT211",
        ),
        (
            "raw-2x",
            "ecephys/experiment1/recording1/structure.oebin",
            ["continuous", 0, "sample_rate"],
            "FMT404",
        ),
    ],
)
def test_a_number_beyond_any_float_is_one_finding(
    tmp_path: Path, base: str, key: str, path: list[Any], rule: str
) -> None:
    asset = base_tree(base).write(tmp_path)
    content = inner = json.loads((asset / key).read_bytes())
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = 10**400
    (asset / key).write_text(json.dumps(content), encoding="utf-8")
    (report,) = check([asset], cache=False, select=["FMT"]).assets
    assert not report.crashes
    assert [finding.rule for finding in report.findings if finding.severity.value != "info"] == [rule]


def _zarr_circle(folder: Path) -> Path:
    (folder / NWB / "acquisition/.zattrs").write_text(
        json.dumps({"zarr_link": [{"name": "again", "source": ".", "path": "/acquisition"}]}), encoding="utf-8"
    )
    return folder / NWB


def _link_circle(folder: Path) -> Path:
    try:
        make_link(folder / SI / "traces_seg0/loop", "..")
    except OSError:
        pytest.skip("this user may not make links")
    return folder / SI


def _hdf5_circle(folder: Path) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "session.nwb", "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        file["acquisition/again"] = file.create_group("acquisition")
    return folder / "session.nwb"


def _soft_circle(folder: Path) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "session.nwb", "w") as file:
        file.attrs["neurodata_type"] = "NWBFile"
        file["itself"] = h5py.SoftLink("/itself")
    return folder / "session.nwb"


@pytest.mark.parametrize(
    ("make", "rule"),
    [(_zarr_circle, "FMT223"), (_link_circle, "FMT116"), (_hdf5_circle, "FMT223"), (_soft_circle, "FMT223")],
)
def test_links_in_a_circle_have_one_finding(sorted_folder: Path, make: Callable[[Path], Path], rule: str) -> None:
    report = result(make(sorted_folder))
    assert [finding.rule for finding in report.findings if finding.rule in (rule, "FMT110")] == [rule]
