"""The parts of an example's asset as lines of text, and how they differ between two examples."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aind_lint.app.rule_examples.example_asset import example_tree
from aind_lint.app.rule_examples.example_upload import MANIFEST, jobs_bytes, manifest_bytes
from aind_lint.app.rule_examples.shown_example import Change
from aind_lint.asset.indexer_keys import INDEXER_FILE
from aind_lint.text.quantities import format_bytes

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_format import Example

#: What the destination contains in each state of an example.
_BUCKET = {
    "absent": "nothing under the name of the asset",
    "same": "the asset, published with this content",
    "indexed": f"the asset, published and then indexed ({INDEXER_FILE} and rewritten sidecars)",
    "different": "an asset with this name and other content",
    "damaged": "the asset, published, but subject.json is missing",
    "partial": "an unfinished publication of other content",
    "interrupted": "an unfinished publication of this content",
    "abandoned": "an abandoned publication that is not completely removed",
    "foreign": "a file that aind-lint did not send, under the name of the asset",
    "source": "the source asset",
}
#: Names of the parts that are no files.
_NAME, _FILES, _OPTIONS, _DESTINATION, _TIME = (
    "name of the folder",
    "files",
    "options of the check",
    "the bucket contains",
    "time of the check",
)
_CONTEXT = 1
_MAX_LINES = 12
_MAX_LENGTH = 96

Parts = Mapping[str, list[str]]


def parts_of(example: Example) -> Parts:
    """Everything that an example describes, as lines by the name of the part."""
    if jobs := jobs_bytes(example):
        return {jobs[0]: jobs[1].decode().splitlines()}
    tree = example_tree(example)
    parts: dict[str, list[str]] = {_NAME: [tree.name], _FILES: []}
    for key, content in sorted(tree.files.items()):
        lines = _text_lines(content)
        if (key.endswith(".json") and "/" not in key) or key in example.add:
            parts[key] = lines or [f"({_size(content)})"]
        else:
            parts[_FILES].append(f"{key}  ({_size(content)})")
    parts[_FILES] += [f"{key} -> {target}  (symbolic link)" for key, target in tree.links.items()]
    parts[_FILES] += [f"{key}  (hard link to {target})" for key, target in tree.hard_links.items()]
    parts[_FILES] += [f"{key}  (pipe)" for key in tree.special_files]
    parts[_FILES] += [f"{key}/  (empty folder)" for key in tree.empty_folders]
    if tree.enclosing_asset:
        parts["the folder is in"] = [tree.enclosing_asset]
    if tree.siblings:
        parts["beside the folder"] = [
            f"{sibling.name}/{key}" for sibling in tree.siblings for key in sorted(sibling.files)[:3]
        ]
    if example.manifest is not None:
        parts[MANIFEST] = manifest_bytes(tree, example.manifest).decode().splitlines()
    return {**parts, **_circumstances(example)}


def _circumstances(example: Example) -> Parts:
    parts: dict[str, list[str]] = {}
    options = [f"--profile {example.profile}"] if example.profile != "candidate" else []
    options += [f"--for {example.for_archive}"] if example.for_archive else []
    options += [f"--bucket {example.destination}"] if example.destination else []
    if options:
        parts[_OPTIONS] = options
    contained = [_BUCKET[example.bucket]] if example.bucket else []
    if contained or example.published:
        parts[_DESTINATION] = [*contained, *example.published]
    if example.suppressions:
        parts["suppressions in aind-lint.toml"] = json.dumps(example.suppressions, indent=2).splitlines()
    if example.baseline:
        parts["aind-lint-baseline.json"] = json.dumps(example.baseline, indent=2).splitlines()
    if example.now:
        parts[_TIME] = [example.now.isoformat()]
    return parts


def distance(one: Parts, other: Parts) -> int:
    """How many lines differ between two examples."""
    names = [name for name in {*one, *other} if one.get(name) != other.get(name)]
    return sum(1 + len(set(one.get(name, [])) ^ set(other.get(name, []))) for name in names)


def changes_between(before: Parts, after: Parts) -> tuple[Change, ...]:
    """What differs between two examples, with a line of context; long parts are cut."""
    before, after = _list_long_files(before, after), _list_long_files(after, before)
    changes = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, []), after.get(name, [])
        if old != new:
            is_list = name in (_FILES, _OPTIONS)
            changes.append(Change(name, _excerpt(old, new, is_list), _excerpt(new, old, is_list)))
    return tuple(changes)


def _list_long_files(parts: Parts, others: Parts) -> Parts:
    """The parts, with long files that the other example lacks as names only: their content shows nothing."""
    long = [name for name, lines in parts.items() if name not in others and len(lines) > _MAX_LINES]
    kept = {name: lines for name, lines in parts.items() if name not in long}
    return {**kept, _FILES: [*parts.get(_FILES, []), *long]}


def _excerpt(lines: list[str], others: list[str], is_list: bool) -> tuple[str, ...]:
    """The lines that are not among the other lines; for a text with a line of context and "…" for what is left out."""
    if is_list:
        return tuple(_shortened([line for line in lines if line not in others]))
    if not others:
        return tuple(_shortened(lines))
    shown: set[int] = set()
    for tag, start, end, _, _ in difflib.SequenceMatcher(None, lines, others, autojunk=False).get_opcodes():
        if tag != "equal":
            shown.update(range(max(0, start - _CONTEXT), min(len(lines), end + _CONTEXT)))
    picked: list[str] = []
    last = -1
    for number in sorted(shown):
        if number > last + 1 and picked:
            picked.append("…")
        picked.append(lines[number])
        last = number
    return tuple(_shortened(picked))


def _shortened(lines: list[str]) -> list[str]:
    cut = [line if len(line) <= _MAX_LENGTH else f"{line[: _MAX_LENGTH - 1]}…" for line in lines]
    return cut if len(cut) <= _MAX_LINES else [*cut[: _MAX_LINES - 1], f"… ({len(cut) - _MAX_LINES + 1} more lines)"]


def _text_lines(content: bytes | int) -> list[str] | None:
    """The lines of a text; None for other content."""
    if isinstance(content, int) or not content:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.splitlines()


def _size(content: bytes | int) -> str:
    return format_bytes(content if isinstance(content, int) else len(content))
