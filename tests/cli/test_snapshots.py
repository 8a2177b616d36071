"""The complete output of commands, as users see it.

Each case runs one command and compares exit code, standard output and standard error with a text file in
``snapshots/``. After a change that is meant, write them anew and read the difference::

    AIND_LINT_UPDATE_SNAPSHOTS=1 pytest tests/cli/test_snapshots.py && git diff tests/cli/snapshots
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aind_lint.bucket.control_objects import claim_key, end_key
from aind_lint.cli.main import COMMANDS
from aind_lint.examples.bases import BASES, base_tree
from tests.cli.run_command import DERIVED_2X, RAW_0X, RAW_2X, broken, edited, portable, run_here

_SNAPSHOTS = Path(__file__).parent / "snapshots"
_UPDATE = bool(os.environ.get("AIND_LINT_UPDATE_SNAPSHOTS"))


@dataclass(frozen=True)
class Case:
    """One command line, and what has to be there before."""

    command: str
    prepare: Callable[[Path], object] = lambda folder: None
    columns: int = 80


def _bases(*bases: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for base in bases:
            base_tree(base).write(folder)

    return write


def _published(folder: Path) -> None:
    base_tree("raw-2x").write(folder)
    assert run_here(folder, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0


def _altered(folder: Path) -> None:
    _published(folder)
    (folder / RAW_2X / "behavior/trials.csv").write_bytes(b"trial,start_time,rewarded\n0,0.250,1\n")


def _modified(folder: Path) -> None:
    _published(folder)
    path = folder / "bucket" / RAW_2X / "behavior/trials.csv"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    (path.parent / "notes.txt").write_bytes(b"by hand")
    _without_copy(folder)


def _without_copy(folder: Path) -> None:
    (folder / RAW_2X).rename(folder / "elsewhere")


def _interrupted(folder: Path) -> None:
    """As if the machine had died when all was sent, with claims of a moment that does not change."""
    _published(folder)
    root = folder / "bucket" / RAW_2X
    (root / "data_description.json").unlink()
    (root / end_key(1)).unlink()
    claim = json.loads((root / claim_key(1)).read_text(encoding="utf-8"))
    claim |= {"time": "2026-01-01T00:00:00+00:00", "tool": "aind-lint", "run_id": "0" * 32}
    (root / claim_key(1)).write_text(json.dumps(claim), encoding="utf-8")


def _interrupted_and_altered(folder: Path) -> None:
    _interrupted(folder)
    (folder / RAW_2X / "behavior/trials.csv").write_bytes(b"trial,start_time,rewarded\n0,0.250,1\n")


def _violations(folder: Path) -> None:
    edited(
        "raw-2x",
        "subject.json",
        subject_id=["123456"],
        notes=7,
        subject_details={"object_type": "Mouse"},
        color="black",
    ).write(folder)


_INVALID = "an asset of 123456_2022-12-12_05-06-07"


def _invalid_name(folder: Path) -> None:
    tree = edited("raw-2x", "subject.json", subject_id="654321", notes="long " * 40)
    tree.name = _INVALID
    tree.write(folder)


def _lone_sidecar(folder: Path) -> None:
    content = edited("raw-2x", "subject.json", subject_id=5).files["subject.json"]
    assert isinstance(content, bytes)
    (folder / "subject.json").write_bytes(content)


def _many(folder: Path) -> None:
    for part in ("incoming", "incoming/notes", "incoming/.git", "faulty"):
        (folder / part).mkdir()
    _bases("founding-raw-1x", "raw-2x")(folder / "incoming")
    (folder / "incoming/notes/todo.txt").write_text("call the vendor\n")
    broken().write(folder / "faulty")


CASES = {
    **{f"check-{base}": Case(f"check {BASES[base].name}", _bases(base)) for base in BASES},
    "check-nothing-named": Case("check", _bases("raw-2x", "derived-2x")),
    "check-broken": Case(f"check {RAW_0X}", lambda folder: broken().write(folder)),
    "check-broken-concise": Case(f"check {RAW_0X} --format concise", lambda folder: broken().write(folder)),
    "check-schema-violations": Case(f"check {RAW_2X}", _violations),
    "check-schema-violations-concise": Case(f"check {RAW_2X} --format concise", _violations),
    "check-lone-sidecar": Case("check subject.json", _lone_sidecar),
    "check-lone-sidecar-concise": Case("check subject.json --format concise", _lone_sidecar),
    "check-folder-of-assets": Case("check .", _many),
    **{
        f"check-{name}-at-{columns}": Case(f"check {path}", prepare, columns)
        for columns in (50, 120)
        for name, path, prepare in (
            ("raw-2x", RAW_2X, _bases("raw-2x")),
            ("broken", RAW_0X, lambda folder: broken().write(folder)),
            ("schema-violations", RAW_2X, _violations),
            ("invalid-name", f"'{_INVALID}'", _invalid_name),
        )
    },
    "check-invalid-name": Case(f"check '{_INVALID}'", _invalid_name),
    "check-statistics": Case("check . --statistics", _many),
    "check-color": Case(f"check {RAW_0X} --color always", lambda folder: broken().write(folder)),
    "check-bucket-absent-yet": Case(
        f"check {RAW_2X} --bucket bucket", lambda f: (_bases("raw-2x")(f), (f / "bucket").mkdir())
    ),
    "check-bucket-same": Case(f"check {RAW_2X} --bucket bucket", _published),
    "check-bucket-different": Case(f"check {RAW_2X} --bucket bucket", _altered),
    "check-bucket-missing": Case(f"check {RAW_2X} --bucket bucket", _bases("raw-2x")),
    "publish": Case(f"publish {RAW_2X} --to ./bucket --yes", _bases("raw-2x")),
    "publish-two": Case(f"publish {RAW_2X} {DERIVED_2X} --to ./bucket --yes", _bases("raw-2x", "derived-2x")),
    "publish-founding": Case(f"publish {RAW_0X} --to ./bucket --yes", _bases("founding-raw-0x")),
    "publish-dry-run": Case(f"publish {RAW_2X} --to ./bucket --dry-run", _bases("raw-2x")),
    "publish-dry-run-interrupted": Case(f"publish {RAW_2X} --to ./bucket --dry-run", _interrupted),
    "publish-interrupted": Case(f"publish {RAW_2X} --to ./bucket --yes", _interrupted),
    "publish-claimed": Case(f"publish {RAW_2X} --to ./bucket --yes", _interrupted_and_altered),
    "publish-supersede-refused": Case(f"publish {RAW_2X} --to ./bucket --yes --supersede", _interrupted_and_altered),
    "publish-again": Case(f"publish {RAW_2X} --to ./bucket --yes", _published),
    "publish-refused": Case(f"publish {RAW_0X} --to ./bucket --yes", lambda folder: broken().write(folder)),
    "publish-conflict": Case(f"publish {RAW_2X} --to ./bucket --yes", _altered),
    "publish-unasked": Case(f"publish {RAW_2X} --to ./bucket", _bases("raw-2x")),
    "verify-equal": Case(f"verify {RAW_2X} --in bucket --deep", _published),
    "verify-different": Case(f"verify {RAW_2X} --in bucket", _altered),
    "verify-unlisted": Case(f"verify {RAW_2X} --in bucket", _modified),
    "verify-damaged": Case(f"verify {RAW_2X} --in bucket --deep", _modified),
    "verify-unfinished": Case(f"verify {RAW_2X} --in bucket", lambda f: (_interrupted(f), _without_copy(f))),
    "verify-absent": Case("verify 999999_2022-12-12_05-06-07 --in bucket", _published),
    "name-raw": Case(f"name {RAW_0X}"),
    "name-derived": Case(f"name {DERIVED_2X}"),
    "name-derived-json": Case(f"name {DERIVED_2X} --format json"),
    "name-invalid": Case("name ecephys_123456_2022-13-12_05-06-07"),
    "name-invalid-json": Case("name 123456_20221212_050607 --format json"),
    "explain": Case("explain CON103"),
    "explain-by-name": Case("explain procedures-missing"),
    "rules": Case("rules"),
    "rules-markdown": Case("rules --format markdown"),
    "schemas": Case("schemas"),
    "schemas-of-a-kind": Case("schemas --kind model"),
    "schemas-of-a-kind-json": Case("schemas --kind model --format json"),
    "schemas-of-an-unknown-kind": Case("schemas --kind subjekt"),
    "help": Case("--help"),
    "no-command": Case(""),
    **{f"help-{command}": Case(f"{command} --help") for command in COMMANDS},
}


@pytest.mark.parametrize("name", CASES)
def test_output(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    case.prepare(tmp_path)
    done = run_here(tmp_path, *shlex.split(case.command), AIND_LINT_COLUMNS=str(case.columns))
    shown = f"$ aind-lint {case.command}\n{_without_counts(done.stdout)}"
    if done.stderr:
        shown += f"\n--- standard error ---\n{_without_chance(done.stderr)}"
    shown += f"\n(exit code {done.returncode})\n"
    shown = portable(shown).replace(tmp_path.as_posix(), "/rig")
    file = _SNAPSHOTS / f"{name}.txt"
    if _UPDATE:
        file.write_text(shown, encoding="utf-8", newline="\n")
    assert str(tmp_path) not in shown
    assert shown == portable(file.read_text(encoding="utf-8"))


def _without_chance(stderr: str) -> str:
    """A receipt's path holds the folder of the test and the id of the run."""
    return re.sub(r"(?m)^Receipt: .*[/\\](.*)\.[0-9a-f]{32}\.json$", r"Receipt: …/\1.<run>.json", stderr)


def _without_counts(text: str) -> str:
    """How many rules were run says nothing about a command, and a new rule would change half of the files."""
    return re.sub(r"\b\d+ rules, ", "… rules, ", text)


def test_no_snapshot_is_left_over() -> None:
    assert {file.stem for file in _SNAPSHOTS.iterdir()} == set(CASES)
