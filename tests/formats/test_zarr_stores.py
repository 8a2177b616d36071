"""Zarr stores: the census of chunks, metadata of every kind, and hostile stores."""

from __future__ import annotations

import json
import random
import re
import tracemalloc
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint import formats
from aind_lint.asset.listing.file_table import FileStat
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree
from aind_lint.formats.format_files import Format, FormatFiles
from aind_lint.formats.format_scanner import FormatScanner
from aind_lint.formats.problem import NotRead, Problem
from aind_lint.formats.zarr.census import count_chunks
from aind_lint.formats.zarr.chunk_grid import ChunkGrid
from aind_lint.formats.zarr.data_types import item_size_v3
from aind_lint.formats.zarr.malformed import MalformedMetadataError
from aind_lint.formats.zarr.metadata import ArrayNode, parse_array_v2, parse_node_v3

FORMATS: tuple[Format, ...] = ("zarr", "nwb", "ome", "spikeinterface", "open-ephys", "hdf5", "video", "tiff")


def problems(listing: Listing) -> list[Problem | NotRead]:
    scanner = FormatScanner(listing, FormatFiles(listing), "sample")
    return [result for format_ in FORMATS for result in scanner.results(format_)]


def array(shape: tuple[int, ...], chunks: tuple[int, ...], separator: str = ".", path: str = "a") -> ArrayNode:
    content = {
        "zarr_format": 2, "shape": list(shape), "chunks": list(chunks), "dtype": "<i2", "compressor": None,
        "filters": None, "order": "C", "fill_value": 0, "dimension_separator": separator,
    }  # fmt: skip
    return parse_array_v2(path, f"{path}/.zarray", content, {}, f"{path}/.zattrs")


@given(st.integers(0, 30_000))
def test_the_pattern_of_a_grid_matches_exactly_its_indices(length: int) -> None:
    pattern = ChunkGrid((length,), (1,), ".").pattern
    for number in {0, 1, 9, 10, length // 10, length - 1, length, length + 1, 10 * length, 99_999}:
        assert bool(pattern.fullmatch(str(number))) is (0 <= number < length)
    assert not pattern.fullmatch("00") and not pattern.fullmatch("")


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9)), min_size=1, max_size=3),
    st.sampled_from("./"),
    st.sampled_from(["", "c"]),
    st.randoms(),
)
def test_the_census_equals_a_count_one_by_one(
    dimensions: list[tuple[int, int]], separator: str, prefix: str, rng: random.Random
) -> None:
    shape, chunks = zip(*dimensions, strict=True)
    grid = ChunkGrid(shape, chunks, separator, prefix)
    keys = [grid.key(index) for index in product(*map(range, grid.lengths))]
    present = [key for key in keys if rng.random() < 0.8][:2000]
    node = array(shape, chunks, separator)
    node = ArrayNode(**{**node.__dict__, "grid": grid})
    files = {f"s/a/{key}": FileStat(rng.choice([0, 5, 7])) for key in present}
    files |= {"s/a/.zarray": FileStat(10), f"s/a/{grid.key(grid.lengths)}": FileStat(3), "s/b": FileStat(1)}
    census = count_chunks(files, "s/", [node]).arrays["a"]
    assert census.count == len(present)
    assert census.stray_count == 1
    assert census.empty_count == sum(files[f"s/a/{key}"].size == 0 for key in present)
    assert census.missing(files, 10_000) == [f"s/a/{key}" for key in keys if key not in set(present)]
    assert set(census.sampled()) <= {f"s/a/{key}" for key in present}
    assert bool(census.sampled()) is bool(present)


