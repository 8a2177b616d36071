"""`aind-lint audit` over buckets: folders and S3, their states, and what interrupts an audit."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from aind_lint.app.auditing.judges.full_judge import FullJudge
from aind_lint.audit.asset_task import AssetVerdict
from aind_lint.audit.audit_rules import RULES
from aind_lint.audit.state.open_state import state_address
from aind_lint.audit.state.s3_state import S3State
from aind_lint.audit.state.state_store import StateInUseError
from aind_lint.bucket.address import Connection
from aind_lint.errors import UsageError
from aind_lint.examples.bases import base_tree
from tests.audit.inventories import DAY, NOW, Inventory, Row, clean_bucket
from tests.cli.run_command import DERIVED_2X, RAW_2X, run_here
from tests.faulty_server import running_fault_server
from tests.servers import SeaweedFS


def audit(cwd: Path, *arguments: str) -> Any:
    """Run an audit; the process has its JSON report in ``report``."""
    done: Any = run_here(cwd, "audit", *arguments, "--jobs", "1", "--format", "json=report.json")
    report = cwd / "report.json"
    done.report = json.loads(report.read_text("utf-8")) if report.exists() else None
    report.unlink(missing_ok=True)
    return done


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """A folder with two assets that are published with the protocol."""
    for base in ("raw-2x", "derived-2x"):
        base_tree(base).write(tmp_path)
    done = run_here(tmp_path, "publish", RAW_2X, DERIVED_2X, "--to", "./bucket", "--yes")
    assert done.returncode == 0, done.stderr
    return tmp_path / "bucket"


def data_file(bucket: Path) -> Path:
    return next(
        path
        for path in sorted(bucket.rglob("*"))
        if path.is_file() and path.parent.parent.name == RAW_2X and ".aind" not in str(path)
    )


def test_a_published_bucket_has_no_findings(bucket):
    done = audit(bucket.parent, "./bucket")
    assert done.returncode == 0, done.stderr
    assert done.report["findings"] == []
    assert done.report["states"] == {"ok": 2}
    again = audit(bucket.parent, "./bucket")
    assert (again.report["run"]["judged"], again.report["run"]["unchanged"]) == (0, 2)


def test_the_first_audit_finds_what_was_lost_after_the_commit(bucket):
    lost = data_file(bucket)
    lost.unlink()
    done = audit(bucket.parent, "./bucket")
    (change,) = done.report["changes"]
    assert (change["key"], change["kind"], change["category"]) == (
        lost.relative_to(bucket / RAW_2X).as_posix(),
        "lost",
        "damaged",
    )
    assert "AUD101" in [one["rule"] for one in done.report["findings"]]
    assert {one["name"]: one["state"] for one in done.report["assets"]}[RAW_2X] == "damaged"
    assert done.returncode == 1


def test_the_same_size_with_another_content_is_damage_by_the_manifest(bucket):
    audit(bucket.parent, "./bucket")
    changed = data_file(bucket)
    content = changed.read_bytes()
    changed.unlink()
    changed.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    done = audit(bucket.parent, "./bucket")
    assert [(one["kind"], one["category"]) for one in done.report["changes"]] == [("changed", "damaged")]
    changed.unlink()
    changed.write_bytes(content)  # another file with the right content
    restored = audit(bucket.parent, "./bucket")
    assert [one["rule"] for one in restored.report["findings"] if one["status"] != "resolved"] == []


def test_rules_read_sidecars(bucket):
    subject = bucket / RAW_2X / "subject.json"
    content = subject.read_text("utf-8")
    subject.unlink()
    subject.write_text(content.replace('"123456"', '"654321"'), "utf-8")
    done = audit(bucket.parent, "./bucket")
    assert "CON103" in {one["rule"] for one in done.report["findings"]}
    assert {one["name"]: one["state"] for one in done.report["assets"]}[RAW_2X] == "invalid"


def test_the_reason_of_a_state_names_the_file(bucket):
    (bucket / RAW_2X / "subject.json").unlink()
    (bucket / RAW_2X / "subject.json").write_text("{", "utf-8")
    done = audit(bucket.parent, "./bucket")
    (asset,) = (one for one in done.report["assets"] if one["name"] == RAW_2X)
    assert asset["reason"].startswith("subject.json: not JSON")


def test_what_is_not_checked_is_not_resolved(bucket):
    subject = bucket / RAW_2X / "subject.json"
    content = subject.read_text("utf-8")
    subject.unlink()
    subject.write_text(content.replace('"123456"', '"654321"'), "utf-8")
    first = audit(bucket.parent, "./bucket").report
    assert "CON103" in {one["rule"] for one in first["findings"]}
    done = audit(bucket.parent, "./bucket", "--rules", "keys")
    assert {one["status"] for one in done.report["findings"]} == {"open"}
    assert {one["name"]: one["state"] for one in done.report["assets"]}[RAW_2X] == "invalid"
    subject.unlink()
    subject.write_text(content, "utf-8")
    again = audit(bucket.parent, "./bucket")
    assert {one["status"] for one in again.report["findings"] if one["rule"] == "CON103"} == {"resolved"}


def test_without_keys_an_asset_that_is_gone_is_damaged(bucket):
    options = ("./bucket", "--no-keys")
    assert audit(bucket.parent, *options).returncode == 0
    (bucket / DERIVED_2X).rename(bucket.parent / "kept")
    for status in ("new", "open"):
        done = audit(bucket.parent, *options)
        assert [(one["rule"], one["severity"], one["status"]) for one in done.report["findings"]] == [
            ("AUD101", "error", status)
        ]
        assert done.report["states"] == {"damaged": 1, "ok": 1}
        assert done.returncode == (1 if status == "new" else 0)
    (bucket.parent / "kept").rename(bucket / DERIVED_2X)
    assert [one["status"] for one in audit(bucket.parent, *options).report["findings"]] == ["resolved"]


def test_an_asset_of_sidecars_that_is_gone_is_damaged_until_it_is_back(bucket):
    only_sidecars = bucket / "655019_2023-04-03_18-10-10"
    for file in sorted((bucket / RAW_2X).glob("*.json")):
        only_sidecars.mkdir(exist_ok=True)
        (only_sidecars / file.name).write_bytes(file.read_bytes())
    before = audit(bucket.parent, "./bucket", "--fail-on", "never")
    found = [one for one in before.report["findings"] if one["asset"] == only_sidecars.name]
    only_sidecars.rename(bucket.parent / "away")
    gone = audit(bucket.parent, "./bucket", "--confirm")
    states = {one["name"]: one["state"] for one in gone.report["assets"]}
    assert (states[only_sidecars.name], gone.returncode) == ("damaged", 1)
    (finding,) = (one for one in gone.report["findings"] if one["status"] == "new")
    kept = [one for one in gone.report["findings"] if (one["asset"], one["status"]) == (only_sidecars.name, "open")]
    assert [one["message"] for one in kept] == [one["message"] for one in found]
    assert (finding["rule"], finding["severity"], finding["count"]) == ("AUD101", "error", len(gone.report["changes"]))
    assert finding["message"] == f"the whole asset is gone: {finding['count']} objects"
    assert f"run the audit once with --removed {only_sidecars.name}." in finding["fix"]
    assert [one for one in gone.report["findings"] if one["status"] == "resolved"] == []
    # One file is back: the others are lost sidecars again, which do not damage an asset.
    only_sidecars.mkdir()
    (bucket.parent / "away" / "subject.json").rename(only_sidecars / "subject.json")
    partly = audit(bucket.parent, "./bucket", "--confirm")
    categories = {one["category"] for one in partly.report["changes"] if one["asset"] == only_sidecars.name}
    assert categories == {"warning"}
    for file in (bucket.parent / "away").iterdir():
        file.rename(only_sidecars / file.name)
    back = audit(bucket.parent, "./bucket", "--fail-on", "never")
    assert back.report["changes"] == []
    again = [
        one for one in back.report["findings"] if (one["asset"], one["status"]) != (only_sidecars.name, "resolved")
    ]
    assert {one["rule"] for one in again} == {one["rule"] for one in found}


def test_another_baseline_is_another_configuration(bucket):
    subject = bucket / RAW_2X / "subject.json"
    content = subject.read_text("utf-8")
    subject.unlink()
    subject.write_text(content.replace('"123456"', '"654321"'), "utf-8")
    (bucket.parent / "aind-lint.toml").write_text('baseline = "baseline.json"\n')
    baseline = bucket.parent / "baseline.json"
    baseline.write_text('{"format_version": 1, "assets": {}}')
    options = ("./bucket", "--config", "aind-lint.toml")
    first = audit(bucket.parent, *options)
    assert first.report["run"]["judged"] == 2, first.stderr
    baseline.write_text('{"format_version": 1,  "assets": {}}')
    assert audit(bucket.parent, *options).report["run"]["judged"] == 2
    assert audit(bucket.parent, *options).report["run"]["judged"] == 0


def test_an_asset_that_could_not_be_judged_was_not_judged(bucket, monkeypatch):
    def unread(self: FullJudge, tasks: Any) -> Any:
        return (AssetVerdict(task.name, unknown="the worker process died 3 times") for task in tasks)

    monkeypatch.setattr(FullJudge, "judge", unread)
    done = audit(bucket.parent, "./bucket")
    report = done.report
    assert done.returncode == 4
    assert "no asset could be checked" in done.stderr
    assert report["states"] == {"unknown": 2}
    assert {one["judged"] for one in report["assets"]} == {None}
    assert report["run"]["judged"] == 0


@pytest.mark.parametrize("state", ["bucket/state", "bucket", "./bucket/a/b"])
def test_a_state_inside_the_bucket_is_refused(bucket, state):
    done = audit(bucket.parent, "./bucket", "--state", state)
    assert done.returncode == 2
    assert "inside the audited bucket" in done.stderr
    assert not (bucket / "state").exists()


def test_a_state_in_the_bucket_under_another_spelling_is_refused(tmp_path, monkeypatch):
    """As on a file system that ignores case: `resolve` leaves the spelling, and only identity shows the folder."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "BUCKET").symlink_to(tmp_path / "bucket")
    monkeypatch.setattr(Path, "resolve", Path.absolute)
    with pytest.raises(UsageError, match="inside the audited bucket"):
        state_address(str(tmp_path / "bucket"), str(tmp_path / "BUCKET" / "state"))


