"""``aind-lint fix`` as its users run it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aind_lint.errors import UsageError
from aind_lint.examples.bases import base_tree
from aind_lint.fix.fix_record import FOLDER, locked
from aind_lint.fix.fixers.all_fixers import FIXERS
from aind_lint.text.separators import native_path
from tests.cli.run_command import RAW_2X, run_here
from tests.fix.faults import fix_of, plant
from tests.links import make_link

_COMMA = {"base": "raw-2x", "edits": [{"trailing": "subject.json"}]}
_FRIDAY = {
    "base": "raw-2x",
    "edits": [
        {"mark": "subject.json"},
        {"move": {"procedures.json": "Procedures.json.txt"}},
        {"trailing": "data_description.json"},
        {"encode": {"instrument.json": "utf-16"}},
        {"move": {"behavior": "Behaviour"}},
        {"add": {"Behaviour/.DS_Store": "x"}},
    ],
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_six_faults_of_a_friday_evening_take_two_commands_and_no_edit(tmp_path: Path) -> None:
    plant(_FRIDAY).write(tmp_path)
    before = run_here(tmp_path, "check", RAW_2X, "--fast")
    assert before.returncode == 1
    assert "6 errors, 0 warnings (6 fixable with 'aind-lint fix')" in before.stdout
    fixed = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert "Made 6 changes." in fixed.stdout
    published = run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes")
    assert published.returncode == 0, published.stdout + published.stderr


def test_without_a_terminal_nothing_is_changed_unless_yes_is_given(tmp_path: Path) -> None:
    plant(_COMMA).write(tmp_path)
    before = contents(tmp_path)
    done = run_here(tmp_path, "fix", RAW_2X)
    assert done.returncode == 2
    assert "cannot ask for confirmation without a terminal" in done.stderr
    dry = run_here(tmp_path, "fix", RAW_2X, "--dry-run")
    assert dry.returncode == 1
    assert "+++ subject.json" in dry.stdout
    assert contents(tmp_path) == before
    assert not (tmp_path / FOLDER).exists()


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (".aind-lint/claim-1.json", ".aind-lint"),
        ("metadata.nd.json", "metadata.nd.json"),
        ("original_metadata/subject.20250101.json", "original_metadata/subject.20250101.json"),
    ],
)
def test_a_published_asset_is_refused(tmp_path: Path, file: str, shown: str) -> None:
    tree = plant(_COMMA)
    tree.files[file] = b"{}"
    asset = tree.write(tmp_path)
    before = contents(asset)
    done = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert done.returncode == 2
    assert f"contains {shown}, as only published assets do" in done.stderr
    assert contents(asset) == before
    checked = run_here(tmp_path, "check", RAW_2X, "--fast")
    assert "fixable" not in checked.stdout


def test_an_asset_that_was_published_is_refused(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0
    (asset / "subject.json").write_bytes(b"\xef\xbb\xbf" + (asset / "subject.json").read_bytes())
    before = contents(asset)
    by_receipt = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert by_receipt.returncode == 2
    assert "is published in" in by_receipt.stderr
    for receipt in (tmp_path / "state" / "receipts").iterdir():
        receipt.unlink()
    by_bucket = run_here(tmp_path, "fix", RAW_2X, "--yes", "--bucket", "./bucket")
    assert by_bucket.returncode == 2
    assert f"is published in {native_path('./bucket')}" in by_bucket.stderr
    assert contents(asset) == before


def test_undo_refuses_a_file_that_was_changed_since(tmp_path: Path) -> None:
    asset = plant(_COMMA).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    subject = asset / "subject.json"
    subject.write_bytes(subject.read_bytes() + b"\n")
    before = contents(asset)
    done = run_here(tmp_path, "fix", RAW_2X, "--undo", "--yes")
    assert done.returncode == 2
    assert "has changed since the fix" in done.stderr
    assert contents(asset) == before
    assert run_here(tmp_path, "fix", RAW_2X, "--undo").returncode == 2  # it asks, and there is no answer


def test_two_runs_at_a_time_are_refused(tmp_path: Path) -> None:
    asset = plant(_COMMA).write(tmp_path)
    before = contents(asset)
    with locked(tmp_path):
        done = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert done.returncode == 2
    assert "another 'aind-lint fix' is changing an asset" in done.stderr
    assert contents(asset) == before


def test_an_unfinished_fix_is_reported_and_blocks_publishing(tmp_path: Path) -> None:
    asset = plant(_COMMA).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    fixed = contents(asset)
    (record,) = (path for path in (tmp_path / FOLDER).iterdir() if path.is_dir())
    (record / "done").unlink()
    checked = run_here(tmp_path, "check", RAW_2X, "--fast")
    assert checked.returncode == 1
    assert "error[SID126]" in checked.stdout
    published = run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes")
    assert published.returncode == 1
    assert not (tmp_path / "bucket" / RAW_2X / "data_description.json").exists()
    assert run_here(tmp_path, "fix", RAW_2X, "--dry-run").returncode == 1
    finished = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert finished.returncode == 0, finished.stderr
    assert "Finished the fix" in finished.stdout
    assert contents(asset) == fixed


def test_a_plan_that_leads_out_of_the_asset_is_refused(tmp_path: Path) -> None:
    asset = plant(_COMMA).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    (record,) = (path for path in (tmp_path / FOLDER).iterdir() if path.is_dir())
    plan = json.loads((record / "plan.json").read_text(encoding="utf-8"))
    plan["operations"][0]["key"] = "../victim.json"
    (record / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    before = contents(asset)
    done = run_here(tmp_path, "fix", RAW_2X, "--undo", "--yes")
    assert done.returncode == 2
    assert "is not a plan of aind-lint" in done.stderr
    assert contents(asset) == before


@pytest.mark.parametrize(
    ("name", "changes"),
    [("123456_2022-12-12_05:06:07", 3), pytest.param("rig\\123456_2022-12-12_05-06-07", 2, id="backslash")],
)
@pytest.mark.skipif(os.name == "nt", reason="names on Windows have no such characters")
def test_a_fix_can_be_undone_whatever_the_names(tmp_path: Path, name: str, changes: int) -> None:
    tree = plant(_COMMA)
    tree.name = name
    tree.files["behavior/12:30\\/.DS_Store"] = b"x"
    asset = tree.write(tmp_path)
    before = contents(asset)
    assert f"Made {changes} changes" in run_here(tmp_path, "fix", name, "--yes").stdout
    done = run_here(tmp_path, "fix", name, "--undo", "--yes")
    assert done.returncode == 0, done.stderr
    assert contents(asset) == before


def unfinished(parent: Path, **operation: object) -> Path:
    """An asset with an unfinished fix whose plan another program wrote, beside files that are none of its business."""
    asset = base_tree("raw-2x").write(parent)
    record = parent / FOLDER / "2026-01-01T000000Z"
    for folder in (record, parent / "outside"):
        folder.mkdir(parents=True)
    (parent / "outside" / "precious").write_bytes(b"x")
    make_link(record / "link", parent / "outside")
    make_link(asset / "behavior" / "link", parent / "outside")
    key = {"rules": [], "origin": "subject.json", "key": "subject.json", "final": "subject.json"}
    write_plan(record, {**key, **operation})
    return record


def write_plan(record: Path, operation: dict[str, object]) -> None:
    """A plan with one operation, as another program may write it."""
    plan = {
        "format_version": 1,
        "asset": RAW_2X,
        "new_name": None,
        "created": "2026-01-01T00:00:00+00:00",
        "renaming_rules": [],
        "operations": [operation],
    }
    (record / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize(
    "operation",
    [
        {"action": "move", "kept": "link/subject.json"},
        {"action": "move", "kept": "link/precious", "key": "behavior/new"},
        {"action": "move", "kept": "moved/x", "key": "behavior/link/precious"},
        {"action": "move", "kept": "../../outside/precious"},
        {"action": "rename", "to": "behavior/link/subject.json"},
        {"action": "rename", "to": "subject.new", "through": "behavior/link/subject.json"},
        {"action": "rename", "to": "subject.new", "through": "acquisition.json"},
        {"action": "rename", "to": "acquisition.json"},
        {"action": "rename", "to": "/tmp/subject.json"},
        {"action": "rename", "key": "behavior/link/precious", "to": "precious"},
    ],
)
def test_no_plan_moves_anything_out_of_or_into_an_asset(
    tmp_path: Path, undo: bool, operation: dict[str, object]
) -> None:
    unfinished(tmp_path, **operation)
    before = contents(tmp_path)
    done = run_here(tmp_path, "fix", RAW_2X, "--yes", *(["--undo"] if undo else []))
    after = {key: content for key, content in contents(tmp_path).items() if key in before}
    assert after == before, done.stdout
    if not undo:  # there can be nothing to undo
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")


@pytest.mark.parametrize("created", [5, "\x1b[2J", "yesterday"])
def test_a_plan_without_a_time_is_refused(tmp_path: Path, created: object) -> None:
    record = unfinished(tmp_path, action="rename", to="subject.new")
    plan = json.loads((record / "plan.json").read_text(encoding="utf-8"))
    (record / "plan.json").write_text(json.dumps({**plan, "created": created}), encoding="utf-8")
    done = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert done.returncode == 2
    assert "is not a plan of aind-lint" in done.stderr


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_fix_of_a_published_asset_is_neither_undone_nor_finished(tmp_path: Path, is_finished: bool) -> None:
    asset = plant(_COMMA).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--yes").returncode == 0
    if not is_finished:
        next((tmp_path / FOLDER).glob("*/done")).unlink()
    before = contents(asset)
    done = run_here(tmp_path, "fix", RAW_2X, "--yes", *(["--undo"] if is_finished else []))
    assert done.returncode == 2
    assert "is published in" in done.stderr
    assert contents(asset) == before


def test_a_run_that_waited_for_an_answer_does_not_undo_what_another_run_undid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(tmp_path / "state"))
    asset = plant(_COMMA).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    waiting = fix_of(asset)
    record = waiting.latest
    assert record is not None
    assert run_here(tmp_path, "fix", RAW_2X, "--undo", "--yes").returncode == 0
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    before = contents(asset)
    with pytest.raises(UsageError, match="another run has changed"):
        waiting.undo(record)
    assert contents(asset) == before


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    asset = plant(_COMMA).write(tmp_path / "real")
    before = contents(asset)
    make_link(tmp_path / RAW_2X, asset)
    by_link = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert by_link.returncode == 2
    assert "is a link" in by_link.stderr
    (tmp_path / "elsewhere").mkdir()
    make_link(tmp_path / "real" / FOLDER, tmp_path / "elsewhere")
    by_record = run_here(tmp_path / "real", "fix", RAW_2X, "--yes")
    assert by_record.returncode == 2
    assert "is a link or a file" in by_record.stderr
    assert contents(asset) == before
    assert not any((tmp_path / "elsewhere").iterdir())


def test_one_refused_asset_does_not_stop_the_others(tmp_path: Path) -> None:
    plant(_COMMA).write(tmp_path)
    done = run_here(tmp_path, "fix", "s3://bucket/asset", "missing", RAW_2X, "--yes")
    assert done.returncode == 2
    assert "is in a bucket" in done.stderr
    assert "missing does not exist" in done.stderr
    assert "Made 1 change." in done.stdout


def test_the_folder_of_fixes_is_neither_an_asset_nor_ignored_folder(tmp_path: Path) -> None:
    plant(_FRIDAY).write(tmp_path / "rig")
    assert run_here(tmp_path, "fix", f"rig/{RAW_2X}", "--yes").returncode == 0
    checked = run_here(tmp_path, "check", "rig", "--fast", "--format", "json")
    report = json.loads(checked.stdout)
    assert [asset["path"] for asset in report["assets"]] == [f"rig/{RAW_2X}"]
    assert report["summary"]["ignored"] == 0
    assert report["summary"]["errors"] == 0


def test_only_selected_rules_are_fixed(tmp_path: Path) -> None:
    plant(_FRIDAY).write(tmp_path)
    done = run_here(tmp_path, "fix", RAW_2X, "--yes", "--select", "KEY")
    assert done.returncode == 1
    assert "Made 1 change." in done.stdout
    assert "5 errors, 0 warnings (5 fixable with 'aind-lint fix')" in done.stdout
    none = run_here(tmp_path, "fix", RAW_2X, "--yes", "--select", "CON103")
    assert none.returncode == 2
    assert "no rule of CON103 has a fix" in none.stderr


@pytest.mark.parametrize(("name", "shown"), [("klingon", "is not an encoding of text"), ("utf-16", "utf-16-le")])
def test_an_encoding_must_be_known(tmp_path: Path, name: str, shown: str) -> None:
    plant(_COMMA).write(tmp_path)
    done = run_here(tmp_path, "fix", RAW_2X, "--encoding", name)
    assert done.returncode == 2
    assert shown in done.stderr


def test_decoded_letters_are_shown(tmp_path: Path) -> None:
    edits: list[dict[str, Any]] = [
        {"replace": {"data_description.json": ["visual", "Müllers"]}},
        {"encode": {"data_description.json": "cp1252"}},
    ]
    plant({"base": "raw-2x", "edits": edits}).write(tmp_path)
    done = run_here(tmp_path, "fix", RAW_2X, "--dry-run", "--encoding", "cp1252")
    assert "ü in Müllers" in done.stdout


def test_reports_contain_the_edits(tmp_path: Path) -> None:
    asset = plant(_FRIDAY).write(tmp_path)
    report = json.loads(run_here(tmp_path, "check", RAW_2X, "--fast", "--format", "json").stdout)
    edits = {finding["rule"]: finding["edits"] for finding in report["assets"][0]["findings"]}
    assert edits["SID120"] == [{"action": "rename", "file": "Procedures.json.txt", "to": "procedures.json"}]
    assert edits["LAY104"] == [{"action": "rename", "file": "Behaviour", "to": "behavior"}]
    assert edits["KEY111"] == [{"action": "move", "file": "Behaviour/.DS_Store"}]
    assert edits["SID203"] == [{"action": "encode", "file": "subject.json", "encoding": "utf-8-sig"}]
    (comma,) = edits["SID201"]
    lines = (asset / "data_description.json").read_text(encoding="utf-8").split("\n")
    assert lines[comma["line"] - 1][comma["column"] - 1 : comma["end_column"] - 1] == ","
    assert comma["text"] == ""

    sarif = json.loads(run_here(tmp_path, "check", RAW_2X, "--fast", "--format", "sarif").stdout)
    (fix,) = [result["fixes"][0] for result in sarif["runs"][0]["results"] if "fixes" in result]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"].endswith("data_description.json")
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"]["startLine"] == comma["line"]


def test_a_fixer_that_crashes_hides_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(request: object) -> Iterator[object]:
        raise RuntimeError("no such luck")
        yield

    for name in FIXERS:
        monkeypatch.setitem(FIXERS, name, crash)
    tree = base_tree("raw-2x")
    tree.files["Subject.json"] = tree.files.pop("subject.json")
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", RAW_2X, "--format", "concise", "--no-cache")
    assert done.returncode == 2
    assert "SID120" in done.stdout and "internal error[SID120] RuntimeError: no such luck" in done.stdout


def test_a_folder_of_assets_is_fixed_and_undone_as_a_whole(tmp_path: Path) -> None:
    for base in ("raw-2x", "raw-1x"):
        plant({**_COMMA, "base": base}).write(tmp_path / "rig")
    base_tree("derived-2x").write(tmp_path / "rig")
    before = contents(tmp_path / "rig")
    done = run_here(tmp_path, "fix", "rig", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Made 1 change.") == 2
    assert "nothing to fix" in done.stdout
    assert run_here(tmp_path, "fix", "rig", "--undo", "--yes").returncode == 0
    after = contents(tmp_path / "rig")
    assert {key: content for key, content in after.items() if not key.startswith(FOLDER)} == before


def test_an_undo_shows_what_it_changes_before_it_asks(tmp_path: Path) -> None:
    plant(_FRIDAY).write(tmp_path)
    assert run_here(tmp_path, "fix", RAW_2X, "--yes").returncode == 0
    asked = run_here(tmp_path, "fix", RAW_2X, "--undo")
    assert asked.returncode == 2
    assert "with a byte order mark, in utf-16-le" in asked.stdout
    assert "rename  behavior/ → Behaviour/" in asked.stdout
    assert f"return  {FOLDER} → Behaviour/.DS_Store" in asked.stdout
    assert "+++ data_description.json" in asked.stdout


def test_an_asset_that_fix_renamed_is_undone_under_its_former_name(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.name = "123456_20221212_050607"
    before = contents(tree.write(tmp_path))
    assert run_here(tmp_path, "fix", tree.name, "--yes").returncode == 0
    assert (tmp_path / RAW_2X).is_dir()
    done = run_here(tmp_path, "fix", tree.name, "--undo", "--yes")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / tree.name) == before


def test_only_the_named_sidecar_is_fixed(tmp_path: Path) -> None:
    asset = plant(_FRIDAY).write(tmp_path)
    before = contents(asset)
    done = run_here(tmp_path, "fix", f"{RAW_2X}/subject.json", f"{RAW_2X}/Procedures.json.txt", "--yes")
    assert done.returncode == 0, done.stderr
    after = contents(asset)
    assert after.pop("subject.json") == before.pop("subject.json").removeprefix(b"\xef\xbb\xbf")
    assert after.pop("procedures.json") == before.pop("Procedures.json.txt")
    assert after == before
    undone = run_here(tmp_path, "fix", f"{RAW_2X}/subject.json", "--undo", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert (asset / "subject.json").read_bytes().startswith(b"\xef\xbb\xbf")


def test_sidecars_outside_any_asset_are_fixed(tmp_path: Path) -> None:
    folder = tmp_path / "rigs"
    folder.mkdir()
    rig = base_tree("raw-1x").files["rig.json"]
    assert isinstance(rig, bytes)
    (folder / "rig_EPHYS1.json").write_bytes(b"\xef\xbb\xbf" + rig)
    (folder / "rig_EPHYS2.json").write_bytes(rig)
    assert "[fixable]" in run_here(tmp_path, "check", "rigs/rig_EPHYS1.json", "--fast").stdout
    done = run_here(tmp_path, "fix", "--from-files", "rigs/rig_EPHYS1.json", "README.md", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "rig_EPHYS1.json").read_bytes() == rig
    assert "nothing to fix" in run_here(tmp_path, "fix", "rigs", "--yes").stdout
    assert run_here(tmp_path, "fix", "rigs/rig_EPHYS2.json", "--undo", "--yes").returncode == 2
    assert run_here(tmp_path, "fix", "rigs/rig_EPHYS1.json", "--undo", "--yes").returncode == 0
    assert (folder / "rig_EPHYS1.json").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("key", "beside"),
    [("subject.json", "metadata.nd.json"), ("subject.json", ".aind-lint/1/x"), ("behavior/subject.json", None)],
)
def test_a_single_sidecar_that_fix_refuses_is_not_marked_as_fixable(
    tmp_path: Path, key: str, beside: str | None
) -> None:
    tree = base_tree("raw-2x")
    content = tree.files["subject.json"]
    assert isinstance(content, bytes)
    tree.files[key] = b"\xef\xbb\xbf" + content
    asset = tree.write(tmp_path)
    if beside is None:
        shutil.copy(asset / key, tmp_path / "subject.json")  # outside any asset it is fixed
        assert "[fixable]" in run_here(tmp_path, "check", "subject.json", "--fast").stdout
    else:
        assert "[fixable]" in run_here(tmp_path, "check", f"{RAW_2X}/{key}", "--fast").stdout
        (asset / beside).parent.mkdir(parents=True, exist_ok=True)
        (asset / beside).write_bytes(b"{}")
    checked = run_here(tmp_path, "check", f"{RAW_2X}/{key}", "--fast").stdout
    assert "byte order mark" in checked
    assert "[fixable]" not in checked
    assert run_here(tmp_path, "fix", f"{RAW_2X}/{key}", "--yes").returncode == 2


def test_data_files_are_no_targets(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    (asset / "behavior" / "subject.json").write_text("{,}", encoding="utf-8")
    for path in ("behavior/trials.csv", "behavior/subject.json"):
        done = run_here(tmp_path, "fix", f"{RAW_2X}/{path}", "--yes")
        assert done.returncode == 2
        assert "is not a sidecar at the root of an asset" in done.stderr
    assert run_here(tmp_path, "fix", "--from-files", "README.md").returncode == 0


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize(
    "operation",
    [
        {"action": "edit", "key": "behavior/trials.csv"},
        {"action": "edit", "key": "ecephys.dat"},
        {"action": "edit", "key": "behavior/subject.json"},
        {"action": "move", "key": "behavior/trials.csv"},
        {"action": "move", "key": "subject.json"},
        {"action": "rename", "key": "behavior/trials.csv", "to": "behavior/trials.old"},
        {"action": "rename", "key": "ecephys.dat", "to": "ecephys.old"},
        {"action": "rename", "key": "ecephys.dat", "to": "model.json"},
    ],
)
def test_a_plan_of_another_program_changes_no_data(tmp_path: Path, undo: bool, operation: dict[str, str]) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    (asset / "ecephys.dat").write_bytes(b"recorded")
    (asset / "behavior" / "subject.json").write_bytes(b"recorded")
    present, other = (asset / operation["key"]).read_bytes(), b"other"
    record = tmp_path / FOLDER / "2026-01-01T000000Z"
    for folder in ("old", "new", "moved"):
        (record / folder).mkdir(parents=True)
        (record / folder / "x").write_bytes(other)
    before, after = (hashlib.sha256(content).hexdigest() for content in (present, other))
    key = operation["key"]
    write_plan(
        record,
        {"rules": [], "origin": key, "final": operation.get("to", key), "size": len(present), **operation}
        | ({"kept": "old/x", "new": "new/x"} if operation["action"] == "edit" else {"kept": "moved/y"})
        | {"before": after if undo else before, "after": before if undo else after},
    )
    state = contents(asset)
    done = run_here(tmp_path, "fix", RAW_2X, "--yes", *(["--undo"] if undo else []))
    assert contents(asset) == state
    assert undo or done.returncode == 2


def test_the_bucket_that_is_named_decides_and_not_a_trial_elsewhere(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    assert run_here(tmp_path, "publish", RAW_2X, "--to", "./trial", "--yes").returncode == 0
    (asset / "subject.json").write_bytes(b"\xef\xbb\xbf" + (asset / "subject.json").read_bytes())
    refused = run_here(tmp_path, "fix", RAW_2X, "--yes")
    assert refused.returncode == 2
    assert "If that was a trial" in refused.stderr
    (tmp_path / "bucket").mkdir()
    assert run_here(tmp_path, "fix", RAW_2X, "--yes", "--bucket", "./bucket").returncode == 0
