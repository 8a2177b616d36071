"""Small valid files of every format, for the examples of rules about the insides of formats."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from functools import cache
from typing import Any

_RATE = 30000.0


@cache
def format_samples() -> dict[str, bytes]:
    """A Zarr recording, an NWB file, an image, a binary recording, a video, a TIFF image and an HDF5 file, by key."""
    return {
        **_below("sorted/recording.zarr", _recording()),
        **_below("sorted/session.nwb.zarr", _nwb()),
        **_below("sorted/tile.ome.zarr", _image()),
        **_below("sorted/binary", _binary_recording()),
        **_below("sorted/arrays", {"templates.h5": _hdf5()}),
        **_below("sorted", {"raster.tif": _tiff(), "movie.mp4": _mp4()}),
    }


def _below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode("ascii")


def _group_v2(attributes: dict[str, Any] | None = None) -> dict[str, bytes]:
    files = {".zgroup": _json({"zarr_format": 2})}
    return {**files, ".zattrs": _json(attributes)} if attributes else files


def _array_v2(
    shape: list[int], chunks: list[int], data_type: str, data: list[bytes], attributes: dict[str, Any] | None = None
) -> dict[str, bytes]:
    """An array that is divided along its first dimension, without compression."""
    metadata: dict[str, Any] = {
        "zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": data_type, "order": "C", "compressor": None,
        "fill_value": 0, "filters": [{"id": "vlen-utf8"}] if data_type == "|O" else None,
    }  # fmt: skip
    keys = (".".join([str(number), *("0" for _ in shape[1:])]) for number in range(len(data)))
    files = {".zarray": _json(metadata), **dict(zip(keys, data, strict=True))}
    return {**files, ".zattrs": _json(attributes)} if attributes else files


def _text(text: str) -> dict[str, bytes]:
    encoded = text.encode("utf-8")
    return _array_v2([1], [1], "|O", [struct.pack("<II", 1, len(encoded)) + encoded])


def _recording() -> dict[str, bytes]:
    """A recording of two channels that SpikeInterface saved: 60 frames in two chunks."""
    attributes = {"num_segments": 1, "sampling_frequency": _RATE, "annotations": {"is_filtered": False}}
    times = struct.pack("<60d", *(frame / _RATE for frame in range(60)))
    return {
        **_group_v2(attributes),
        **_below("traces_seg0", _array_v2([60, 2], [30, 2], "<i2", [bytes(range(120)), bytes(range(120))])),
        **_below("times_seg0", _array_v2([60], [60], "<f8", [times])),
        **_below("channel_ids", _array_v2([2], [2], "<i8", [struct.pack("<2q", 0, 1)])),
    }


def _nwb() -> dict[str, bytes]:
    """An NWB file with one series, one table and a subject."""
    series = {"neurodata_type": "TimeSeries", "namespace": "core", "description": "A wheel.", "comments": "none"}
    table = {"neurodata_type": "TimeIntervals", "namespace": "core", "colnames": ["start_time", "stop_time"]}
    numbers = struct.pack("<4d", 0.0, 0.1, 0.2, 0.3)
    return {
        **_group_v2({"neurodata_type": "NWBFile", "namespace": "core", "nwb_version": "2.7.0"}),
        **_below("session_description", _text("A session of one mouse.")),
        **_below("identifier", _text("b0a4b2d5-0000-4000-8000-000000000001")),
        **_below("session_start_time", _text("2022-12-12T05:06:07-08:00")),
        **_below("general", _group_v2()),
        **_below("general/subject", _group_v2({"neurodata_type": "Subject", "namespace": "core"})),
        **_below("general/subject/subject_id", _text("123456")),
        **_below("general/subject/species", _text("Mus musculus")),
        **_below("general/subject/sex", _text("F")),
        **_below("general/subject/age", _text("P90D")),
        **_below("acquisition", _group_v2()),
        **_below("acquisition/speed", _group_v2(series)),
        **_below("acquisition/speed/data", _array_v2([4], [4], "<f8", [numbers], {"unit": "cm/s"})),
        **_below(
            "acquisition/speed/starting_time",
            _array_v2([1], [1], "<f8", [bytes(8)], {"rate": 10.0, "unit": "seconds"}),
        ),
        **_below("intervals", _group_v2()),
        **_below("intervals/trials", _group_v2(table)),
        **_below("intervals/trials/id", _array_v2([4], [4], "<i8", [struct.pack("<4q", 0, 1, 2, 3)])),
        **_below("intervals/trials/start_time", _array_v2([4], [4], "<f8", [numbers])),
        **_below("intervals/trials/stop_time", _array_v2([4], [4], "<f8", [numbers])),
    }


def _image() -> dict[str, bytes]:
    """An OME-Zarr image of version 0.5 with two levels."""
    levels = [
        {"path": f"s{n}", "coordinateTransformations": [{"type": "scale", "scale": [scale, scale]}]}
        for n, scale in enumerate((1.8, 3.6))
    ]
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    ome = {"version": "0.5", "multiscales": [{"name": "tile", "axes": axes, "datasets": levels}]}
    return {
        "zarr.json": _json({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}),
        **_below("s0", _array_v3([8, 8], [4, 8])),
        **_below("s1", _array_v3([4, 4], [4, 4])),
    }


def _array_v3(shape: list[int], chunks: list[int]) -> dict[str, bytes]:
    metadata = {
        "zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "uint16", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": {},
    }  # fmt: skip
    chunk = bytes(2 * chunks[0] * chunks[1])
    rows = -(-shape[0] // chunks[0])
    return {"zarr.json": _json(metadata), **{f"c/{row}/0": chunk for row in range(rows)}}


def _binary_recording() -> dict[str, bytes]:
    """A recording of two channels that SpikeInterface saved as a folder."""
    arguments = {
        "file_paths": ["traces_cached_seg0.raw"], "sampling_frequency": _RATE, "t_starts": None, "num_channels": 2,
        "dtype": "<i2", "channel_ids": [0, 1], "time_axis": 0, "file_offset": 0, "gain_to_uV": [0.195, 0.195],
        "offset_to_uV": [0.0, 0.0], "is_filtered": False, "file_timestamps_paths": None,
    }  # fmt: skip
    probe = {"ndim": 2, "si_units": "um", "contact_positions": [[0, 0], [0, 20]], "device_channel_indices": [0, 1]}
    core = "spikeinterface.core"
    common = {"module": "spikeinterface", "version": "0.105.3", "relative_paths": True}
    return {
        "binary.json": _json(
            {"class": f"{core}.binaryrecordingextractor.BinaryRecordingExtractor", "kwargs": arguments, **common}
        ),
        "si_folder.json": _json(
            {"class": f"{core}.binaryfolder.BinaryFolderRecording", "kwargs": {"folder_path": "."}, **common}
        ),
        "probegroup.json": _json({"specification": "probeinterface", "version": "0.2.21", "probes": [probe]}),
        "traces_cached_seg0.raw": bytes(240),
        "properties/gain_to_uV.npy": npy("<f8", struct.pack("<2d", 0.195, 0.195), "(2,)"),
    }


def npy(data_type: str, data: bytes, shape: str) -> bytes:
    """A file in NumPy's format, version 1.0."""
    header = f"{{'descr': '{data_type}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii") + data