def test_a_damaged_state_is_no_baseline(bucket):
    audit(bucket.parent, "./bucket", "--state", "state-a")
    path = bucket.parent / "state-a" / "assets.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == 2
    assert "assets.parquet" in done.stderr


@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"truncated", b"one byte"])
def test_without_the_keys_of_the_state_nothing_passes(bucket, content):
    audit(bucket.parent, "./bucket", "--state", "state-a")
    (part,) = (bucket.parent / "state-a" / "keys").iterdir()
    if content is None:
        part.unlink()
    else:
        whole = part.read_bytes()
        faults = {b"truncated": whole[:-50], b"one byte": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]}
        part.write_bytes(faults.get(content, content))
    data_file(bucket).unlink()
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == 2
    assert f"keys/{part.name} in the state state-a is missing or was changed" in done.stderr


@pytest.mark.parametrize("content", ['{"inp', "[]", '{"inputs": "", "verdict": {}}'])
def test_damaged_progress_is_named(bucket, content):
    audit(bucket.parent, "./bucket", "--state", "state-a")
    progress = bucket.parent / "state-a" / "progress"
    progress.mkdir(exist_ok=True)
    (progress / "000001.jsonl").write_text(content)
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == 2
    assert "progress/000001.jsonl" in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("files", None),
        ("parts", None),
        ("bucket", None),
        ("created", "yesterday"),
        ("created", 5),
        ("parts", []),
        ("parts", {"keys/part-000001.parquet": 5}),
        ("next_part", "1"),
        ("failed", "0"),
    ],
)
def test_a_damaged_description_of_the_state_is_named(bucket, key, value):
    audit(bucket.parent, "./bucket", "--state", "state-a")
    path = bucket.parent / "state-a" / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == 2
    assert "meta.json is damaged" in done.stderr


