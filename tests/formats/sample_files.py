"""Small whole files of several formats, made by hand."""

from __future__ import annotations

import struct

from aind_lint.examples.format_samples import format_samples, npy

_FILES = format_samples()
HDF5, TIFF, MP4 = (_FILES[f"sorted/{name}"] for name in ("arrays/templates.h5", "raster.tif", "movie.mp4"))
NPY = npy("<f8", bytes(16), "(2,)")

#: A Blosc container of 24 bytes that are stored plainly.
BLOSC = struct.pack("<BBBBIII", 2, 1, 2, 8, 24, 24, 40) + bytes(24)
#: A Zstandard frame with one raw block.
ZSTD = b"\x28\xb5\x2f\xfd\x20\x09" + struct.pack("<I", 9 << 3 | 1)[:3] + b"some text"
#: Two WavPack blocks of 30 samples; only their headers are meaningful.
WAVPACK = b"".join(
    struct.pack("<4sIHBBIIIII", b"wvpk", 24 + 10, 0x410, 0, 0, 60, 30 * n, 30, 0x800, 0) + bytes(10) for n in range(2)
)
AVI = b"RIFF" + struct.pack("<I", 4 + 20) + b"AVI LIST" + struct.pack("<I", 12) + b"movi" + bytes(8)
#: An EBML header of 4 bytes and a segment of 16.
MATROSKA = b"\x1a\x45\xdf\xa3\x84" + bytes(4) + b"\x18\x53\x80\x67\x90" + bytes(16)


def avi_of(frames: int) -> bytes:
    """An AVI file with a sound stream, and a video stream of some frames of 5 bytes each."""
    sound, video = (_riff(b"strl", _chunk(b"strh", kind + bytes(52))) for kind in (b"auds", b"vids"))
    headers = _riff(b"hdrl", _chunk(b"avih", bytes(56)) + video + sound)
    data = b"".join(_chunk(b"00dc", b"frame!") + _chunk(b"01wb", b"sound") for _ in range(frames))
    return _riff(b"AVI ", headers + _riff(b"movi", data) + _chunk(b"idx1", bytes(16)), b"RIFF")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _riff(kind: bytes, content: bytes, outer: bytes = b"LIST") -> bytes:
    return _chunk(outer, kind + content)


def matroska_of(frames: int) -> bytes:
    """A Matroska file with a sound track, and a video track of some frames in clusters of ten."""
    tracks = b"".join(
        _element(0xAE, _element(0xD7, bytes([number])) + _element(0x83, bytes([kind])))
        for number, kind in ((1, 2), (2, 1))
    )
    clusters = b""
    for start in range(0, frames, 10):
        blocks = b"".join(
            _element(0xA0, _element(0xA1, b"\x82\0\0\0frame"))
            if frame % 3 == 2
            else _element(0xA3, b"\x82\0\0\x80frame") + _element(0xA3, b"\x81\0\0\x80sound")
            for frame in range(start, min(start + 10, frames))
        )
        clusters += _element(0x1F43B675, _element(0xE7, b"\0") + blocks)
    segment = _element(0x18538067, _element(0x1654AE6B, tracks) + clusters)
    return _element(0x1A45DFA3, b"\x42\x86\x81\x01") + segment


def _element(identifier: int, content: bytes) -> bytes:
    head = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    return head + (0x1 << 56 | len(content)).to_bytes(8, "big") + content
