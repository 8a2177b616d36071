"""Cached results are the same as those of a new check, faster, and never outdated."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aind_lint import RefusedError, check, publish
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.engine import result_cache as cache_module
from aind_lint.engine.cache_dependencies import dependencies_unchanged, listing_digest, record_dependencies
from aind_lint.engine.result_cache import write_entry
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import DERIVED_2X, broken, edited, environment, run, run_here
from tests.engine.sample_rules import rule_content, write_rule


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(folder))
    return folder


def _results(cache: Path) -> list[Path]:
    """The entries that hold reports."""
    return [path for path in cache.rglob("*.json") if "report" in json.loads(path.read_text(encoding="utf-8"))]


def _rules(folder: Path, **options: object) -> list[str]:
    return [finding.rule for asset in check([folder], **options).assets for finding in asset.findings]  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_second_run_has_the_same_results_and_loads_nothing_slow(tmp_path: Path, cache: Path) -> None:
    broken().write(tmp_path)
    base_tree("raw-2x").write(tmp_path)
    first = run_here(tmp_path, "check", ".")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aind_lint", "check", "."],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (first.returncode, first.stdout)
    imported = set(re.findall(r"(?m)^import time:.*\| +(\S+)$", done.stderr))
    heavy = {"pydantic", "jsonschema_rs", "awscrt", "boto3", "yaml", "aind_data_schema", "difflib", "shutil", "tomllib"}
    for_a_configuration = {"aind_lint.config.field_types", "aind_lint.engine.baseline", "aind_lint.text.json_position"}
    assert not imported & (heavy | for_a_configuration)
    assert len(_results(cache)) == 2
    assert run_here(tmp_path, "check", ".", "--no-cache").stdout == first.stdout


@pytest.mark.parametrize("format_", ["json", "sarif", "html"])
def test_every_format_is_the_same_from_the_cache(format_: str, tmp_path: Path, cache: Path) -> None:
    broken().write(tmp_path)
    one, other = (run_here(tmp_path, "check", ".", "--format", format_).stdout for _ in range(2))
    assert re.sub(r"\d\d:\d\d:\d\d", "", one) == re.sub(r"\d\d:\d\d:\d\d", "", other)


def _same_size_and_time(asset: Path) -> None:
    file = asset / "subject.json"
    info = file.stat()
    file.write_bytes(file.read_bytes().replace(b'"123456"', b'"654321"'))
    os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))


def _removed(asset: Path) -> None:
    (asset / "procedures.json").unlink()


def _added(asset: Path) -> None:
    (asset / "Subject.json").write_bytes(b"{}")


def _inside_another(asset: Path) -> None:
    (asset.parent / "data_description.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize("change", [_same_size_and_time, _removed, _added, _inside_another])
def test_every_change_is_noticed(change: Callable[[Path], None], tmp_path: Path, cache: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path / "rig")
    before = _rules(asset)
    assert _rules(asset) == before
    assert _results(cache)
    change(asset)
    changed = _rules(asset)
    assert changed == _rules(asset, cache=False) != before


def test_a_change_of_a_part_that_was_read_is_noticed(tmp_path: Path, cache: Path) -> None:
    asset = base_tree("formats-2x").write(tmp_path)
    assert "FMT101" not in _rules(tmp_path)
    for file in asset.rglob(".zarray"):
        file.write_bytes(b"x" * file.stat().st_size)
    assert "FMT101" in _rules(tmp_path)


def test_a_change_beside_the_asset_is_seen(tmp_path: Path, cache: Path) -> None:
    source = base_tree("raw-2x").write(tmp_path)
    asset = base_tree("derived-2x").write(tmp_path)
    before = _rules(asset)
    assert _rules(asset) == before
    (source / "subject.json").write_bytes((source / "subject.json").read_bytes().replace(b"Mouse", b"Mause"))
    assert _rules(asset) == _rules(asset, cache=False) != before


def test_options_and_configuration_do_not_mix(tmp_path: Path, cache: Path) -> None:
    asset = broken().write(tmp_path)
    for options in ({}, {"select": ["CON"]}, {"ignore": ["CON"]}, {"profile": "candidate"}, {"fast": True}) * 2:
        assert _rules(asset, **options) == _rules(asset, cache=False, **options)  # type: ignore[arg-type]
    (tmp_path / "aind-lint.toml").write_text('zone = "Asia/Tokyo"\n', encoding="utf-8")
    assert _rules(asset) == _rules(asset, cache=False)


def test_a_changed_rule_is_seen(tmp_path: Path, cache: Path) -> None:
    tree = base_tree("raw-2x")
    tree.files["x.left.md"] = b"left"
    asset = tree.write(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    write_rule(own, rule_content())
    for _ in range(2):
        assert "TST101" in _rules(asset, extend_rules=[own])
    write_rule(own, rule_content(**{"with": {"paths": ["*.abc"], "message": "is left over"}}))
    assert "TST101" not in _rules(asset, extend_rules=[own])


def test_results_that_depend_on_a_bucket_are_not_cached(tmp_path: Path, cache: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    (tmp_path / "bucket").mkdir()
    check([asset], bucket=str(tmp_path / "bucket"))
    assert not _results(cache)


def test_results_that_depend_on_the_time_are_not_cached(tmp_path: Path, cache: Path) -> None:
    tree = edited("raw-2x", "data_description.json", creation_time="2999-01-01T00:00:00Z")
    asset = tree.write(tmp_path)
    assert any("now it is" in finding.message for finding in check([asset]).assets[0].findings)
    assert not _results(cache)


def test_with_a_clock_that_was_set_back_nothing_is_found(tmp_path: Path, cache: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    check([asset])
    (entry,) = _results(cache)
    content = json.loads(entry.read_text(encoding="utf-8"))
    for at, used in ((content["at"], True), (content["at"] + 10**9, False)):
        entry.write_text(json.dumps({**content, "at": at, "report": {**content["report"], "level": "x"}}), "utf-8")
        assert (check([asset]).assets[0].level == "x") is used


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b"null", b'{"at": 0, "facts": 1}', b"\xff"])
def test_a_damaged_entry_is_ignored(damage: bytes, tmp_path: Path, cache: Path) -> None:
    asset = broken().write(tmp_path)
    before = _rules(asset)
    for entry in cache.rglob("*.json"):
        entry.write_bytes(damage)
    assert _rules(asset) == before
    assert all(entry.read_bytes() != damage for entry in cache.rglob("*.json"))


def test_a_cache_that_cannot_be_written_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "file"))
    assert run_here(tmp_path, "check", "--", str(base_tree("raw-2x").write(tmp_path))).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="every account has a folder of local data there")
@pytest.mark.usefixtures("no_home_folder")
def test_a_user_without_a_home_has_no_cache(tmp_path: Path) -> None:
    assert not _rules(base_tree("raw-2x").write(tmp_path))


def test_publishing_does_not_read_the_cache(tmp_path: Path, cache: Path) -> None:
    asset = edited("raw-2x", "subject.json", subject_id="7").write(tmp_path)
    check([asset], profile="candidate")
    for entry in _results(cache):
        content = json.loads(entry.read_text(encoding="utf-8"))
        content["report"]["findings"] = []
        entry.write_text(json.dumps(content), encoding="utf-8")
    assert not check([asset], profile="candidate").assets[0].findings
    with pytest.raises(RefusedError):
        publish(asset, to=str(tmp_path / "bucket"))


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_MAX_ENTRIES", 3)
    for number in range(10):
        write_entry(tmp_path / f"ab/{number}.json", "{}")
        os.utime(tmp_path / f"ab/{number}.json", ns=(number, number))
    assert sorted(path.name for path in (tmp_path / "ab").iterdir()) == ["7.json", "8.json", "9.json"]


@pytest.mark.slow
def test_concurrent_runs_share_the_cache(tmp_path: Path, cache: Path) -> None:
    for number in range(6):
        broken().write(tmp_path / f"rig{number}")
    with ThreadPoolExecutor(4) as pool:
        outputs = set(pool.map(lambda _: run(tmp_path, "check", ".").stdout, range(4)))
    assert len(outputs) == 1
    assert len(_results(cache)) == 6
    assert not list(cache.rglob("*.tmp"))


def test_a_large_file_is_identified_by_its_times(tmp_path: Path) -> None:
    folder = tmp_path / DERIVED_2X
    folder.mkdir()
    large = folder / "large.dat"
    large.write_bytes(bytes(2**20 + 1))
    os.utime(large, ns=(10**18, 10**18))
    listing, trace = record_dependencies(scan_folder(folder))
    with listing.open("large.dat") as stream:
        assert len(stream.read()) == 2**20 + 1
    assert trace.dependencies() is None  # it was written just now, and could be again within the same tick
    trace.cacheable, trace.opened_files["large.dat"] = True, "1 2 3 4"
    facts = trace.dependencies()
    assert facts is not None
    assert not dependencies_unchanged(facts, scan_folder(folder), listing_digest(scan_folder(folder)))