@pytest.mark.parametrize(("table", "column", "code"), [("findings", None, 0), ("history", "keys", 2)])
def test_a_state_of_another_version(bucket, table, column, code):
    """A column that a later version has added is left out; without one that is needed, the state is refused."""
    audit(bucket.parent, "./bucket", "--state", "state-a")
    state = bucket.parent / "state-a"
    path, meta = state / f"{table}.parquet", json.loads((state / "meta.json").read_text())
    rows = pyarrow.parquet.read_table(path)
    later = pyarrow.array(["x"] * len(rows), pyarrow.string())
    pyarrow.parquet.write_table(rows.drop_columns([column]) if column else rows.append_column("later", later), path)
    meta["files"][path.name] = hashlib.md5(path.read_bytes()).hexdigest()
    (state / "meta.json").write_text(json.dumps(meta))
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == code
    assert ("not as this version of aind-lint writes them" in done.stderr) is (code == 2), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="links and names that Windows does not have")
def test_what_is_no_object_hides_no_asset(bucket):
    first, second = sorted(path for path in bucket.iterdir() if path.is_dir() and not path.name.startswith("."))[:2]
    (first / "link.bin").symlink_to(second / "subject.json")
    (first / "back\\slash").mkdir()
    (first / "back\\slash" / "x.bin").write_bytes(b"x")
    done = audit(bucket.parent, "./bucket")
    assert done.report["input"]["warnings"] == ["Left out: links and special files, which are no objects (1)."]
    states = {one["name"]: one["state"] for one in done.report["assets"]}
    assert states == {first.name: "invalid", second.name: "ok"}


