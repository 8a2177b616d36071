"""Random changes to headers and metadata files of every format.

Usage: ``python -m benchmarks.fuzzed_formats [NUMBER] [--stores NUMBER] [--seed N]``, from the root of the project.
Headers go to the parser of their format, metadata files are scanned within a small asset of every format. Prints what
raised, and the slowest of each in CPU time.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aind_lint.examples.bases import base_tree
from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from tests.formats.test_containers import PARSERS
from tests.formats.test_zarr_stores import problems

_METADATA = (".zarray", ".zattrs", ".zgroup", ".json", ".npy", ".tif", ".mp4", ".oebin")
#: Values that take the place of a value of JSON.
_ODD: list[Any] = [
    *(None, True, -1, 0, 2**63, 1e308, float("nan"), "", "x" * 1000, [], {}, [[[]]], {"a": {}}, "\ud800")
]


def main() -> None:
    """Parse and scan, and print what was found."""
    parser = argparse.ArgumentParser(prog="fuzzed_formats", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=190_000)
    parser.add_argument("--stores", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    names = list(PARSERS)
    _run("headers", options.number, lambda: _parse(source, source.choice(names)))
    _run("metadata files", options.stores, lambda: _scan(source))


def _run(what: str, number: int, attempt: Callable[[], None]) -> None:
    slowest, raised = 0.0, 0
    for _ in range(number):
        started = time.process_time()
        try:
            attempt()
        except Exception as error:
            raised += 1
            print(f"{what}: {type(error).__name__}: {error}")
        slowest = max(slowest, time.process_time() - started)
    print(f"{number:,} {what}: {raised:,} raised; slowest {slowest * 1000:.0f} ms", flush=True)


def _parse(source: random.Random, name: str) -> None:
    content: bytes = PARSERS[name][0]
    parse: Callable[[bytes], object] = PARSERS[name][1]
    with suppress(BrokenChunkError, UndecodedError):
        parse(_change_bytes(source, content))


def _scan(source: random.Random) -> None:
    tree = base_tree("formats-2x")
    keys = [key for key in tree.files if key.endswith(_METADATA) and key.startswith("sorted/")]
    key = source.choice(keys)
    content = tree.files[key]
    assert isinstance(content, bytes)
    if key.endswith((".npy", ".tif", ".mp4")) or source.random() < 0.2:
        tree.files[key] = _change_bytes(source, content)
    else:
        tree.files[key] = json.dumps(_change(source, json.loads(content))).encode("utf-8", "surrogatepass")
    problems(tree.listing())


def _change_bytes(source: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(source.randint(1, 5)):
        if changed:
            changed[source.randrange(len(changed))] = source.choice([0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)])
    return bytes(changed[: source.randrange(len(changed) + 1)] if source.random() < 0.3 else changed)


def _change(source: random.Random, value: Any) -> Any:
    """The value with a member removed, or with an odd value at a random place."""
    if isinstance(value, dict) and value and source.random() < 0.8:
        key = source.choice(list(value))
        if source.random() < 0.1:
            return {name: member for name, member in value.items() if name != key}
        return {**value, key: _change(source, value[key])}
    if isinstance(value, list) and value and source.random() < 0.8:
        index = source.randrange(len(value))
        return [*value[:index], _change(source, value[index]), *value[index + 1 :]]
    return source.choice(_ODD)


if __name__ == "__main__":
    main()
