"""Equal input gives equal bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, broken, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    (folder / "b").mkdir()
    broken().write(folder)
    base_tree("founding-raw-1x").write(folder / "b")
    base_tree("raw-2x").write(folder / "b")
    return folder


def _outputs(folder: Path, *paths: str) -> list[str]:
    formats = ["json=report.json", "text=report.txt", "concise=report.concise"]
    arguments = [*paths, *(word for form in formats for word in ("--format", form))]
    run(folder, "check", *arguments, PYTHONHASHSEED=str(len(paths)))
    texts = [(folder / form.partition("=")[2]).read_text(encoding="utf-8") for form in formats]
    assert all(texts)
    return [re.sub(r'(?m)^  "started": ".*",$', "", text) for text in texts]


def test_two_runs_and_any_order_of_arguments_give_equal_bytes(folder: Path) -> None:
    paths = [RAW_0X, f"b/{RAW_0X}", f"b/{RAW_2X}"]
    first = _outputs(folder, *paths)
    assert _outputs(folder, f"b/{RAW_2X}", "b", *reversed(paths)) == first
    assert _outputs(folder, "b", f"./{RAW_0X}") == first


@pytest.mark.parametrize("command", [["rules", "--format", "json"], ["explain", "CON103"]])
def test_other_commands_are_deterministic(command: list[str], tmp_path: Path) -> None:
    assert run(tmp_path, *command, PYTHONHASHSEED="1").stdout == run(tmp_path, *command, PYTHONHASHSEED="2").stdout
