"""Reading YAML that somebody else wrote: bounded, with nothing made but plain values, and with the place of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from aind_lint.errors import UsageError
from aind_lint.text.json_position import join_pointer

#: A text is a page or two; and with its aliases written out, it is not much more.
MAX_BYTES, MAX_NODES = 262_144, 50_000


class Place(NamedTuple):
    """Where a value of the manifest is written: line and column from 1, and its width in its line."""

    line: int
    column: int
    width: int


def read_yaml(raw: bytes, path: Path) -> tuple[str, Any, dict[str, Place]]:
    """The text, its values, and where they are written, by JSON pointer. Times stay texts.

    Args:
        raw: The bytes.
        path: Where they are from, for messages.

    Raises:
        UsageError: They are no YAML of a sane size, or say a key twice.
    """
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes, which no file of its kind is")
    try:
        text = raw.decode("utf-8-sig")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            _count(node, {})
            if node is None:
                return text, None, {}
            return text, loader.construct_document(node), dict(_places(node, ""))
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    except yaml.YAMLError as error:
        raise UsageError(describe(error, path)) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"{path}: not YAML: {error}") from None


def describe(error: yaml.YAMLError, path: Path) -> str:
    """What is wrong with the YAML of a file, in one sentence."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    return f"{path}{line}: {getattr(error, 'problem', None) or 'not YAML'}"


class EachKeyOnce:
    """Makes a loader refuse a key that occurs twice, of which others take the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    message = f"the key '{key.value}' occurs twice"
                    raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[misc, no-any-return]


class _Loader(EachKeyOnce, yaml.SafeLoader):
    """The safe loader, leaving times as they are written."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _count(node: yaml.Node | None, known: dict[int, int | None]) -> int:
    """How many values a node holds with its aliases written out: a few lines of them can stand for billions."""
    if node is None:
        return 0
    if id(node) in known:
        size = known[id(node)]
        if size is None:
            raise yaml.composer.ComposerError(None, None, "an alias leads back into itself", node.start_mark)
        return size
    known[id(node)] = None
    inner: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        inner = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        inner = node.value
    size = 1 + sum(_count(part, known) for part in inner)
    if size > MAX_NODES:
        raise yaml.composer.ComposerError(None, None, f"more than {MAX_NODES:,} values", node.start_mark)
    known[id(node)] = size
    return size


def _places(node: yaml.Node, pointer: str) -> Iterator[tuple[str, Place]]:
    start, end = node.start_mark, node.end_mark
    width = max(1, end.column - start.column) if start.line == end.line else 1
    yield pointer, Place(start.line + 1, start.column + 1, width)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield from _places(value, pointer + join_pointer([key.value]))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _places(value, f"{pointer}/{index}")
