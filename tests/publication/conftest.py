from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.examples.bases import base_tree


@dataclass(frozen=True)
class Destination:
    """A fresh, empty bucket."""

    address: str
    connection: Connection

    @cached_property
    def store(self) -> Store:
        return open_store(self.address, self.connection)

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket."""
        contents = {}
        for item in self.store.scan(""):
            with self.store.open(item.key) as stream:
                contents[item.key] = stream.read()
        return contents


@pytest.fixture(params=["directory", "s3"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> Destination:
    """An empty bucket of each kind, in turn."""
    if request.param == "directory":
        return directory_bucket(tmp_path)
    connection = request.getfixturevalue("s3")
    return Destination(f"s3://{request.getfixturevalue('seaweedfs').make_bucket()}", connection)


@pytest.fixture
def directory(tmp_path: Path) -> Destination:
    """An empty directory bucket."""
    return directory_bucket(tmp_path)


def directory_bucket(parent: Path) -> Destination:
    (parent / "bucket").mkdir()
    return Destination(str(parent / "bucket"), Connection())


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Receipts go to a folder of the test's own."""
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    """A valid raw asset on disk."""
    return write_asset(tmp_path / "rig")


def write_asset(parent: Path, base: str = "raw-2x", **files: Any) -> Path:
    """An example asset on disk, with files replaced or added."""
    tree = base_tree(base)
    tree.files.update(files)
    parent.mkdir(parents=True, exist_ok=True)
    return tree.write(parent)