def test_a_killed_rename_of_the_state_is_completed(bucket):
    audit(bucket.parent, "./bucket", "--state", "state-a")
    state = bucket.parent / "state-a"
    expected = {path.name: path.read_bytes() for path in state.glob("*.parquet")}
    files = json.loads((state / "meta.json").read_text())["files"]
    (state / "new").mkdir(exist_ok=True)
    for name in ("assets.parquet", "verdicts.parquet"):
        (state / name).rename(state / "new" / f"{files[name]}-{name}")
    (state / "assets.parquet").write_bytes(b"of the audit before")
    done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.report["run"]["judged"] == 0
    assert pyarrow.parquet.read_table(state / "assets.parquet").num_rows == 2
    assert expected["findings.parquet"] == (state / "findings.parquet").read_bytes()
    assert not list((state / "new").iterdir())


def test_an_interrupted_audit_continues(bucket, monkeypatch):
    judge = FullJudge.judge

    def interrupted(self: FullJudge, tasks: Any) -> Any:
        for verdict in judge(self, tasks):
            yield verdict
            raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(FullJudge, "judge", interrupted)
        assert audit(bucket.parent, "./bucket").returncode == 2
    done = audit(bucket.parent, "./bucket")
    assert done.report["run"]["judged"] == 1
    assert done.report["states"] == {"ok": 2}


def test_two_audits_on_one_state(bucket):
    from aind_lint.audit.state.folder_state import FolderState

    with FolderState(bucket.parent / "state-a").lock():
        done = audit(bucket.parent, "./bucket", "--state", "state-a")
    assert done.returncode == 2
    assert "another audit uses" in done.stderr


def test_a_full_disk_is_one_line(bucket, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(bucket.parent / "missing"))
    monkeypatch.setattr("tempfile.tempdir", "/dev/full")
    done = audit(bucket.parent, "./bucket")
    assert done.returncode == 2
    assert done.stderr.count("error: ") == 1
    assert "internal error" not in done.stderr


