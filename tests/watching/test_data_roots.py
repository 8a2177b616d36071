"""Which files an upload manifest in a watched folder may name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here
from tests.links import make_link

pytestmark = pytest.mark.slow  # whole publications

TREE = base_tree("raw-2x")


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A rig whose data is not below the watched folder, with a manifest that names it."""
    (tmp_path / "data").mkdir()
    source = TREE.write(tmp_path / "disk" / "2022-12-12")
    manifest = {
        "name": TREE.name,
        "modalities": {folder: [str(source / folder)] for folder in ("behavior", "ecephys")},
        "schemas": [str(path) for path in sorted(source.glob("*.json"))],
    }
    (tmp_path / "data" / f"manifest_{TREE.name}.yml").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def scan_once(rig: Path, *options: str):
    return run_here(rig, "watch", "data", "--to", "./bucket", "--once", *options)


def report(rig: Path, done) -> str:
    assert not (rig / "bucket").exists()
    assert (rig / "data" / "failed" / f"manifest_{TREE.name}.yml").exists()
    return done.stderr


def test_a_source_elsewhere_fails_the_asset_with_the_line_to_add(rig):
    done = scan_once(rig)
    line = f'data_roots = ["{(rig / "disk").as_posix()}"]'
    assert (done.returncode, f"add this line under [rig] in aind-lint.toml: {line}" in report(rig, done)) == (1, True)
    (rig / "aind-lint.toml").write_text(f"[rig]\n{line}\n", encoding="utf-8")
    failed = rig / "data" / "failed" / f"manifest_{TREE.name}.yml"
    failed.rename(rig / "data" / failed.name)
    done = scan_once(rig)
    assert "data_roots" not in done.stderr, done.stderr


def test_init_and_doctor_print_the_line(rig):
    line = f'data_roots = ["{(rig / "disk").as_posix()}"]'
    assert line in run_here(rig / "data", "doctor").stdout
    (rig / "data" / ".git").mkdir()
    assert f"[rig]\n{line}" in run_here(rig / "data", "init").stdout


def test_named_on_the_command_line_it_may_name_any_file(rig):
    done = run_here(rig, "publish", f"data/manifest_{TREE.name}.yml", "--to", "./bucket", "--yes")
    assert "data_roots" not in done.stderr


@pytest.mark.parametrize("root", ["link", "./data/../disk", "disk/"])
def test_roots_are_compared_where_links_lead(rig, root):
    make_link(rig / "link", rig / "disk")
    (rig / "aind-lint.toml").write_text(f"[rig]\ndata_roots = [{json.dumps(root)}]\n", encoding="utf-8")
    assert "data_roots" not in scan_once(rig).stderr


@pytest.mark.parametrize("way", ["a link below the watched folder", "two dots"])
def test_a_way_out_of_the_watched_folder_is_found(rig, way):
    manifest = rig / "data" / f"manifest_{TREE.name}.yml"
    text = manifest.read_text(encoding="utf-8")
    if way == "two dots":
        inside = os.path.relpath(rig / "disk", rig / "data")
    else:
        make_link(rig / "data" / "inside", rig / "disk")
        inside = "inside"
    manifest.write_text(text.replace(str(rig / "disk"), inside), encoding="utf-8")
    assert "data_roots = [" in report(rig, scan_once(rig))
