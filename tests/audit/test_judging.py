"""Judging the assets of a bucket: the same verdicts from every engine, whatever happens to a worker or an object."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from aind_lint.app.auditing.judges.full_judge import FullJudge
from aind_lint.app.auditing.judges.judge_environment import environment_json
from aind_lint.app.auditing.judges.sample import is_in_sample
from aind_lint.app.auditing.judges.unit_messages import JudgeParameters, tasks_to_json
from aind_lint.app.auditing.judges.worker import judge_unit
from aind_lint.app.auditing.request_costs import GET_PRICE, RequestCosts
from aind_lint.asset.indexer_keys import is_indexer_key
from aind_lint.audit.asset_task import AssetTask, AssetVerdict, SmallObject
from aind_lint.audit.run_facts import RunFacts
from aind_lint.bucket.address import Connection
from aind_lint.bucket.open_store import open_store
from aind_lint.config.settings import Settings, Suppression
from aind_lint.errors import UsageError
from aind_lint.examples.bases import base_tree
from aind_lint.schema.models.installed_models import validate_with_model
from tests.cli.run_command import RAW_2X, run, run_here
from tests.servers import SeaweedFS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("duckdb") is None, reason="the extra audit is not installed"),
]

JUDGING = "aind_lint.app.auditing.judges.unit_messages"
NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)
SOURCE = "ecephys_123456_2022-12-12_05-06-07"
DERIVED = f"{SOURCE}_sorted-ks25_2022-12-12_06-07-08"
WRONG = base_tree("raw-2x")
WRONG.files["subject.json"] = b"{}"
# Its subject differs from that of its source.
COPY = base_tree("derived-1x")
COPY.files["subject.json"] = bytes(COPY.files["subject.json"]).replace(b"2022-", b"2021-")
TREES = [base_tree("raw-1x"), COPY, WRONG]


def fill(folder: Path) -> Path:
    """A folder with a raw asset, one derived from it, and one with a finding."""
    for tree in TREES:
        tree.write(folder)
    return folder


def copy_to(server: SeaweedFS, folder: Path) -> str:
    bucket = server.make_bucket()
    for path in folder.rglob("*"):
        if path.is_file():
            server.client.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())
    return f"s3://{bucket}"


@pytest.fixture
def bucket(seaweedfs: SeaweedFS, s3: Connection, tmp_path: Path) -> str:
    return copy_to(seaweedfs, fill(tmp_path / "assets"))


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A bucket in S3, and a folder that is used as a bucket."""
    return request.getfixturevalue("bucket") if request.param == "s3" else str(fill(tmp_path / "folder"))


def parameters_of(address: str, connection: Connection = Connection(), **changed: Any) -> JudgeParameters:
    return JudgeParameters(address, **{"settings": Settings(), "connection": connection, "now": NOW, **changed})


def tasks_of(address: str, connection: Connection = Connection()) -> list[AssetTask]:
    """The tasks that a listing of the bucket gives."""
    keys: dict[str, list[str]] = {}
    sizes: dict[str, list[int]] = {}
    small: dict[str, list[SmallObject]] = {}
    for stored in sorted(open_store(address, connection).scan(""), key=lambda one: one.key):
        name, _, key = stored.key.partition("/")
        keys.setdefault(name, []).append(key)
        sizes.setdefault(name, []).append(stored.size)
        if ("/" not in key and key.endswith(".json")) or is_indexer_key(key):
            etag = stored.etag if address.startswith("s3:") else None
            small.setdefault(name, []).append(SmallObject(key, stored.size, etag))
    related = {DERIVED: {SOURCE: small.get(SOURCE, [])}}
    return [AssetTask(name, keys[name], sizes[name], [], small.get(name, []), related.get(name, {})) for name in keys]


def judge(parameters: JudgeParameters, tasks: list[AssetTask], **options: Any) -> dict[str, AssetVerdict]:
    return {verdict.name: verdict for verdict in FullJudge(parameters, **options).judge(tasks)}