def test_a_bucket_in_s3_with_its_state_in_s3(seaweedfs: SeaweedFS, s3: Connection, bucket: Path):
    client, name, other = seaweedfs.client, seaweedfs.make_bucket(), seaweedfs.make_bucket()
    for path in sorted(bucket.rglob("*")):
        if path.is_file() and ".aind-lint-scratch" not in path.parts:
            client.put_object(Bucket=name, Key=path.relative_to(bucket).as_posix(), Body=path.read_bytes())
    where = (f"s3://{name}", "--state", f"s3://{other}/audit", "--endpoint-url", seaweedfs.endpoint_url)
    done = audit(bucket.parent, *where)
    assert done.returncode == 0, done.stderr
    assert done.report["findings"] == []
    small = len([path for path in bucket.rglob("*.json") if path.parent.parent == bucket])
    assert done.report["run"]["requests"] <= small + 2 * 3
    lost = data_file(bucket).relative_to(bucket).as_posix()
    client.delete_object(Bucket=name, Key=lost)
    done = audit(bucket.parent, *where)
    assert [(one["kind"], one["category"]) for one in done.report["changes"]] == [("lost", "damaged")]
    assert done.returncode == 1
    assert b"audit/lock" not in str(client.list_objects_v2(Bucket=other)).encode()
    refused = audit(
        bucket.parent, f"s3://{name}", "--state", f"s3://{name}/audit", "--endpoint-url", seaweedfs.endpoint_url
    )
    assert "inside the audited bucket" in refused.stderr


@pytest.mark.parametrize(
    ("fault", "reason", "end"),
    [
        ("expired token", "the credentials have expired", "2 assets not checked"),
        ("access denied", "access denied", "2 assets could not be checked"),
    ],
)
def test_what_can_no_longer_be_read_is_unknown(
    seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path, monkeypatch, fault, reason, end
):
    monkeypatch.setattr("aind_lint.app.auditing.judges.unit_messages._UNIT_ASSETS", 1)
    name, tree = seaweedfs.make_bucket(), base_tree("raw-2x")
    assets = [tree.name.replace("123456", str(number)) for number in (200_000, 200_001, 200_002)]
    for asset in assets:
        for key in ("data_description.json", "subject.json", "processing.json"):
            content = tree.files[key].replace(b"123456", asset[:6].encode())
            seaweedfs.client.put_object(Bucket=name, Key=f"{asset}/{key}", Body=content)
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        where = (f"s3://{name}", "--endpoint-url", faults.endpoint_url)
        faults.inject_if(fault, lambda request: request.key > assets[1])
        done = audit(tmp_path, *where)
        assert done.returncode == 4
        assert reason in done.stderr
        assert end in done.stderr
        unknown = {one["asset"]: one["reason"] for one in done.report["not_checked"] if one["what"] == "every rule"}
        assert set(unknown) == set(assets[1:])
        assert all(reason in one for one in unknown.values())
        assert {one["name"] for one in done.report["assets"] if one["judged"]} == {assets[0]}
        faults.reset()
        again = audit(tmp_path, *where)
    assert (again.returncode, again.report["run"]["judged"], again.report["run"]["unchanged"]) == (1, 2, 1)
    assert {one["asset"] for one in again.report["findings"] if one["status"] == "open"} == {assets[0]}