def sized_file(key: str, size: int) -> bytes | None:
    """A file that is whole as far as its headers show, of a given size or of 200 bytes; None for other extensions."""
    makers = {"mp4": _mp4, "avi": _avi, "tif": _tiff, "tiff": _tiff, "h5": _hdf5, "hdf5": _hdf5, "nwb": _hdf5}
    make = makers.get(key.rpartition(".")[2].lower())
    return None if make is None or size > 1_000_000 else make(max(size, 200))


def _hdf5(size: int = 200) -> bytes:
    """The superblock of an HDF5 file, version 0, and as many bytes as it promises."""
    superblock = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0]) + bytes(4)
    undefined = b"\xff" * 8
    addresses = bytes(8) + undefined + struct.pack("<Q", size) + undefined
    return (superblock + addresses).ljust(size, b"\0")


def _tiff(size: int = 126) -> bytes:
    """A TIFF image of 2 by 2 pixels."""
    fields = [(256, 2), (257, 2), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 2), (279, 4)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    header = b"II*\0" + struct.pack("<I", 12) + bytes(4) + struct.pack("<H", len(fields))
    return (header + entries + bytes(4)).ljust(size, b"\0")


def _avi(size: int) -> bytes:
    """The outermost chunk of an AVI file, and the list of its frames."""
    return struct.pack("<4sI4s4sI4s", b"RIFF", size - 8, b"AVI ", b"LIST", size - 20, b"movi").ljust(size, b"\0")


def _mp4(size: int = 104) -> bytes:
    """The boxes of a video whose index comes first."""
    boxes = [(b"ftyp", b"isom\0\0\2\0isomiso2"), (b"moov", bytes(40)), (b"mdat", bytes(size - 80))]
    return b"".join(struct.pack(">I", 8 + len(content)) + name + content for name, content in boxes)