def test_chunks_without_an_array_are_named_once_per_folder() -> None:
    files = {f"s/lost/{number}.0": FileStat(1) for number in range(100)} | {"s/.zgroup": FileStat(1)}
    assert count_chunks(files, "s/", []).unassigned == {"s/lost/": "s/lost/0.0"}


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        ({"shape": None}, "/shape"),
        ({"shape": [-1]}, "/shape"),
        ({"shape": [True]}, "/shape"),
        ({"shape": [1] * 33, "chunks": [1] * 33}, "/shape"),
        ({"chunks": [0]}, "/chunks"),
        ({"chunks": [1, 1]}, "/chunks"),
        ({"dtype": "int16"}, "/dtype"),
        ({"dtype": [["a", "<i2"], ["b"]]}, "/dtype"),
        ({"dimension_separator": "-"}, "/dimension_separator"),
        ({"compressor": {"cname": "lz4"}}, "/compressor"),
        ({"filters": [1]}, "/filters/0"),
        ({"zarr_format": "2"}, "/zarr_format"),
        ({"order": "A"}, "/order"),
    ],
)
def test_malformed_metadata_is_located(edit: dict[str, Any], pointer: str) -> None:
    content = {"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i2", "order": "C", "fill_value": None, **edit}
    with pytest.raises(MalformedMetadataError) as caught:
        parse_array_v2("a", "a/.zarray", content, {}, "a/.zattrs")
    assert caught.value.pointer == pointer


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"dimension_names": ["y"]}, "the array has 2 dimensions, 'dimension_names' 1"),
        ({"dimension_names": ["y", 1]}, "'dimension_names' must be a list of texts"),
        ({"fill_value": None}, "'fill_value' is missing"),
    ],
)
def test_members_that_readers_of_zarr_v3_require(edit: dict[str, Any], message: str) -> None:
    content = {
        "zarr_format": 3, "node_type": "array", "shape": [4, 4], "data_type": "uint8", "codecs": ["bytes"],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}}, "fill_value": 0,
        "chunk_key_encoding": {"name": "default"}, "dimension_names": ["y", None],
    }  # fmt: skip
    parse_node_v3("a", "a/zarr.json", content)
    changed = {name: value for name, value in {**content, **edit}.items() if name != "fill_value" or value is not None}
    with pytest.raises(MalformedMetadataError, match=message):
        parse_node_v3("a", "a/zarr.json", changed)


@pytest.mark.parametrize(
    ("order", "valid"),
    [
        ([0, 1], True), ([1, 0], True), ("C", True), ("F", True),
        ([0, 0], False), ([0], False), ([0, 1, 2], False), ([1, 2], False), ([-1, 0], False), ([False, True], False),
        ([0.0, 1.0], False), ("K", False), ({}, False), (None, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sharded", [False, True])
def test_an_order_of_dimensions_is_a_permutation(order: Any, valid: bool, sharded: bool) -> None:
    codecs: list[Any] = [{"name": "transpose", "configuration": {"order": order}}, "bytes"]
    if sharded:
        inner = {"chunk_shape": [2, 2], "codecs": codecs, "index_codecs": ["bytes", "crc32c"]}
        codecs = [{"name": "sharding_indexed", "configuration": inner}]
    content = {
        "zarr_format": 3, "node_type": "array", "shape": [4, 4], "data_type": "uint8", "codecs": codecs,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}}, "fill_value": 0,
        "chunk_key_encoding": {"name": "default"},
    }  # fmt: skip
    if valid:
        parse_node_v3("a", "a/zarr.json", content)
        return
    with pytest.raises(MalformedMetadataError, match="each of the 2 dimensions once"):
        parse_node_v3("a", "a/zarr.json", content)


@pytest.mark.parametrize(
    ("data_type", "size"),
    [
        ("bool", 1), ("complex64", 8), ("uint4", 1), ("r24", 3), ("string", None),
        ({"name": "fixed_length_utf32", "configuration": {"length_bytes": 20}}, 20),
        ({"name": "structured", "configuration": {"fields": [["a", "int32"], ["b", "int16"]]}}, 6),
        ({"name": "struct", "configuration": {"fields": [{"name": "a", "data_type": "int8"}]}}, 1),
        ({"name": "struct", "configuration": {"fields": [{"name": "a", "data_type": {"name": "struct"}}]}}, None),
        ({"name": "struct", "configuration": {"fields": [["a", "string"]]}}, None),
        ({"name": "struct", "configuration": {"fields": [["a"]]}}, None),
    ],
)  # fmt: skip
def test_the_size_of_an_item_follows_from_its_type(data_type: Any, size: int | None) -> None:
    assert item_size_v3(data_type) == size


def test_a_structure_of_structures_of_structures_is_malformed() -> None:
    data_type: Any = "int8"
    v2: Any = "|i1"
    for _ in range(10_000):
        data_type = {"name": "struct", "configuration": {"fields": [["a", data_type]]}}
        v2 = [["a", v2]]
    with pytest.raises(MalformedMetadataError, match="too deeply"):
        parse_array_v2("a", "a/.zarray", {"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": v2}, {}, "")
    delta = {
        "zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "|i1", "filters": [{"id": "delta", "dtype": v2}],
        "order": "C", "fill_value": 0,
    }  # fmt: skip
    assert not parse_array_v2("a", "a/.zarray", delta, {}, "").fixed_size
    grid = {"name": "regular", "configuration": {"chunk_shape": [1]}}
    content = {"chunk_grid": grid, "chunk_key_encoding": {"name": "default"}, "codecs": ["bytes"], "shape": [1]}
    with pytest.raises(MalformedMetadataError, match="too deeply"):
        parse_node_v3("a", "a/zarr.json", {"zarr_format": 3, "node_type": "array", "data_type": data_type, **content})


def test_an_array_of_any_size_is_only_counted() -> None:
    node = parse_node_v3(
        "a",
        "a/zarr.json",
        {
            "zarr_format": 3, "node_type": "array", "shape": [2**63, 2**62], "data_type": "uint8", "codecs": ["bytes"],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1]}},
            "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
        },
    )  # fmt: skip
    assert isinstance(node, ArrayNode)
    census = count_chunks({"a/c/0/0": FileStat(1)}, "", [node]).arrays["a"]
    assert census.missing_count == 2**125 - 1
    assert census.missing({"a/c/0/0": FileStat(1)}, 3) == []