def test_what_may_not_be_removed_from_a_state_is_named_and_removed_later(
    seaweedfs: SeaweedFS, s3: Connection, bucket: Path, monkeypatch
):
    monkeypatch.setattr("aind_lint.audit.state.s3_state._TAKE_OVER", timedelta(0))  # the lock cannot be removed, too
    name = seaweedfs.make_bucket()

    def stored(folder: str) -> list[str]:
        found = seaweedfs.client.list_objects_v2(Bucket=name, Prefix=f"audit/{folder}/").get("Contents", [])
        return [one["Key"] for one in found]

    with running_fault_server(seaweedfs.endpoint_url) as faults:
        where = ("./bucket", "--state", f"s3://{name}/audit", "--endpoint-url", faults.endpoint_url)
        assert audit(bucket.parent, *where).returncode == 0
        data_file(bucket).unlink()
        (old,) = stored("keys")
        faults.inject_if("access denied", lambda request: request.method == "DELETE")
        done = audit(bucket.parent, *where, "--no-keys")
        assert done.returncode == 1, done.stderr
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("warning: the results are saved"))
        assert old.removeprefix("audit/") in line and "s3:DeleteObject" in line
        assert old in stored("keys") and stored("new")
        faults.reset()
        done = audit(bucket.parent, *where, "--no-keys")
        assert (done.returncode, "warning" in done.stderr) == (0, False)
        assert {one["status"] for one in done.report["findings"]} == {"open"}
        assert old not in stored("keys") and not stored("new")


def test_equal_files_of_a_state_are_not_written_again(seaweedfs: SeaweedFS, s3: Connection, bucket: Path):
    name = seaweedfs.make_bucket()
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        where = ("./bucket", "--state", f"s3://{name}/audit", "--endpoint-url", faults.endpoint_url)
        assert audit(bucket.parent, *where).returncode == 0
        faults.reset()
        assert audit(bucket.parent, *where).returncode == 0
        written = {request.key.rpartition("-")[2] for request in faults.requests if request.method == "PUT"}
    always = {"audit/lock", "audit/meta.json"}
    assert always <= written <= {*always, "history.parquet", "audit/history.parquet"}  # a second has passed


def test_an_audit_that_lost_its_lock_writes_nothing(seaweedfs: SeaweedFS, s3: Connection, monkeypatch):
    monkeypatch.setattr("aind_lint.audit.state.s3_state._HEARTBEAT", timedelta(seconds=0.1))
    bucket = seaweedfs.make_bucket()
    state = S3State(f"s3://{bucket}/audit", s3)
    with state.lock():
        state.write("meta.json", b"mine")
        first = seaweedfs.client.head_object(Bucket=bucket, Key="audit/lock")["ETag"]
        wait_until(lambda: seaweedfs.client.head_object(Bucket=bucket, Key="audit/lock")["ETag"] != first)
        seaweedfs.client.put_object(Bucket=bucket, Key="audit/lock", Body=b"of another audit")

        def is_refused() -> bool:
            try:
                state.write("meta.json", b"mine")
            except StateInUseError:
                return True
            return False

        wait_until(is_refused)
        seaweedfs.client.put_object(Bucket=bucket, Key="audit/meta.json", Body=b"of another audit")
        with pytest.raises(StateInUseError, match="another audit has taken over"):
            state.write("meta.json", b"mine")
    content = {key: seaweedfs.client.get_object(Bucket=bucket, Key=f"audit/{key}") for key in ("lock", "meta.json")}
    assert {one["Body"].read() for one in content.values()} == {b"of another audit"}


def test_the_own_lock_is_known_after_a_lost_response(seaweedfs: SeaweedFS, s3: Connection, monkeypatch):
    put = S3State._put

    def lose_response(self: S3State, name: str, content: bytes, **condition: Any) -> str | None:
        put(self, name, content, **condition)
        return put(self, name, content, **condition)

    monkeypatch.setattr(S3State, "_put", lose_response)
    state = S3State(f"s3://{seaweedfs.make_bucket()}/audit", s3)
    with state.lock():
        assert state.read("lock") is not None
    assert state.read("lock") is None


