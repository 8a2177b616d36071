"""What is not read is reported as not checked, and never as right or as wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport


@pytest.fixture
def h5py() -> Any:
    return pytest.importorskip("h5py")


def one(path: Path, rule: str) -> AssetReport:
    (report,) = check([path], cache=False, select=[rule]).assets
    return report


def nwb(h5py: Any, path: Path) -> Any:
    file = h5py.File(path, "w")
    file.attrs["neurodata_type"] = "NWBFile"
    return file


def test_more_references_than_are_followed(h5py: Any, tmp_path: Path) -> None:
    with nwb(h5py, tmp_path / "session.nwb") as file:
        file.create_dataset("general/many", (1_000_001,), h5py.ref_dtype, chunks=(1000,))
    report = one(tmp_path / "session.nwb", "FMT223")
    assert not report.findings
    assert [item.reason for item in report.not_checked] == [
        "the references in general/many of session.nwb were not followed: it has more than 1,000,000 references"
    ]


@pytest.mark.parametrize("place", ["attribute", "field", "region"])
def test_references_to_nothing_are_found_wherever_they_are(h5py: Any, tmp_path: Path, place: str) -> None:
    with nwb(h5py, tmp_path / "session.nwb") as file:
        target = file.create_dataset("gone", (3,), "i4")
        regions = h5py.regionref_dtype
        if place == "attribute":
            file.create_group("table").attrs["table"] = target.ref
        elif place == "field":
            fields = file.create_dataset("table", (2,), [("start", "i4"), ("series", h5py.ref_dtype)])
            fields[0] = fields[1] = (1, target.ref)
        else:
            file.create_dataset("table", (1,), regions)[0] = target.regionref[0:2]
        assert not one_closed(file, tmp_path / "session.nwb").findings
    with h5py.File(tmp_path / "session.nwb", "a") as file:
        del file["gone"]
    (finding,) = one(tmp_path / "session.nwb", "FMT223").findings
    assert finding.message.startswith("table of session.nwb refers to nothing")


def one_closed(file: Any, path: Path) -> AssetReport:
    """The report of a file that is written to the end."""
    file.close()
    return one(path, "FMT223")


@pytest.mark.parametrize(
    ("name", "found"),
    [("table", True), ("target", True), ("timeseries", False), ("electrodes/group", True), ("other/group", False)],
)
def test_a_null_reference_is_a_fault_where_nwb_requires_a_reference(
    h5py: Any, tmp_path: Path, name: str, found: bool
) -> None:
    path = tmp_path / "session.nwb"
    with nwb(h5py, path) as file:
        if name.endswith("group"):
            table = file.create_dataset(f"general/extracellular_ephys/{name}", (2,), h5py.ref_dtype)
            table[0] = file.ref
        else:
            file.create_group("data").attrs.create(name, h5py.Reference(), dtype=h5py.ref_dtype)
    messages = [finding.message for finding in one(path, "FMT223").findings]
    assert len(messages) == found
    assert all("1 of 2 references" in message or f"attribute '{name}'" in message for message in messages)


def test_a_symbolic_link_through_an_external_link_is_not_followed(h5py: Any, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.nwb", "w") as other:
        other["inner/data"] = [1]
    path = tmp_path / "session.nwb"
    with nwb(h5py, path) as file:
        file["outer"] = h5py.ExternalLink("other.nwb", "/inner")
        file["data"] = h5py.SoftLink("/outer/data")
        file["good"] = [1]
        file["alias"] = h5py.SoftLink("/good")
        file["circle"] = h5py.SoftLink("/circle")
    (report,) = check([path], cache=False, select=["FMT110", "FMT223"]).assets
    assert sorted(finding.message for finding in report.findings) == [
        "circle of session.nwb refers to nothing (/circle)",
        "data of session.nwb has its data in another file (other.nwb:/inner)",
        "outer of session.nwb has its data in another file (other.nwb:/inner)",
    ]


def test_a_table_with_two_names_is_checked_once(h5py: Any, tmp_path: Path) -> None:
    path = tmp_path / "session.nwb"
    with nwb(h5py, path) as file:
        table = file.create_group("processing/b/table")
        table.attrs["colnames"] = ["here", "missing"]
        table["here"] = [1]
        for name in ("a", "c"):
            file[f"processing/{name}"] = h5py.SoftLink("/processing/b")
    (finding,) = one(path, "FMT205").findings
    assert finding.message.startswith("the table processing/b/table of session.nwb names a column 'missing'")


def test_more_columns_than_are_read(h5py: Any, tmp_path: Path) -> None:
    with nwb(h5py, tmp_path / "session.nwb") as file:
        table = file.create_group("units", track_order=True)
        h5py.h5a.create(table.id, b"colnames", h5py.h5t.py_create("S2"), h5py.h5s.create_simple((10_001,)))
    report = one(tmp_path / "session.nwb", "FMT205")
    assert not report.findings
    assert any("attribute 'colnames' of units" in item.reason for item in report.not_checked)


@pytest.mark.parametrize(
    ("streams", "reason"),
    [
        ("<STREAM name='ProbeA-AP' sample_rate='fast' channel_count='384'/>", "states no usable rate"),
        ("<STREAM name='ProbeA-AP' sample_rate='30000'/>", "states no usable rate"),
        ("<STREAM name='ProbeB-AP' sample_rate='30000' channel_count='384'/>", "does not describe"),
        (
            "<STREAM name='ProbeA-AP' sample_rate='30000' channel_count='384'/>"
            "<STREAM name='ProbeA-AP' sample_rate='2500' channel_count='384'/>",
            "states several rates",
        ),
    ],
)
def test_streams_whose_settings_cannot_be_used(tmp_path: Path, streams: str, reason: str) -> None:
    tree = base_tree("raw-2x")
    tree.files["ecephys/settings.xml"] = f"<S><PROCESSOR nodeId=''>{streams}</PROCESSOR></S>".encode()
    report = one(tree.write(tmp_path), "FMT406")
    assert not report.findings
    assert [reason in item.reason for item in report.not_checked] == [True]


def test_a_store_of_no_known_format(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dandiset.yaml").write_text("identifier: 000001")
    (report,) = check([tmp_path / "data"], cache=False).assets
    assert [item.reason for item in report.not_checked] == ["no file in it has a format that is known"]


@pytest.mark.parametrize(
    ("name", "called"), [("session.nwb", "an NWB file in Zarr"), ("recording.zarr", "a Zarr store")]
)
def test_a_store_without_any_metadata(tmp_path: Path, name: str, called: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "0.0").write_bytes(bytes(8))
    (finding,) = one(tmp_path / name, "FMT").findings
    assert (finding.rule, finding.message) == ("FMT101", f"{name} is called {called}, but has no Zarr metadata")


def test_a_folder_of_nwb_files_is_no_store_without_metadata(h5py: Any, tmp_path: Path) -> None:
    folder = base_tree("formats-2x").write(tmp_path) / "sorted/session.nwb"
    folder.mkdir()
    nwb(h5py, folder / "probe.nwb").close()
    assert not one(folder, "FMT101").findings
    assert not one(folder.parents[1], "FMT101").findings


@pytest.mark.parametrize(
    ("removed", "added", "message", "title"),
    [
        (".zgroup", "", "session.nwb is no NWB 2.8.0 file in Zarr that can be opened", "Zarr v2"),
        (
            "",
            "zarr.json",
            "the NWB 2.8.0 file in Zarr session.nwb has metadata of",
            "Zarr of no clear version",
        ),
    ],
)
def test_an_nwb_file_that_cannot_be_opened_is_called_by_its_version(
    tmp_path: Path, removed: str, added: str, message: str, title: str
) -> None:
    folder = base_tree("formats-2x").write(tmp_path) / "sorted/session.nwb.zarr"
    folder = folder.rename(tmp_path / "session.nwb")
    attributes = json.loads((folder / ".zattrs").read_text())
    (folder / ".zattrs").write_text(json.dumps({**attributes, "nwb_version": "2.8.0"}))
    if removed:
        (folder / removed).unlink()
    if added:
        (folder / added).write_text('{"zarr_format": 3, "node_type": "group"}')
    report = one(folder, "FMT101")
    assert [finding.message.startswith(message) for finding in report.findings] == [True]
    assert report.format == f"NWB 2.8.0 in {title}"
