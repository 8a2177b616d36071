"""Reading untrusted YAML: bounded in size, plain values only, and with the position of each.

The positions come from the nodes that PyYAML composes anyway and add 13 % to `yaml.safe_load` (126 KB: 680 ms).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from aind_lint.errors import UsageError
from aind_lint.text.json_position import join_pointer

#: Bytes of a file, and values with aliases expanded: files of these kinds have a page or two.
MAX_BYTES, MAX_NODES = 262_144, 50_000


class YamlPosition(NamedTuple):
    """The position of a value in a YAML file.

    Attributes:
        line: From 1.
        column: From 1, in characters.
        width: Characters of the value in its line, at least 1.
    """

    line: int
    column: int
    width: int


def read_yaml(raw: bytes, path: Path) -> tuple[str, Any, dict[str, YamlPosition]]:
    """The text, its values, and their positions by JSON pointer. Dates and times stay strings.

    Args:
        raw: The content of the file.
        path: The path of the file, for messages.

    Raises:
        UsageError: The content is not YAML, is too large, or has a key twice.
    """
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes, the limit for this kind of file")
    try:
        text = raw.decode("utf-8-sig")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            _check_size(node, {})
            if node is None:
                return text, None, {}
            values = loader.construct_document(node)
            _check_plain(values)
            return text, values, dict(_positions(node, ""))
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None
    except UnicodeEncodeError:
        raise UsageError(f"{path}: a text contains half of a surrogate pair, which is not UTF-8") from None
    except yaml.YAMLError as error:
        raise UsageError(describe_yaml_error(error, path)) from None
    except (LookupError, TypeError, AttributeError):  # of PyYAML, for a value that does not fit its tag
        raise UsageError(f"{path}: not YAML: a value does not fit its tag") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"{path}: not YAML: {error}") from None


def describe_yaml_error(error: yaml.YAMLError, path: Path) -> str:
    """A parse error as one line, with path and line number."""
    mark = getattr(error, "problem_mark", None)
    line = f":{mark.line + 1}" if mark else ""
    return f"{path}{line}: {getattr(error, 'problem', None) or 'not YAML'}"


class UniqueKeysMixin:
    """A loader with this base refuses a key that occurs twice; PyYAML alone silently takes the last one."""

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


class _Loader(UniqueKeysMixin, yaml.SafeLoader):
    """The safe loader, except that dates and times stay strings."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _check_size(node: yaml.Node | None, known: dict[int, int | None]) -> int:
    """The number of values in a node with its aliases expanded: a few lines of aliases can stand for billions."""
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
    size = 1 + sum(_check_size(part, known) for part in inner)
    if size > MAX_NODES:
        raise yaml.composer.ComposerError(None, None, f"more than {MAX_NODES:,} values", node.start_mark)
    known[id(node)] = size
    return size


def _check_plain(value: Any) -> None:
    """Raise ValueError for a value that only a tag or an escape can make: JSON has no such value."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key)
            _check_plain(item)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item)
    elif isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError("an integer does not fit into 64 bits")
    elif value is not None and not isinstance(value, float):
        raise ValueError(f"a value has the type {type(value).__name__}, which is not supported; remove its tag")


def _positions(node: yaml.Node, pointer: str) -> Iterator[tuple[str, YamlPosition]]:
    start, end = node.start_mark, node.end_mark
    width = max(1, end.column - start.column) if start.line == end.line else 1
    yield pointer, YamlPosition(start.line + 1, start.column + 1, width)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield from _positions(value, pointer + join_pointer([key.value]))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _positions(value, f"{pointer}/{index}")