def test_the_example_files_have_no_problem() -> None:
    found = [result for result in problems(base_tree("formats-2x").listing()) if isinstance(result, Problem)]
    assert {problem.kind for problem in found} <= {"loads-in"}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["<i2", "zstd", "."]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_no_metadata_makes_a_parser_fail(data: st.DataObject) -> None:
    tree = base_tree("formats-2x")
    keys = [key for key in tree.files if key.endswith((".zarray", ".zattrs", ".zgroup", "zarr.json", "binary.json"))]
    key = data.draw(st.sampled_from([*keys, "sorted/binary/si_folder.json", "sorted/binary/probegroup.json"]))
    content = json.loads(bytes(tree.files[key]))  # type: ignore[arg-type]
    content = _edited(content, data)
    listing = Tree(tree.name, {**tree.files, key: json.dumps(content).encode()}).listing()
    for result in problems(listing):
        assert result.file


def _edited(value: Any, data: st.DataObject) -> Any:
    """A JSON value with another value somewhere inside."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: _edited(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], _edited(value[index], data), *value[index + 1 :]]
    return data.draw(JSON_VALUES)


@pytest.mark.parametrize(
    "text", ["", "\0\0\0", "[" * 100_000, "{", '{"shape": NaN}', "\ufeff{}", '"text"', "[1, 2]", "1e999"]
)
@pytest.mark.parametrize("key", [".zgroup", "traces_seg0/.zarray", ".zattrs"])
def test_a_metadata_file_of_any_text_gives_one_line(key: str, text: str) -> None:
    files = {**base_tree("formats-2x").files, f"sorted/recording.zarr/{key}": text.encode()}
    found = problems(Tree("x", files).listing())
    assert all("\n" not in (result.message if isinstance(result, Problem) else result.reason) for result in found)


def test_a_metadata_file_that_is_too_large_is_not_read() -> None:
    files = {**base_tree("formats-2x").files, "sorted/recording.zarr/.zattrs": 10_000_000_000}
    listing = Tree("x", files).listing()
    assert any(isinstance(result, NotRead) and "larger than" in result.reason for result in problems(listing))


@pytest.mark.parametrize(
    ("key", "member", "value"),
    [
        ("recording.zarr/.zattrs", "num_segments", 2**63),
        ("recording.zarr/traces_seg0/.zarray", "shape", [2**40, 1]),
        ("recording.zarr/traces_seg0/.zarray", "shape", [9_000_000, 2]),
        ("recording.zarr/traces_seg0/.zarray", "chunks", [2**40, 2**40]),
        ("session.nwb.zarr/acquisition/speed/data/.zarray", "shape", [2**62]),
        ("tile.ome.zarr/s0/zarr.json", "shape", [2**31, 2**31]),
    ],
)
def test_large_numbers_need_neither_time_nor_memory(key: str, member: str, value: Any) -> None:
    tree = base_tree("formats-2x")
    content = json.loads(bytes(tree.files[f"sorted/{key}"]))  # type: ignore[arg-type]
    content[member] = value
    listing = Tree("x", {**tree.files, f"sorted/{key}": json.dumps(content).encode()}).listing()
    tracemalloc.start()
    found = problems(listing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000
    assert any(isinstance(result, Problem) and result.kind != "loads-in" for result in found)


def test_compressed_values_are_not_checked_rather_than_right() -> None:
    files = dict(base_tree("formats-2x").files)
    metadata = {
        "zarr_format": 2, "shape": [3], "chunks": [3], "dtype": "<u1", "compressor": {"id": "zstd"}, "filters": None,
        "order": "C", "fill_value": 0,
    }  # fmt: skip
    compressed = b"\x28\xb5\x2f\xfd\x20\x03" + (5 << 3 | 2 << 1 | 1).to_bytes(3, "little") + bytes(5)
    store = "sorted/session.nwb.zarr"
    files[f"{store}/units/.zgroup"] = b'{"zarr_format": 2}'
    for name in ("spike_times", "spike_times_index", "links"):
        files[f"{store}/units/{name}/.zarray"] = json.dumps(metadata).encode()
        files[f"{store}/units/{name}/0"] = compressed
    files[f"{store}/units/links/.zattrs"] = b'{"_DTYPE": "object_reference"}'
    unread = {
        kind for result in problems(Tree("x", files).listing()) if isinstance(result, NotRead) for kind in result.kinds
    }
    assert {"nwb-units", "nwb-reference"} <= unread


def test_every_kind_of_problem_has_a_rule() -> None:
    """A parser may yield a kind that no rule reports: then a fault would be found and shown to no one."""
    rules = [loaded for loaded in load_rules() if loaded.rule.check == "format_problem"]
    reported = {getattr(loaded.options, "problem", "") for loaded in rules}
    text = "".join(path.read_text(encoding="utf-8") for path in Path(formats.__path__[0]).rglob("*.py"))
    yielded = re.findall(r'(?:Problem|\.problem)\(\s*"([a-z0-9-]+)"|kind = "([a-z]+-[a-z-]+)"', text)
    kinds = {kind for pair in yielded for kind in pair if kind}
    assert len(kinds) > 30
    assert kinds <= reported
    assert not [kind for kind in reported if f'"{kind}"' not in text]  # no rule is for a kind that is never yielded


@pytest.mark.parametrize("name", ["tile.ome.zarr", "tile"])
def test_a_store_below_a_group_of_the_other_version_is_a_store_of_its_own(name: str) -> None:
    tree = base_tree("formats-2x")
    start = "sorted/tile.ome.zarr/"
    inner = f"sorted/{name}/"
    tree.files = {key.replace(start, inner): content for key, content in tree.files.items()}
    tree.files["sorted/.zgroup"] = b'{"zarr_format": 2}'
    listing = tree.listing()
    named = {"sorted/recording.zarr/", "sorted/session.nwb.zarr/"}
    assert set(FormatFiles(listing).store_keys) == {"sorted/", inner, *named}
    assert not [one for one in problems(listing) if isinstance(one, Problem) and one.kind != "loads-in"]
    del tree.files[f"{inner}s1/zarr.json"]
    kinds = {one.kind for one in problems(tree.listing()) if isinstance(one, Problem)}
    assert kinds == {"loads-in", "unreachable-chunks"}


def test_an_array_of_the_other_version_is_no_store() -> None:
    tree = base_tree("formats-2x")
    start = "sorted/session.nwb.zarr/acquisition/speed/data"
    tree.files[f"{start}/zarr.json"] = tree.files.pop(f"{start}/.zarray")
    listing = tree.listing()
    assert len(FormatFiles(listing).store_keys) == 3
    assert "unreachable-chunks" in {one.kind for one in problems(listing) if isinstance(one, Problem)}


@pytest.mark.parametrize("place", ["", "acquisition/speed/data/"])
def test_metadata_of_both_versions_is_found_wherever_it_is(place: str) -> None:
    tree = base_tree("formats-2x")
    tree.files[f"sorted/session.nwb.zarr/{place}zarr.json"] = tree.files["sorted/tile.ome.zarr/s0/zarr.json"]
    assert "metadata" in {one.kind for one in problems(tree.listing()) if isinstance(one, Problem)}


def test_a_start_that_is_not_stored_is_no_time() -> None:
    tree = base_tree("formats-2x")
    del tree.files["sorted/session.nwb.zarr/session_start_time/0"]
    assert "nwb-start" in {one.kind for one in problems(tree.listing()) if isinstance(one, Problem)}


@pytest.mark.parametrize("edit", [{"zarr_format": 3}, {"chunks": [0]}])
def test_a_malformed_column_is_no_missing_column(edit: dict[str, Any]) -> None:
    tree = base_tree("formats-2x")
    start = "sorted/session.nwb.zarr/"
    array = json.loads(bytes(tree.files[f"{start}acquisition/speed/data/.zarray"]))  # type: ignore[arg-type]
    tree.files[f"{start}units/.zgroup"] = b'{"zarr_format": 2}'
    tree.files[f"{start}units/.zattrs"] = b'{"colnames": ["quality"]}'
    tree.files[f"{start}units/quality/.zarray"] = json.dumps({**array, **edit}).encode()
    assert {one.kind for one in problems(tree.listing()) if isinstance(one, Problem)} == {"metadata", "loads-in"}
