"""What the process with the schema models is asked for before an asset is listed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aind_lint.app.publishing.model_preload import load_models
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import environment, run_here
from tests.links import make_link


class RecordingModels:
    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load(self, generation: str, classes: Any) -> None:
        self.loaded += classes


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    tree = base_tree("raw-2x")
    tree.write(tmp_path)
    return tmp_path / tree.name


def loaded(asset: Path) -> list[str]:
    models = RecordingModels()
    load_models(asset, models)  # type: ignore[arg-type]
    return models.loaded


def test_the_models_of_the_sidecars_are_loaded(asset):
    assert {"DataDescription", "Subject", "Acquisition"} <= set(loaded(asset))


def test_a_link_is_not_followed_out_of_the_asset(asset, tmp_path):
    description = asset / "data_description.json"
    description.rename(tmp_path / "elsewhere.json")
    make_link(description, tmp_path / "elsewhere.json")
    assert loaded(asset) == []


@pytest.mark.parametrize("content", [None, b"", b"[]", b"\xff", b"{"])
def test_what_cannot_be_read_loads_nothing(asset, content):
    if content is None:
        (asset / "data_description.json").unlink()
    else:
        (asset / "data_description.json").write_bytes(content)
    assert loaded(asset) == []


@pytest.mark.slow
def test_only_the_process_with_the_models_needs_pydantic(asset: Path, tmp_path: Path) -> None:
    assert run_here(tmp_path, "check", asset.name, "--fast").returncode == 0  # compiles the rules, which needs pydantic
    program = "import sys; sys.modules['pydantic'] = None; from aind_lint.cli.main import run; run()"
    command = [sys.executable, "-c", program, "publish", asset.name, "--to", "./bucket", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert (done.returncode, "not checked" in done.stderr) == (0, False), done.stderr