@pytest.mark.parametrize("age", [timedelta(minutes=1), timedelta(minutes=16)])
def test_only_an_old_lock_is_taken_over(seaweedfs: SeaweedFS, s3: Connection, monkeypatch, age):
    bucket = seaweedfs.make_bucket()
    seaweedfs.client.put_object(Bucket=bucket, Key="audit/lock", Body=b"of a killed audit")
    monkeypatch.setattr("aind_lint.audit.state.s3_state._TAKE_OVER", timedelta(minutes=15) - age)
    state = S3State(f"s3://{bucket}/audit", s3)
    if age < timedelta(minutes=15):
        with pytest.raises(StateInUseError, match="another audit uses"), state.lock():
            pass
        assert seaweedfs.client.get_object(Bucket=bucket, Key="audit/lock")["Body"].read() == b"of a killed audit"
        return
    with state.lock():
        state.write("meta.json", b"mine")
    assert state.read("lock") is None


def test_keys_in_a_state_in_s3(seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path):
    state = f"s3://{seaweedfs.make_bucket()}/audit"
    name, rows = seaweedfs.make_bucket(), clean_bucket(6)
    where = (f"s3://{name}", "--rules", "keys", "--endpoint-url", seaweedfs.endpoint_url, "--state", state)
    Inventory(tmp_path / "inventory", rows, NOW - DAY, bucket=name).write()
    done = audit(tmp_path, *where, "--inventory", "inventory", "--now", "2026-11-29T06:00:00Z")
    assert done.report is not None, done.stderr
    assert done.report["findings"] == []
    Inventory(tmp_path / "inventory", rows[1:], bucket=name).write()
    done = audit(tmp_path, *where, "--inventory", "inventory", "--now", "2026-11-30T06:00:00Z")
    assert [(one["key"], one["kind"]) for one in done.report["changes"]] == [("subject.json", "lost")]


@pytest.mark.parametrize("days_without_keys", [(), (1, 4)])
def test_an_object_that_an_inventory_missed_is_watched_until_it_is_back(
    seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path, days_without_keys
):
    client, name, rows = seaweedfs.client, seaweedfs.make_bucket(), clean_bucket(3)
    where = (f"s3://{name}", "--rules", "keys", "--endpoint-url", seaweedfs.endpoint_url, "--inventory", "inventory")
    missed = [row for row in rows if "chunk-1" in row.key]  # one in each asset
    whole = [row for row in rows if row.key.startswith(f"{rows[0].key.partition('/')[0]}/")]
    for row in {*missed, *whole}:
        client.put_object(Bucket=name, Key=row.key, Body=bytes(row.size))

    def listed(day: int, listing: list[Row]) -> Any:
        Inventory(tmp_path / "inventory", listing, NOW + day * DAY, bucket=name).write()
        keys = ["--no-keys"] if day in days_without_keys else []
        done = audit(tmp_path, *where, "--now", f"2026-12-{1 + day:02}T06:00:00Z", "--max-age", "9d", *keys)
        assert done.report is not None, done.stderr
        return done.report

    assert listed(0, rows)["findings"] == []
    fewer = [row for row in rows if row not in missed and row not in whole]
    for day in (1, 2):  # HEAD requests find what the inventory does not have, also a whole asset
        report = listed(day, fewer)
        assert (report["findings"], report["changes"]) == ([], []), day
        assert report["input"]["is_trusted"]
    client.delete_object(Bucket=name, Key=missed[1].key)
    client.delete_object(Bucket=name, Key=whole[0].key)
    for day, status in ((3, "new"), (4, "open")):
        report = listed(day, fewer)
        lost = {(f"{one['asset']}/{one['key']}", one["kind"], one["category"]) for one in report["changes"]}
        assert lost == {(missed[1].key, "lost", "damaged"), (whole[0].key, "lost", "warning")}, day
        assert {(one["rule"], one["status"]) for one in report["findings"]} == {("AUD101", status)}
    report = listed(5, rows)
    assert report["changes"] == []
    assert {one["status"] for one in report["findings"]} == {"resolved"}
    unchecked = {one["what"]: one["assets"] for one in report["not_checked"]}
    assert unchecked.get("changes since the last audit") == (3 if days_without_keys else None)


