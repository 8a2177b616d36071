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
    return {finding.rule for finding in report.findings}, [item.reason for item in report.not_checked]


@pytest.mark.parametrize(
    ("chunks", "codecs"), [([bytes(9), None], [BYTES]), ([ZSTD, None, ZSTD], [BYTES, {"name": "zstd"}])]
)
@pytest.mark.parametrize("contents", ["sample", "all"])
def test_a_whole_shard_is_accepted(
    tmp_path: Path, chunks: list[bytes | None], codecs: list[Any], contents: str
) -> None:
    assert found(store(tmp_path, chunks, codecs), contents) == (set(), [])


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
