"""Little real files: the smallest that the readers of each format accept."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Iterable, Sequence

Files = dict[str, bytes]


def csv_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """RFC 4180: header row, comma, CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def npy(dtype: str, count: int) -> bytes:
    """An array of zeros in NumPy's format, version 1.0; ``dtype`` as in ``<i8``."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({count},), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("ascii") + bytes(count * int(dtype[2:]))
    )


def mp4(frames: int = 1) -> bytes:
    """An MP4 whose index comes before its data, so that it can be streamed."""

    def box(kind: bytes, content: bytes = b"") -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    table = box(b"stbl", box(b"stsz", struct.pack(">III", 0, 64, frames)))
    media = box(b"mdia", box(b"hdlr", bytes(8) + b"vide" + bytes(12)) + box(b"minf", table))
    head = box(b"mvhd", bytes(100)) + box(b"trak", box(b"tkhd", bytes(80)) + media)
    return box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41") + box(b"moov", head) + box(b"mdat", bytes(64))


def tiff() -> bytes:
    """A gray image of two by two pixels."""
    tags = [(256, 2), (257, 2), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 2), (279, 4)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\x00" + struct.pack("<I", 12) + bytes(4) + struct.pack("<H", len(tags)) + entries + bytes(4)


def hdf5() -> bytes:
    """A version 0 superblock that says how long the file is, and space for what it points to."""
    size, undefined = 800, 2**64 - 1
    superblock = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    superblock += struct.pack("<QQQQ", 0, undefined, size, undefined)
    superblock += struct.pack("<QQII16x", 0, 96, 0, 0)
    return superblock + bytes(size - len(superblock))


def zarr_array(path: str, shape: Sequence[int], dtype: str, separator: str = ".") -> Files:
    """A Zarr v2 array of zeros in one chunk, not compressed."""
    count = 1
    for length in shape:
        count *= length
    meta = {
        "zarr_format": 2,
        "shape": list(shape),
        "chunks": list(shape),
        "dtype": dtype,
        "compressor": None,
        "fill_value": 0,
        "filters": None,
        "order": "C",
        "dimension_separator": separator,
    }
    chunk = separator.join("0" for _ in shape)
    return {f"{path}/.zarray": json_bytes(meta), f"{path}/{chunk}": bytes(count * int(dtype[2:]))}


def zarr_text(path: str, text: str) -> Files:
    """A Zarr v2 array of one text, in a chunk that is not compressed."""
    meta = {
        "zarr_format": 2,
        "shape": [1],
        "chunks": [1],
        "dtype": "|O",
        "compressor": None,
        "fill_value": "",
        "filters": [{"id": "vlen-utf8"}],
        "order": "C",
    }
    encoded = text.encode("utf-8")
    return {f"{path}/.zarray": json_bytes(meta), f"{path}/0": struct.pack("<II", 1, len(encoded)) + encoded}


def zarr_group(path: str, **attributes: object) -> Files:
    """A Zarr v2 group."""
    files = {f"{path}/.zgroup": json_bytes({"zarr_format": 2})}
    return files | ({f"{path}/.zattrs": json_bytes(attributes)} if attributes else {})


def ome_zarr(path: str) -> Files:
    """An OME-Zarr image with two levels."""
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    # A voxel has the size that acquisition.json states, along z, y and x.
    levels = [
        {
            "path": str(level),
            "coordinateTransformations": [{"type": "scale", "scale": [size * 2**level for size in (2.0, 1.8, 1.8)]}],
        }
        for level in range(2)
    ]
    multiscales = [{"version": "0.4", "name": path.rpartition("/")[2], "axes": axes, "datasets": levels}]
    files = zarr_group(path, multiscales=multiscales)
    for level in range(2):
        files |= zarr_array(f"{path}/{level}", [4 // 2**level] * 3, "<u2", "/")
    return files


def nwb_zarr(path: str, session_start: str, subject_id: str) -> Files:
    """An NWB file in Zarr with a subject and one time series."""
    root = {"nwb_version": "2.7.0", ".specloc": "specifications", "namespace": "core", "neurodata_type": "NWBFile"}
    files = zarr_group(path, **root)
    for text in ("session_start_time", "timestamps_reference_time"):
        files |= zarr_text(f"{path}/{text}", session_start)
    files |= zarr_text(f"{path}/identifier", subject_id) | zarr_text(f"{path}/session_description", "An example")
    for group in ("acquisition", "analysis", "general", "processing", "specifications", "stimulus"):
        files |= zarr_group(f"{path}/{group}")
    subject = {"subject_id": subject_id, "species": "Mus musculus", "sex": "U", "age": "P90D"}
    for name, text in subject.items():
        files |= zarr_text(f"{path}/general/subject/{name}", text)
    series = f"{path}/acquisition/speed"
    files |= zarr_group(series, namespace="core", neurodata_type="TimeSeries", description="A wheel.")
    files |= zarr_array(f"{series}/data", [4], "<f8") | zarr_array(f"{series}/timestamps", [4], "<f8")
    files[f"{series}/data/.zattrs"] = json_bytes({"unit": "cm/s"})
    files |= zarr_group(f"{path}/general/subject", namespace="core", neurodata_type="Subject")
    return files


def json_bytes(data: object) -> bytes:
    """JSON, as programs write it."""
    return json.dumps(data, indent=4).encode("utf-8")