def test_the_rules_are_those_of_check(address, s3, tmp_path):
    connection = s3 if address.startswith("s3:") else Connection()
    verdicts = judge(parameters_of(address, connection), tasks_of(address, connection))
    options = ["--endpoint-url", s3.endpoint_url] if address.startswith("s3:") else []
    checked = json.loads(
        run_here(tmp_path, "check", address, "--format", "json", "--profile", "published", *options).stdout
    )
    assert {asset["name"]: [finding["rule"] for finding in asset["findings"]] for asset in checked["assets"]} == {
        name: [finding.rule for finding in verdict.findings] for name, verdict in verdicts.items()
    }
    assert verdicts[RAW_2X].findings
    assert {(one.unknown, one.expires) for one in verdicts.values()} == {(None, None)}
    assert verdicts[DERIVED].reads == [SOURCE]


def test_no_object_is_read_twice_and_copies_of_a_source_once(bucket, s3):
    tasks = tasks_of(bucket, s3)
    verdicts = judge(parameters_of(bucket, s3), tasks)
    sidecars = {(one.size, one.etag) for task in tasks for one in task.sidecars}
    assert sum(verdict.requests for verdict in verdicts.values()) == len(sidecars)
    for task in tasks:
        assert verdicts[task.name].requests <= len(task.sidecars) + 1


def test_an_asset_that_changes_meanwhile_is_unknown_and_hides_no_other(bucket, s3, seaweedfs):
    tasks = tasks_of(bucket, s3)
    key = f"{SOURCE}/session.json"
    seaweedfs.client.put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=b"{}")
    verdicts = judge(parameters_of(bucket, s3), tasks)
    assert verdicts[SOURCE].unknown == "session.json could not be read: in flight: it changed after it was listed"
    assert verdicts[RAW_2X].unknown is None
    derived = verdicts[DERIVED]
    assert derived.unknown is None
    # What could not be compared with the source is not checked, and is tried again in the next audit.
    session = next(one for one in tasks if one.name == DERIVED).sidecars
    if not any(one.key == "session.json" for one in session):
        return
    assert derived.expires in (None, "2026-11-30T00:00:00Z")


