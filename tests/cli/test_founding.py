"""The two assets of the founding document pass, exactly in its layout, in every generation of metadata."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import FOUNDING, run_here

_SIX = {"data_description", "subject", "procedures", "processing", "acquisition"}
_FOLDERS = {"raw": {"ecephys", "behavior"}, "derived": {"sorted"}}


@pytest.mark.parametrize("generation", FOUNDING)
@pytest.mark.parametrize("together", [False, True], ids=["named", "parent"])
def test_founding_assets_pass(generation: str, together: bool, tmp_path: Path) -> None:
    parent = tmp_path / "assets"
    parent.mkdir()
    names = [base_tree(base).write(parent).name for base in FOUNDING[generation]]
    paths = ["assets"] if together else [f"assets/{name}" for name in names]
    done = run_here(tmp_path, "check", *paths, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["summary"]["errors"] == 0
    assert [asset["name"] for asset in report["assets"]] == names
    assert [asset["generation"] for asset in report["assets"]] == [generation] * 2
    rules = {finding["rule"] for asset in report["assets"] for finding in asset["findings"]}
    assert rules == ({"SID111"} if generation == "1.x" else set())
    assert not any(asset["internal_errors"] for asset in report["assets"])


@pytest.mark.parametrize("generation", FOUNDING)
def test_layout_is_the_founding_documents(generation: str, tmp_path: Path) -> None:
    prefix = "" if generation == "2.x" else "ecephys_"
    device = "instrument" if generation == "2.x" else "rig"
    raw, derived = (base_tree(base).write(tmp_path) for base in FOUNDING[generation])
    assert raw.name == f"{prefix}123456_2022-12-12_05-06-07"
    assert derived.name == f"{raw.name}_sorted-ks25_2022-12-12_06-07-08"
    sidecars = {f"{kind}.json" for kind in {*_SIX, device}}
    assert {path.name for path in raw.iterdir()} == sidecars | _FOLDERS["raw"]
    assert {path.name for path in derived.iterdir()} == sidecars | _FOLDERS["derived"]


@pytest.mark.parametrize("generation", FOUNDING)
def test_founding_assets_are_published(generation: str, tmp_path: Path) -> None:
    names = [base_tree(base).write(tmp_path).name for base in FOUNDING[generation]]
    assert run_here(tmp_path, "publish", *names, "--to", "./bucket", "--yes").returncode == 0
    assert run_here(tmp_path, "check", "bucket", "--format", "json").returncode == 0
    for name in names:
        assert run_here(tmp_path, "verify", name, "--in", "bucket", "--deep").returncode == 0