@pytest.mark.parametrize("step", range(3))
def test_a_lock_that_is_lost_while_the_state_is_written(seaweedfs: SeaweedFS, s3: Connection, monkeypatch, step):
    """Another audit takes over after any request that changes the state: nothing of it is overwritten."""
    bucket = seaweedfs.make_bucket()
    state = S3State(f"s3://{bucket}/audit", s3)
    done = 0

    def write_all() -> None:
        nonlocal done
        acts = [(state.write, ("new/1", b"mine")), (state.move, ("new/1", "1")), (state.remove, ("1",))]
        for act, arguments in acts * 2:
            if done == step:
                monkeypatch.setattr("aind_lint.audit.state.s3_state._TAKE_OVER", timedelta(0))  # long not renewed
                seaweedfs.client.put_object(Bucket=bucket, Key="audit/lock", Body=b"of another audit")
            act(*arguments)
            done += 1

    with pytest.raises(StateInUseError, match="another audit has taken over"), state.lock():
        write_all()
    assert done == step
    assert seaweedfs.client.get_object(Bucket=bucket, Key="audit/lock")["Body"].read() == b"of another audit"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_of_the_bucket_is_explained_and_documented(tmp_path, rule):
    done = run_here(tmp_path, "explain", rule.id)
    assert done.returncode == 0
    assert rule.name in done.stdout
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text("utf-8")
    assert f"| {rule.id} {rule.name} | {rule.severity} |" in page


def test_an_inventory_in_s3(seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path):
    client, name = seaweedfs.client, seaweedfs.make_bucket()
    tree = base_tree("raw-2x")
    rows = []
    for key, content in sorted(tree.files.items()):
        assert isinstance(content, bytes)
        client.put_object(Bucket=name, Key=f"{tree.name}/{key}", Body=content)
        head = client.head_object(Bucket=name, Key=f"{tree.name}/{key}")
        rows.append((f"{tree.name}/{key}", head))
    inventory = Inventory(tmp_path / "inventory", [Row(key, head["ContentLength"]) for key, head in rows], bucket=name)
    etags = {key: head["ETag"].strip('"') for key, head in rows}
    inventory.etag_of = lambda row: etags[row.key]
    inventory.write()
    destination = seaweedfs.make_bucket()
    for path in (tmp_path / "inventory").rglob("*"):
        if path.is_file():
            key = path.relative_to(tmp_path / "inventory").as_posix()
            client.put_object(
                Bucket=destination, Key=key if key.startswith("data/") else f"config/{key}", Body=path.read_bytes()
            )
    where = (f"s3://{name}", "--inventory", f"s3://{destination}/config", "--endpoint-url", seaweedfs.endpoint_url)
    done = audit(tmp_path, *where, "--now", "2026-11-30T06:00:00Z")
    assert done.report is not None, done.stderr
    assert done.report["states"] == {"ok": 1}, done.report["findings"]
    client.put_object(Bucket=name, Key=f"{tree.name}/subject.json", Body=b"{}")
    client.delete_object(Bucket=name, Key=f"{tree.name}/procedures.json")
    again = audit(tmp_path, *where, "--now", "2026-11-30T06:00:00Z", "--state", "another")
    assert again.report["states"] == {"unknown": 1}  # both changed after the inventory
    assert "in flight" in str(again.report["not_checked"])
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        faults.inject_if("truncated reply", lambda request: request.key.startswith("data/"), most=2)
        here = (*where[:-1], faults.endpoint_url, "--now", "2026-11-30T06:00:00Z", "--rules", "keys")
        assert audit(tmp_path, *here, "--state", "keys").returncode == 0
    file = client.list_objects_v2(Bucket=destination, Prefix="data/")["Contents"][1]["Key"]
    client.delete_object(Bucket=destination, Key=file)
    incomplete = audit(tmp_path, *where, "--now", "2026-11-30T06:00:00Z", "--state", "another")
    assert incomplete.returncode == 4
    assert f"s3://{destination}/{file} of the inventory cannot be read" in incomplete.stderr