def test_assets_that_may_not_be_read_are_unknown(bucket, s3, monkeypatch):
    tasks = tasks_of(bucket, s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWITHOUTREAD00000")
    verdicts = judge(parameters_of(bucket, s3), tasks)
    assert all("could not be read: access denied" in (one.unknown or "") for one in verdicts.values())


def test_every_engine_gives_the_same_verdicts(bucket, s3, monkeypatch):
    monkeypatch.setattr(f"{JUDGING}._UNIT_ASSETS", 1)
    tasks, parameters = tasks_of(bucket, s3), parameters_of(bucket, s3)
    alone = judge(parameters, tasks)
    assert judge(parameters, tasks, jobs=2) == alone
    pytest.importorskip("distributed")
    with scheduler() as address:
        assert judge(parameters, tasks, engine=f"dask={address}") == alone


@contextmanager
def scheduler() -> Iterator[str]:
    """A scheduler with a worker in threads of this process."""
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_the_audit_of_a_local_cluster_and_of_processes(bucket, s3, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{JUDGING}._UNIT_ASSETS", 1)
    pytest.importorskip("distributed")
    results = []
    for number, engine in enumerate((["--jobs", "1"], ["--jobs", "2"], ["--engine", "dask", "--jobs", "2"])):
        options = ["--endpoint-url", s3.endpoint_url, "--now", "2026-11-30T00:00:00Z", "--state", f"state{number}"]
        done = run_here(tmp_path, "audit", bucket, "--format", "json", *options, *engine)
        assert done.returncode == 1, done.stderr
        results.append({**json.loads(done.stdout), "run": None})
    assert results[0] == results[1] == results[2]


def test_a_second_audit_judges_what_changed(bucket, s3, seaweedfs, tmp_path):
    command = ["audit", bucket, "--format", "json", "--endpoint-url", s3.endpoint_url, "--jobs", "1"]
    assert json.loads(run_here(tmp_path, *command).stdout)["run"]["judged"] == 3
    again = json.loads(run_here(tmp_path, *command).stdout)["run"]
    assert (again["judged"], again["unchanged"], again["requests"]) == (0, 3, 2)  # LIST of keys and of uploads
    key = f"{RAW_2X}/subject.json"
    seaweedfs.client.put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=b"[]")
    third = json.loads(run_here(tmp_path, *command).stdout)["run"]
    assert (third["judged"], third["unchanged"]) == (1, 2)
    assert third["requests"] <= 2 + 8 + 1


def test_sidecars_that_the_models_accepted_are_not_validated_again(tmp_path, monkeypatch):
    """Only what has changed is, and what was not accepted."""
    (asset,) = base_tree("raw-2x").write(tmp_path / "bucket").parent.iterdir()
    instrument = json.loads((asset / "instrument.json").read_text("utf-8"))
    instrument["connections"] = [{"object_type": "Connection", "source_device": "none", "target_device": "none"}]
    (asset / "instrument.json").write_text(json.dumps(instrument))
    command = ["audit", "./bucket", "--format", "json", "--jobs", "1"]
    first = json.loads(run_here(tmp_path, *command).stdout)
    subject = json.loads((asset / "subject.json").read_text("utf-8")) | {"notes": "weighed again"}
    (asset / "subject.json").write_text(json.dumps(subject))
    validated = []

    def note(generation, cls, data, zone):
        validated.append(cls)
        return validate_with_model(generation, cls, data, zone)

    monkeypatch.setattr("aind_lint.schema.models.installed_models.validate_with_model", note)
    second = json.loads(run_here(tmp_path, *command).stdout)
    assert sorted(validated) == ["Instrument", "Subject"]
    assert second["run"]["judged"] == 1
    assert {one["rule"] for one in second["findings"] if one["file"] == "instrument.json"} == {"SCH203"}
    messages = [[one["message"] for one in report["findings"]] for report in (first, second)]
    assert messages[0] == messages[1]


@contextmanager
def killer(kills: int) -> Iterator[None]:
    """Kills the first workers that are started."""
    stopping, killed = threading.Event(), set()

    def kill() -> None:
        while not stopping.is_set():
            for process in multiprocessing.active_children():
                if process.pid not in killed and len(killed) < kills:
                    killed.add(process.pid)
                    process.kill()
            time.sleep(0.01)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    yield
    stopping.set()
    thread.join()


@pytest.mark.parametrize(("kills", "unknown"), [(1, False), (1000, True)])
def test_a_unit_whose_worker_dies_is_tried_three_times(kills, unknown, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{JUDGING}._UNIT_ASSETS", 2)
    address = str(fill(tmp_path))
    tasks, parameters = tasks_of(address), parameters_of(address)
    with killer(kills):
        verdicts = judge(parameters, tasks, jobs=2, needs_workers=True)
    reasons = {verdict.unknown for verdict in verdicts.values()}
    assert reasons == ({"tried 3 times: the worker process died"} if unknown else {None})
    assert set(verdicts) == {task.name for task in tasks}


#: Read by every Python process that is started: an asset that no process survives.
POISON = """
import os, signal
from aind_lint.app.auditing.judges.asset_judge import AssetJudge
judge = AssetJudge._verdict
def _verdict(self, task, objects):
    if "poison" in task.name:
        with open(os.environ["DEATHS"], "a") as file:
            file.write("x")
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return judge(self, task, objects)
AssetJudge._verdict = _verdict
"""


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_an_asset_that_kills_its_workers_makes_no_other_unknown(engine, tmp_path, monkeypatch):
    if engine == "dask":
        pytest.importorskip("distributed")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "sitecustomize.py").write_text(POISON)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "code"))
    monkeypatch.setenv("DEATHS", str(tmp_path / "deaths"))
    monkeypatch.setattr(f"{JUDGING}._UNIT_ASSETS", 9)
    names = [f"poison-{number}" if number == 4 else f"asset-{number}" for number in range(12)]
    tasks = [AssetTask(name, ["x.bin"], [2]) for name in names]
    verdicts = judge(parameters_of(str(tmp_path)), tasks, engine=engine, jobs=2, needs_workers=True)
    assert set(verdicts) == set(names)
    unknown = {name: verdict.unknown for name, verdict in verdicts.items() if verdict.unknown}
    assert unknown == {"poison-4": "tried 3 times: the worker process died"}
    assert (tmp_path / "deaths").read_text() == "xxx"


