"""Shards of Zarr v3: their index with its checksum, and their inner chunks."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.storage.checksum import crc32c
from tests.formats.sample_files import ZSTD

BYTES: dict[str, Any] = {"name": "bytes", "configuration": {"endian": "little"}}
_EMPTY = 2**64 - 1


def store(folder: Path, chunks: list[bytes | None], codecs: list[Any], edit: dict[str, Any] | None = None) -> Path:
    """A store with an array of one shard of inner chunks of 9 items of one byte each."""
    body, entries = b"", []
    for chunk in chunks:
        entries += [_EMPTY, _EMPTY] if chunk is None else [len(body), len(chunk)]
        body += chunk or b""
    index = struct.pack(f"<{len(entries)}Q", *entries)
    sharding = {
        "chunk_shape": [9], "codecs": codecs, "index_codecs": [BYTES, {"name": "crc32c"}], "index_location": "end",
        **(edit or {}),
    }  # fmt: skip
    length = 9 * len(chunks)
    array = {
        "zarr_format": 3, "node_type": "array", "shape": [length], "data_type": "uint8", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [length]}},
        "chunk_key_encoding": {"name": "default"},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
    }  # fmt: skip
    root = folder / "a.zarr"
    (root / "c").mkdir(parents=True)
    (root / "zarr.json").write_text(json.dumps(array))
    (root / "c/0").write_bytes(body + index + struct.pack("<I", crc32c(index)))
    return root


def found(root: Path, contents: Any = "sample") -> tuple[set[str], list[str]]:
    (report,) = check([root], cache=False, contents=contents, select=["FMT"]).assets
    return {finding.rule for finding in report.findings}, sorted({item.reason for item in report.not_checked})


#: Frames with the same content whose header does not state its size.
_NO_SIZE = bytes.fromhex("28b52ffd0000") + (9 << 3 | 1).to_bytes(3, "little") + b"nine byte"
_CRC: dict[str, Any] = {"name": "crc32c"}
_ONLY_INDEX = "only the index of its shards is read; --contents all reads the chunks in them"


@pytest.mark.parametrize(
    ("chunks", "codecs", "unread"),
    [([bytes(9), None], [BYTES], []), ([ZSTD, None, ZSTD], [BYTES, {"name": "zstd"}], [f"the array: {_ONLY_INDEX}"])],
)
@pytest.mark.parametrize("contents", ["sample", "all"])
def test_a_whole_shard_is_accepted(
    tmp_path: Path, chunks: list[bytes | None], codecs: list[Any], unread: list[str], contents: str
) -> None:
    assert found(store(tmp_path, chunks, codecs), contents) == (set(), [] if contents == "all" else unread)


@pytest.mark.parametrize(
    ("codecs", "edit", "reason"),
    [
        ([BYTES, {"name": "new"}], {}, "the codec 'new' of the chunks in its shards is unknown here"),
        ([BYTES, {"name": "zstd"}, {"name": "new"}], {}, "the codec 'new' of the chunks in its shards is unknown here"),
        (
            [{"name": "numcodecs.pcodec"}], {},
            "the size of the chunks in its shards is not known: it has the codec 'numcodecs.pcodec'",
        ),
        ([BYTES], {"index_codecs": [BYTES, {"name": "zstd"}]}, "the index of the shard is compressed"),
        ([{"name": "sharding_indexed", "configuration": {}}], {}, "its shards contain shards"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("contents", ["sample", "all"])
def test_chunks_in_shards_that_cannot_be_checked_are_named(
    tmp_path: Path, codecs: list[Any], edit: dict[str, Any], reason: str, contents: str
) -> None:
    rules, reasons = found(store(tmp_path, [ZSTD, None], codecs, edit), contents)
    assert not rules
    assert len(reasons) == 1
    assert reasons[0].endswith(reason) or reasons == ["c/0: the codec 'new' is unknown here"]


def test_the_size_of_a_zstandard_frame_that_does_not_state_it_is_not_checked(tmp_path: Path) -> None:
    root = store(tmp_path, [_NO_SIZE, _NO_SIZE], [BYTES, {"name": "zstd"}])
    rules, reasons = found(root, "all")
    assert (rules, reasons) == (set(), []), "a frame of plain blocks shows its size"
    compressed = bytes.fromhex("28b52ffd0000") + (1 << 3 | 2 << 1 | 1).to_bytes(3, "little") + b"x"
    (tmp_path / "b").mkdir()
    root = store(tmp_path / "b", [compressed, ZSTD[:-1]], [BYTES, {"name": "zstd"}])
    assert found(root, "all")[0] == {"FMT107"}, "what cannot be checked does not hide what is wrong"
    (tmp_path / "c").mkdir()
    root = store(tmp_path / "c", [compressed], [BYTES, {"name": "zstd"}])
    assert found(root, "all") == (
        set(),
        ["c/0: a Zstandard frame in it does not state how many bytes it holds"],
    )


@pytest.mark.parametrize("damaged", [False, True])
def test_a_checksum_after_a_shard_is_compared_and_its_index_read(tmp_path: Path, damaged: bool) -> None:
    root = store(tmp_path, [bytes(9), bytes(9 - damaged)], [BYTES])
    content = json.loads((root / "zarr.json").read_text())
    (root / "zarr.json").write_text(json.dumps({**content, "codecs": [*content["codecs"], _CRC]}))
    shard = (root / "c/0").read_bytes()
    (root / "c/0").write_bytes(shard + struct.pack("<I", crc32c(shard)))
    assert found(root) == ({"FMT108"} if damaged else set(), [])
    (root / "c/0").write_bytes(shard + bytes(4))
    assert found(root)[0] == {"FMT107"}


def test_a_shard_whose_dimensions_are_transposed(tmp_path: Path) -> None:
    root = store(tmp_path, [bytes(9), bytes(9)], [BYTES], {"chunk_shape": [3, 3]})
    content = json.loads((root / "zarr.json").read_text())
    content |= {"shape": [6, 3], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [6, 3]}}}
    content["codecs"] = [{"name": "transpose", "configuration": {"order": [1, 0]}}, *content["codecs"]]
    content["codecs"][1]["configuration"]["chunk_shape"] = [3, 3]
    (root / "zarr.json").write_text(json.dumps(content))
    (root / "c/0").rename(root / "c/one")
    (root / "c/0").mkdir()
    (root / "c/one").rename(root / "c/0/0")
    assert found(root) == (set(), [])
    content["codecs"][1]["configuration"]["chunk_shape"] = [3, 2]
    (root / "zarr.json").write_text(json.dumps(content))
    assert found(root)[0] == {"FMT107"}, "three inner chunks would need a larger index"


def test_a_wrong_checksum_of_the_index_is_found(tmp_path: Path) -> None:
    root = store(tmp_path, [bytes(9)], [BYTES])
    data = (root / "c/0").read_bytes()
    (root / "c/0").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert found(root)[0] == {"FMT107"}


def test_an_inner_chunk_of_another_size_is_found(tmp_path: Path) -> None:
    assert found(store(tmp_path, [bytes(9), bytes(8)], [BYTES]))[0] == {"FMT108"}


@pytest.mark.parametrize(("chunk", "rule"), [(bytes(18), "FMT107"), (ZSTD[:-1], "FMT107")])
def test_a_damaged_inner_chunk_is_found_if_all_are_read(tmp_path: Path, chunk: bytes, rule: str) -> None:
    assert found(store(tmp_path, [ZSTD, chunk], [BYTES, {"name": "zstd"}]), "all")[0] == {rule}


def test_codecs_of_inner_chunks_that_are_malformed_are_found(tmp_path: Path) -> None:
    assert found(store(tmp_path, [bytes(9)], [3]))[0] == {"FMT107"}


@pytest.mark.parametrize("damaged", [False, True])
def test_the_checksum_of_a_chunk_is_compared(tmp_path: Path, damaged: bool) -> None:
    root = store(tmp_path, [bytes(9)], [BYTES])
    content = json.loads((root / "zarr.json").read_text())
    (root / "zarr.json").write_text(json.dumps({**content, "codecs": [BYTES, {"name": "crc32c"}]}))
    (root / "c/0").write_bytes(bytes(9) + struct.pack("<I", crc32c(bytes(9)) ^ damaged))
    assert found(root)[0] == ({"FMT107"} if damaged else set())
