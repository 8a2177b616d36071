"""Do the files agree with each other? Frames of videos with their tables, NWB files with the names they have."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from aind_lint.formats.codecs.byte_window import window_of
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.media.frame_count import count_frames
from aind_lint.formats.open_ephys.settings import SettingsError, read_settings
from tests.formats.sample_files import avi_of, matroska_of

VIDEOS = {"video.avi": avi_of, "video.mkv": matroska_of}


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize("frames", [0, 1, 25])
def test_frames_are_counted_in_headers(name: str, frames: int) -> None:
    assert count_frames(name, window_of(VIDEOS[name](frames))) == frames


@pytest.mark.parametrize("name", VIDEOS)
def test_frames_of_a_video_that_is_cut_off_are_not_counted(name: str) -> None:
    with pytest.raises(BrokenChunkError, match="cut off"):
        count_frames(name, window_of(VIDEOS[name](5)[:-20]))


def test_frames_without_data_are_not_counted() -> None:
    with pytest.raises(UndecodedError, match="without data"):
        count_frames("a.avi", window_of(avi_of(5).replace(b"00dc" + struct.pack("<I", 6), b"00dc" + bytes(4), 1)))


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize(("frames", "found"), [(2, set()), (3, {"LAY408"})])
def test_a_video_is_compared_with_its_table(tmp_path: Path, name: str, frames: int, found: set[str]) -> None:
    tree = base_tree("raw-2x")
    folder = "behavior-videos/FaceCamera"
    tree.files[f"{folder}/{name}"] = VIDEOS[name](frames)
    tree.files[f"{folder}/metadata.csv"] = b"ReferenceTime,CameraFrameNumber,CameraFrameTime\n1.5,7,100\n1.6,8,200\n"
    (report,) = check([tree.write(tmp_path)], cache=False, select=["LAY408"]).assets
    assert {finding.rule for finding in report.findings} == found
    assert not report.not_checked


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ecephys_123456_2022-12-12_05-06-07_nwb_2022-12-13_01-02-03.nwb.zarr", set()),
        ("session.nwb.zarr", set()),
        ("ecephys_654321_2022-12-12_05-06-07_nwb_2022-12-13_01-02-03.nwb.zarr", {"FMT204"}),
        ("ecephys_123456_2022-12-11_05-06-07_nwb_2022-12-13_01-02-03.nwb.zarr", {"FMT203"}),
        ("ecephys_123456_2022-12-12_09-06-07.nwb", {"FMT221"}),
        ("ecephys_123456_2022-12-12_05-06.nwb.zarr", set()),  # not the name of an asset
    ],
)
def test_an_nwb_file_by_itself_is_compared_with_the_name_of_its_asset(
    tmp_path: Path, name: str, found: set[str]
) -> None:
    store = base_tree("formats-2x").write(tmp_path) / "sorted/session.nwb.zarr"
    (report,) = check([store.rename(tmp_path / name)], cache=False).assets
    assert {finding.rule for finding in report.findings} == found


@pytest.mark.parametrize(
    ("base", "key", "rule"),
    [
        ("formats-2x", "sorted/tile.ome.zarr/zarr.json", "FMT220"),
        ("raw-2x", "ecephys/experiment1/recording1/structure.oebin", "FMT407"),
    ],
)
def test_what_cannot_be_read_is_not_compared(tmp_path: Path, base: str, key: str, rule: str) -> None:
    asset = base_tree(base).write(tmp_path)
    with (asset / key).open("wb") as stream:
        stream.truncate(10_000_000_000)
    (report,) = check([asset], cache=False, select=[rule]).assets
    assert not report.findings
    assert [item.file for item in report.not_checked] == [key]


@pytest.mark.parametrize(
    "text", ["", "<A>", "<A/><B/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><SETTINGS>&b;</SETTINGS>", "\0"]
)
def test_settings_that_are_no_plain_xml_are_not_read(text: str) -> None:
    with pytest.raises(SettingsError):
        read_settings(text.encode())