def test_an_audit_that_was_killed_by_an_asset_succeeds_the_next_time(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "sitecustomize.py").write_text(POISON)
    tree = base_tree("raw-2x")
    poison = f"poison_{tree.name}"
    for name in (poison, tree.name):
        tree.write(tmp_path / "bucket")
        (tmp_path / "bucket" / tree.name).rename(tmp_path / "bucket" / name)
    extra = {"PYTHONPATH": f"{tmp_path / 'code'}{os.pathsep}{Path(__file__).parents[2]}"}
    extra["DEATHS"] = str(tmp_path / "deaths")
    command = ("audit", "./bucket", "--state", "state-a", "--jobs", "1", "--format", "json")
    killed = run(tmp_path, *command, **extra)
    assert killed.returncode not in (0, 1, 2)
    for _ in range(2):
        done = run_here(tmp_path, *command, **extra)
        report = json.loads(done.stdout)
        unknown = {one["name"]: one["reason"] for one in report["assets"] if one["judged"] is None}
        assert unknown == {poison: "tried 3 times: the worker process died"}
    assert (tmp_path / "deaths").read_text() == "x" * 7


def test_few_assets_are_judged_without_workers(tmp_path, monkeypatch):
    def start(*arguments: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("aind_lint.app.auditing.judges.full_judge.run_in_processes", start)
    monkeypatch.setattr("aind_lint.app.auditing.judges.dask_cluster.run_on_cluster", start)
    address = str(fill(tmp_path))
    alone = judge(parameters_of(address), tasks_of(address))
    assert judge(parameters_of(address), tasks_of(address), jobs=2) == alone
    assert judge(parameters_of(address), tasks_of(address), engine="dask", jobs=2) == alone


def test_closing_ends_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{JUDGING}._UNIT_ASSETS", 1)
    address = str(fill(tmp_path))
    verdicts = FullJudge(parameters_of(address), jobs=2).judge(tasks_of(address))
    next(verdicts)
    verdicts.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert not multiprocessing.active_children()


def test_units_contain_no_credentials(bucket, s3, seaweedfs):
    text = parameters_of(bucket, s3).to_json() + tasks_to_json(tasks_of(bucket, s3))
    assert seaweedfs.secret_key not in text
    assert seaweedfs.access_key not in text
    assert JudgeParameters.from_json(parameters_of(bucket, s3).to_json()) == parameters_of(bucket, s3)


def test_a_worker_with_other_versions_refuses(tmp_path):
    address = str(fill(tmp_path))
    text, unit = parameters_of(address).to_json(), tasks_to_json(tasks_of(address))
    own = json.loads(environment_json(text))
    assert "verdicts" in json.loads(judge_unit(text, unit, json.dumps(own)))
    other = json.dumps({**own, "duckdb": "0.1"})
    assert json.loads(judge_unit(text, unit, other))["error"].startswith(
        f"a worker has other versions (duckdb {own['duckdb']}, here 0.1)"
    )


@pytest.mark.parametrize(
    ("scheduler_address", "accepted"),
    [
        ("tcp://10.0.0.5:8786", False),
        ("scheduler.example.org:8786", False),
        ("tls://10.0.0.5:8786", True),
        ("127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("localhost:8786", True),
    ],
)
def test_a_scheduler_elsewhere_needs_tls(scheduler_address, accepted, tmp_path):
    pytest.importorskip("distributed")
    parameters = parameters_of(str(tmp_path))
    if accepted:
        FullJudge(parameters, f"dask={scheduler_address}")
        return
    with pytest.raises(UsageError, match="does not use TLS") as refused:
        FullJudge(parameters, f"dask={scheduler_address}")
    assert "--insecure-scheduler" in str(refused.value)
    FullJudge(parameters, f"dask={scheduler_address}", insecure_scheduler=True)


def test_a_scheduler_that_is_not_there(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("aind_lint.app.auditing.judges.dask_cluster._CONNECT_SECONDS", 1)
    address = str(fill(tmp_path))
    with pytest.raises(UsageError, match="cannot use the Dask scheduler tcp"):
        judge(parameters_of(address), tasks_of(address), engine="dask=tcp://127.0.0.1:9")


def test_a_verdict_expires_when_its_suppression_ends(tmp_path):
    address = str(fill(tmp_path))
    (rule,) = {finding.rule for finding in judge(parameters_of(address), tasks_of(address))[DERIVED].findings}
    end = date(2026, 12, 24)
    suppression = Suppression(assets="*", rule=rule, reason="known", until=end)
    settings = replace(Settings(), suppressions=(suppression,))
    suppressed = judge(parameters_of(address, settings=settings), tasks_of(address))[DERIVED]
    assert rule not in {finding.rule for finding in suppressed.findings}
    assert suppressed.expires == "2026-12-25T00:00:00Z"
    later = parameters_of(address, settings=settings, now=NOW + timedelta(days=40))
    assert rule in {finding.rule for finding in judge(later, tasks_of(address))[DERIVED].findings}


def test_a_verdict_about_the_future_is_made_again(tmp_path):
    fill(tmp_path)
    early = parameters_of(str(tmp_path), now=datetime(2022, 1, 1, tzinfo=timezone.utc))
    verdict = judge(early, tasks_of(str(tmp_path)))[SOURCE]
    assert any("in the future" in finding.message for finding in verdict.findings)
    assert verdict.expires == "2022-01-01T00:00:00Z"


def test_many_small_prices_are_not_rounded_away():
    facts = RunFacts()
    costs = RequestCosts(facts, uses_s3=True)
    for _ in range(10_000):
        costs.add(5, 1000, GET_PRICE)
    assert (facts.requests, facts.downloaded_bytes, facts.dollars) == (50_000, 10_000_000, 0.02)


def test_every_asset_is_sampled_in_turn():
    names = [f"asset {number}" for number in range(200)]
    days = [NOW + timedelta(days=day) for day in range(30)]
    for name in names:
        assert sum(is_in_sample(name, 1 / 30, day) for day in days) == 1
    assert not any(is_in_sample(name, 0.0, NOW) for name in names)
    assert all(is_in_sample(name, 1.0, NOW) for name in names)


def test_data_is_read_of_the_sample_only(tmp_path):
    base_tree("formats-2x").write(tmp_path)
    (name,) = (path.name for path in tmp_path.iterdir())
    (path,) = list((tmp_path / name).rglob("*.zarray"))[:1] or list((tmp_path / name).rglob("zarr.json"))[:1]
    path.write_bytes(b"{")
    address = str(tmp_path)
    unread = judge(parameters_of(address), tasks_of(address))[name]
    sampled = judge(parameters_of(address, sample=1.0), tasks_of(address))[name]
    assert len(sampled.findings) > len(unread.findings)
    assert unread.not_checked == []
