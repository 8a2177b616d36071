"""Small whole files of several formats, made by hand."""

from __future__ import annotations

import struct

from aind_lint.examples.format_files import format_files, npy

_FILES = format_files()
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
AVI = b"RIFF" + struct.pack("<I", 4 + 20) + b"AVI " + bytes(20)
#: An EBML header of 4 bytes and a segment of 16.
MATROSKA = b"\x1a\x45\xdf\xa3\x84" + bytes(4) + b"\x18\x53\x80\x67\x90" + bytes(16)
