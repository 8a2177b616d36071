"""Adds to a repository what VS Code needs: a schema for each kind of sidecar, and a task that checks.

A file declares its own version, so the schema of a kind selects by ``schema_version`` among the versions that the
repository uses and the newest. The schemas are generated: a later run replaces them. Other files are only extended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aind_lint.app.repo_init import Step, write_new
from aind_lint.asset.discovery import discover
from aind_lint.errors import NoAssetError
from aind_lint.schema.json_schema.published_schema import kind_schema
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.kinds import KINDS, SIDECARS, is_unmerged
from aind_lint.sidecar.reader import MAX_SIZE, read_sidecar
from aind_lint.system.output_file import write_text_file

SETTINGS_FILE = ".vscode/settings.json"
TASKS_FILE = ".vscode/tasks.json"
SCHEMA_FOLDER = ".vscode/aind-lint"

#: Kinds whose file can have a suffix before a merge: ``instrument_<suffix>.json``.
_WITH_SUFFIX = [kind for kind in KINDS if is_unmerged(f"{kind}_x.json")]

_SEVERITY_RULE_MESSAGE = r"(error|warning|info)\[([A-Z]{3}[0-9]{3})\] (.*)$"
_MATCHER = {"owner": "aind-lint", "source": "aind-lint", "fileLocation": ["relative", "${workspaceFolder}"]}
#: Reads the lines of ``--format concise``: findings with a position, and findings about a whole file or asset.
PROBLEM_MATCHERS: list[dict[str, Any]] = [
    {
        **_MATCHER,
        "pattern": {
            "regexp": rf"^(.+):(\d+):(\d+): {_SEVERITY_RULE_MESSAGE}",
            **{"file": 1, "line": 2, "column": 3, "severity": 4, "code": 5, "message": 6},
        },
    },
    {
        **_MATCHER,
        "pattern": {
            "regexp": rf"^((?:[A-Za-z]:)?[^:]+): {_SEVERITY_RULE_MESSAGE}",
            **{"kind": "file", "file": 1, "severity": 2, "code": 3, "message": 4},
        },
    },
]
_TASK = {
    "label": "aind-lint: check",
    "type": "process",
    "command": "aind-lint",
    "args": ["check", ".", "--format", "concise"],
    "group": "test",
    "presentation": {"reveal": "silent"},
    "problemMatcher": PROBLEM_MATCHERS,
}


def init_editor(root: Path) -> list[Step]:
    """Write schemas, settings and a task for VS Code.

    Args:
        root: The root of the repository.

    Raises:
        OSError: A file cannot be written.
        UsageError: The repository cannot be read.
    """
    return [_write_schemas(root), _add(root, SETTINGS_FILE, {"json.schemas": _associations()}), _add_task(root)]


def _write_schemas(root: Path) -> Step:
    declared = sorted(set(_declared(root)))
    (root / SCHEMA_FOLDER).mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        schema = kind_schema(kind, [(cls, version) for one, cls, version in declared if one == kind])
        write_text_file(root / _schema_file(kind), json.dumps(schema, separators=(",", ":")) + "\n")
    versions = len({(cls, version) for _, cls, version in declared})
    used = "; run 'aind-lint init' again when sidecars of other versions are added"
    return Step(
        SCHEMA_FOLDER, f"schemas of {len(KINDS)} kinds of sidecars written, for {versions} versions in use{used}"
    )


def _declared(root: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, class and version of every readable sidecar of the repository."""
    try:
        found = discover(root)
    except NoAssetError:
        return
    files = [folder / name for folder in found.assets for name in SIDECARS] + found.sidecars
    for path in files:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_SIZE:
            sidecar = read_sidecar(path.name, path.read_bytes())
            declared = declaration(sidecar) if sidecar.data is not None else None
            if declared and declared.version and declared.problem is None:
                yield sidecar.kind, declared.cls, declared.version


def _schema_file(kind: str) -> str:
    return f"{SCHEMA_FOLDER}/{kind}.schema.json"


def _associations() -> list[dict[str, Any]]:
    suffixed = {kind: [f"{kind}_*.json"] for kind in _WITH_SUFFIX}
    return [
        {"fileMatch": [f"{kind}.json", *suffixed.get(kind, [])], "url": f"./{_schema_file(kind)}"} for kind in KINDS
    ]


def _add_task(root: Path) -> Step:
    step = write_new(root, TASKS_FILE, _json({"version": "2.0.0", "tasks": [_TASK]}))
    if step.written or "aind-lint" in (root / TASKS_FILE).read_text(encoding="utf-8", errors="replace"):
        return step
    return Step(TASKS_FILE, "exists already, not changed; add this to its tasks", to_add=_json(_TASK))


def _add(root: Path, file: str, members: dict[str, Any]) -> Step:
    """Write a file with these members, or add them at the start of the object that it contains."""
    step = write_new(root, file, _json(members))
    if step.written:
        return step
    text = (root / file).read_text(encoding="utf-8", errors="replace")
    if SCHEMA_FOLDER in text:
        return step
    lines = _json(members).strip()[1:-1].strip("\n")
    start = text.find("{") + 1
    before = _parse(text)
    if isinstance(before, dict) and not before.keys() & members.keys():
        extended = f"{text[:start]}\n{lines}{',' if before else ''}\n{text[start:].lstrip(chr(10))}"
        if _parse(extended) == {**before, **members}:
            write_text_file(root / file, extended)
            return Step(file, "settings added at the start", written=True)
    return Step(file, "exists already, not changed; add these lines", to_add=lines + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:  # VS Code also reads comments and trailing commas
        return None
