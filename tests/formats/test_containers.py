"""The containers of chunks: what is whole is accepted, every cut is noticed, and no bytes raise anything else."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aind_lint.formats.codecs.blosc import decompress_blosc, read_blosc_header
from aind_lint.formats.codecs.byte_stream import decompressed_size
from aind_lint.formats.codecs.byte_window import window_of
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.codecs.lz4_block import decompress_lz4
from aind_lint.formats.codecs.shard_index import ShardIndex, inner_chunks
from aind_lint.formats.codecs.wavpack import count_wavpack_samples
from aind_lint.formats.codecs.zstd_frame import decompress_zstd, walk_zstd, zstd_size
from aind_lint.formats.hdf5.superblock import end_of_file
from aind_lint.formats.media.avi_chunks import walk_avi
from aind_lint.formats.media.frame_count import count_frames
from aind_lint.formats.media.matroska import walk_matroska
from aind_lint.formats.media.mp4_boxes import walk_mp4
from aind_lint.formats.media.tiff import walk_tiff
from aind_lint.formats.npy_header import read_npy_header
from aind_lint.formats.pickle_scan import scan_pickle
from tests.formats.sample_files import AVI, BLOSC, HDF5, MATROSKA, MP4, NPY, TIFF, WAVPACK, ZSTD, avi_of, matroska_of


def _wavpack(data: bytes) -> None:
    if count_wavpack_samples(window_of(data)) != 60:
        raise BrokenChunkError("another number of samples")


PARSERS = {
    "blosc": (BLOSC, lambda data: decompress_blosc(data, 10_000)),
    "zstd": (ZSTD, lambda data: walk_zstd(window_of(data))),
    "wavpack": (WAVPACK, _wavpack),
    "lz4": (b"\x50hello", lambda data: decompress_lz4(data, 5)),
    "shard": (struct.pack("<4Q", 0, 8, 8, 8), lambda data: list(inner_chunks(ShardIndex(2, True, False), data, 48))),
    "hdf5": (HDF5, lambda data: end_of_file(data, 0)),
    "avi": (AVI, lambda data: walk_avi(window_of(data))),
    "matroska": (MATROSKA, lambda data: walk_matroska(window_of(data))),
    "mp4": (MP4, lambda data: walk_mp4(window_of(data))),
    "avi frames": (avi_of(3), lambda data: count_frames("a.avi", window_of(data))),
    "matroska frames": (matroska_of(3), lambda data: count_frames("a.mkv", window_of(data))),
    "tiff": (TIFF, lambda data: walk_tiff(window_of(data))),
    "npy": (NPY, read_npy_header),
    "pickle": (b"\x80\x04]\x94(\x8c\x01a\x94\x8c\x01b\x94e.", scan_pickle),
}
#: Formats in which every missing byte at the end is noticed.
_COMPLETE = ("avi", "blosc", "zstd", "wavpack", "matroska", "mp4", "tiff")


@pytest.mark.parametrize("name", PARSERS)
def test_a_whole_file_is_accepted(name: str) -> None:
    data, parse = PARSERS[name]
    parse(data)


@pytest.mark.parametrize("name", _COMPLETE)
def test_every_cut_is_noticed(name: str) -> None:
    data, parse = PARSERS[name]
    for length in range(len(data)):
        with pytest.raises(BrokenChunkError):
            parse(data[:length])


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_damaged_bytes_raise_nothing_else(name: str, data: st.DataObject) -> None:
    whole, parse = PARSERS[name]
    edits = data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=4))
    damaged = bytearray(whole)
    for position, value in edits:
        damaged[position] = value
    damaged = damaged[: data.draw(st.integers(0, len(whole)))] + data.draw(st.binary(max_size=8))
    with suppress(BrokenChunkError, UndecodedError):
        parse(bytes(damaged))


@given(st.binary(max_size=200))
def test_an_lz4_block_of_literals_gives_them_back(content: bytes) -> None:
    length = len(content)
    extra = b"" if length < 15 else b"\xff" * ((length - 15) // 255) + bytes([(length - 15) % 255])
    assert decompress_lz4(bytes([min(length, 15) << 4]) + extra + content, length) == content


def test_an_lz4_match_may_overlap_what_it_writes() -> None:
    assert decompress_lz4(b"\x1fa\x01\x00\x05", 25) == b"a" * 25


def test_blosc_decompresses_shuffled_zlib_blocks() -> None:
    content = bytes(range(64))
    shuffled = bytes(content[4 * item + byte] for byte in range(4) for item in range(16))
    packed = zlib.compress(shuffled)
    body = struct.pack("<I", 20) + struct.pack("<i", len(packed)) + packed
    header = struct.pack("<BBBBIII", 2, 1, 3 << 5 | 0x11, 4, 64, 64, 16 + len(body))
    assert decompress_blosc(header + body, 100) == content
    assert read_blosc_header(header).size == 64


def test_zstd_frames_that_are_stored_plainly_are_read() -> None:
    assert decompress_zstd(ZSTD) == b"some text"
    assert zstd_size(window_of(ZSTD)) == 9


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "os system"),
        (b"cos\nsystem\n.", "os system"),
        # The names that are pushed last are popped again before the import.
        (b"\x80\x04\x8c\x02os\x8c\x06system\x8c\x05numpy\x8c\x07ndarray00\x93.", "a computed name"),
        # The name comes from the memo, in which the index was written twice.
        (b"\x80\x04\x8c\x05numpyq\x01\x8c\x02osq\x01h\x01\x8c\x06system\x93.", "os system"),
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940000h\x00h\x01\x93.", "os system"),
    ],
)
def test_no_pickle_hides_what_it_imports(code: bytes, imported: str) -> None:
    assert imported in scan_pickle(code).unexpected


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
@example(2**64 - 1, 2**64 - 1)
def test_an_inner_chunk_is_inside_its_shard(offset: int, size: int) -> None:
    index = struct.pack("<2Q", offset, size)
    empty = offset == size == 2**64 - 1
    if empty or offset + size <= 1000:
        assert list(inner_chunks(ShardIndex(1, True, False), index, 1000)) == ([] if empty else [(offset, size)])
    else:
        with pytest.raises(BrokenChunkError, match="inner chunk 0"):
            list(inner_chunks(ShardIndex(1, True, False), index, 1000))


def test_a_zstd_walk_reads_headers_only() -> None:
    blocks = b"".join(struct.pack("<I", 100_000 << 3 | (number == 9))[:3] + bytes(100_000) for number in range(10))
    data = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", 1_000_000) + blocks
    read = []
    window = window_of(data)
    original = window._read
    window._read = lambda start, length: read.append(length) or original(start, length)
    assert zstd_size(window) == 1_000_000
    assert sum(read) < 60_000


def test_the_last_chunk_of_an_avi_file_may_lack_its_padding() -> None:
    chunk = b"JUNK" + struct.pack("<I", 3) + b"end"
    whole = b"RIFF" + struct.pack("<I", 4 + 24) + b"AVI LIST" + struct.pack("<I", 4) + b"movi" + chunk
    walk_avi(window_of(whole + b"\0"))
    walk_avi(window_of(whole))
    with pytest.raises(BrokenChunkError, match="2 bytes"):
        walk_avi(window_of(whole[:-1]))


def test_a_bigtiff_header_states_the_size_of_its_offsets() -> None:
    head = b"II+\0\x08\0\0\0" + struct.pack("<QQHHQQQ", 16, 1, 256, 3, 1, 8, 0)
    walk_tiff(window_of(head))
    with pytest.raises(BrokenChunkError, match="no TIFF"):
        walk_tiff(window_of(head[:4] + b"\x04" + head[5:]))


def _tiff_of(sizes: list[int], fields: dict[int, int | list[int]], lengths: int = 279, type_: int = 3) -> bytes:
    """A TIFF file of 10 by 6 pixels of 16 bits: some bytes of data, and a directory with strips of these sizes."""
    fields = {
        256: 10,
        257: 6,
        258: 16,
        259: 1,
        {279: 273, 325: 324}[lengths]: [8] * len(sizes),
        lengths: sizes,
        **fields,
    }
    start = 8 + 1000
    tables, entries = b"", b""
    for tag, value in sorted(fields.items()):
        values = value if isinstance(value, list) else [value]
        data = struct.pack(f"<{len(values)}H", *values)
        if len(data) > 4:
            place = struct.pack("<I", start + len(tables))
            tables += data
        else:
            place = data.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, type_ if tag == 278 else 3, len(values)) + place
    head = b"II*\0" + struct.pack("<I", start + len(tables)) + bytes(1000)
    return head + tables + struct.pack("<H", len(fields)) + entries + bytes(4)


@pytest.mark.parametrize(
    ("data", "short"),
    [
        (_tiff_of([120], {}), None),
        (_tiff_of([119], {}), "strip 0 of page 1 has 119 bytes, but its pixels need 120"),
        (_tiff_of([130], {}), None),  # padded
        (_tiff_of([80, 40], {278: 4}), None),  # the last strip has fewer rows
        (_tiff_of([80, 39], {278: 4}), "strip 1 of page 1 has 39 bytes, but its pixels need 40"),
        (_tiff_of([79, 40], {278: 4}), "strip 0 of page 1"),
        (_tiff_of([80, 0], {278: 4}), None),  # not stored
        (_tiff_of([20] * 6, {}), None),  # the rows of a strip are not stated, but it is clear that there are several
        (_tiff_of([10], {278: 4}, type_=1), None),  # a field of a type that is not allowed
        (_tiff_of([119], {278: 65535}), "strip 0"),
        (_tiff_of([180], {258: [8, 8, 8], 277: 3}), None),
        (_tiff_of([179], {258: [8, 8, 8], 277: 3}), "strip 0"),
        (_tiff_of([80, 40, 80, 40], {258: [16, 16], 277: 2, 278: 4, 284: 2}), None),  # a plane for each sample
        (_tiff_of([80, 40, 80, 39], {258: [16, 16], 277: 2, 278: 4, 284: 2}), "strip 3"),
        (_tiff_of([90], {258: 12}), None),  # packed, also from row to row
        (_tiff_of([90], {258: [8, 8, 8], 277: 3, 262: 6}), None),  # YCbCr with fewer samples of color
        (_tiff_of([30], {259: 5}), None),  # LZW
        (_tiff_of([512], {322: 16, 323: 16}, 325), None),
        (_tiff_of([120], {322: 16, 323: 16}, 325), "tile 0 of page 1 has 120 bytes, but its pixels need 512"),
        (_tiff_of([80], {278: 4}), "page 1 has 1 strip, but its pixels need 2"),
        (_tiff_of([120], {278: 4}), None),  # it has all pixels, so another number of rows is meant
        (_tiff_of([30], {278: 4, 259: 5}), "page 1 has 1 strip, but its pixels need 2"),
        (_tiff_of([30, 20], {278: 4, 259: 5}), None),
        (_tiff_of([30], {278: 4, 259: 6}), None),  # old JPEG, whose data can be elsewhere
        (_tiff_of([120, 120], {258: [16, 16, 16], 277: 3, 284: 2}), "page 1 has 2 strips, but its pixels need 3"),
        (_tiff_of([9] * 3, {322: 4, 323: 4, 259: 8}, 325), "page 1 has 3 tiles, but its pixels need 6"),
        (_tiff_of([9] * 6, {322: 4, 323: 4, 259: 8}, 325), None),
        (_tiff_of([9], {278: 4, 259: 8, 32997: 2}), None),  # a volume
    ],
)
def test_an_uncompressed_strip_or_tile_has_all_its_pixels(data: bytes, short: str | None) -> None:
    if short is None:
        walk_tiff(window_of(data))
        return
    with pytest.raises(BrokenChunkError, match=short):
        walk_tiff(window_of(data))


@pytest.mark.parametrize("codec", ["gzip", "bz2", "lzma"])
def test_streams_that_follow_one_another_are_one_chunk(codec: str) -> None:
    compress = {"gzip": gzip.compress, "bz2": bz2.compress, "lzma": lzma.compress}[codec]
    chunk = compress(bytes(4)) + compress(bytes(5))
    assert decompressed_size(codec, chunk, 9) == 9
    assert decompressed_size(codec, chunk, 8) == 9
    with pytest.raises(BrokenChunkError, match="cut off"):
        decompressed_size(codec, chunk[:-1], 9)
    with pytest.raises(BrokenChunkError, match="damaged"):
        decompressed_size(codec, chunk + b"x" * 40, None)
    with pytest.raises(UndecodedError, match="more than 16"):
        decompressed_size(codec, compress(b"") * 100, 9)


def test_an_avi_file_without_frames_is_of_no_use() -> None:
    walk_avi(window_of(avi_of(1)))
    with pytest.raises(BrokenChunkError, match="no video data"):
        walk_avi(window_of(avi_of(1).replace(b"movi", b"JUNK")))


@pytest.mark.parametrize("zeros", [3, 8, 5000])
def test_zeros_after_the_last_box_are_no_fault(zeros: int) -> None:
    walk_mp4(window_of(MP4 + bytes(zeros)))
    with pytest.raises(BrokenChunkError, match="no box"):
        walk_mp4(window_of(MP4 + b"\xff" * zeros))


def test_a_live_recording_does_not_show_whether_it_is_whole() -> None:
    with pytest.raises(UndecodedError, match="live recording"):
        walk_matroska(window_of(MATROSKA.replace(b"\x90", b"\xff")))
