"""What the process with the schema models is asked for before an asset is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aind_lint.app.publishing.model_preload import load_models
from aind_lint.examples.bases import base_tree
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
