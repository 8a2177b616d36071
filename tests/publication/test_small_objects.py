"""Small objects are sent by one event loop; whatever happens meanwhile, the protocol is followed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aind_lint.app.rule_examples.example_upload import manifest_bytes
from aind_lint.bucket.control_objects import End, encode, end_key
from aind_lint.examples.bases import base_tree
from tests.commands import Command, Conditions
from tests.faulty_server import FaultServer, Request, running_fault_server
from tests.links import make_link
from tests.publication.disturbed import (
    CONTROL,
    S3Bench,
    assert_careful,
    assert_committed,
    assert_undamaged,
    is_visible,
    s3_bench,
    take_credentials_from_a_program,
)
from tests.publication.many_files import ADDED, at_request, is_many, only_linux, wait_until, write_asset_of_many
from tests.servers import SeaweedFS

FILE = "behavior/many/040.bin"

#: A busy machine does not make an answer late.
PATIENT = Conditions(request_timeout=60)


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_many(tmp_path / "rig")


@pytest.fixture(scope="module")
def server(seaweedfs: SeaweedFS) -> Iterator[FaultServer]:
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        yield faults


@pytest.fixture
def faults(server: FaultServer) -> FaultServer:
    server.reset()
    return server


@pytest.fixture
def bench(seaweedfs: SeaweedFS, faults: FaultServer, tmp_path: Path) -> S3Bench:
    bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
    bench.conditions = PATIENT
    return bench


def is_claim(request: Request) -> bool:
    return request.method == "PUT" and "/claim-" in request.key


def sent_by_the_loop(faults: FaultServer) -> set[str]:
    """The keys of objects that libcurl has sent; boto3 makes the other requests."""
    return {request.key for request in faults.requests if request.headers["user-agent"].startswith("aind-lint/")}


def data_of(bench: S3Bench, asset: Path) -> set[str]:
    """The keys of the asset that are in the bucket, without control objects and parts of the address."""
    inside = (key.partition(f"{asset.name}/")[2] for key in bench.objects())
    return {key for key in inside if not key.startswith(CONTROL)}


def test_every_small_object_but_the_last_is_sent_by_the_loop(bench, faults, asset):
    done = bench.publish(asset)
    assert done.code == 0, done.output
    large = {"behavior/video.bin", "data_description.json"}
    assert sent_by_the_loop(faults) == {f"{asset.name}/{key}" for key in data_of(bench, asset) - large}
    assert_committed(bench.objects(), asset)
    assert_careful(faults.requests)


@pytest.mark.parametrize("options", [("--jobs", "1"), ("--max-rate", "1GB")], ids=" ".join)
def test_one_at_a_time_or_at_a_rate(options, bench, faults, asset):
    bench.options += options
    done = bench.publish(asset)
    assert done.code == 0, done.output
    assert len(sent_by_the_loop(faults)) > ADDED
    assert_committed(bench.objects(), asset)


def test_an_upload_manifest(bench, faults, tmp_path):
    folder = base_tree("raw-2x").write(tmp_path / "rig")
    (folder / "manifest.yml").write_bytes(manifest_bytes(base_tree("raw-2x"), {}))
    done = bench.publish(folder / "manifest.yml")
    assert done.code == 0 and sent_by_the_loop(faults), done.output


def test_a_prefix(bench, faults, asset):
    config = asset.parent / "aind-lint.toml"
    config.write_text(f'not-flat-buckets = ["{bench.address}"]\n', encoding="utf-8")
    bench.address += "/lab/2026"
    done = bench.publish(asset)
    assert done.code == 0 and len(sent_by_the_loop(faults)) > ADDED, done.output
    objects = bench.objects()
    assert all(key.startswith("lab/2026/") for key in objects)
    assert_committed({key.removeprefix("lab/2026/"): content for key, content in objects.items()}, asset)


def test_keys_of_all_kinds(bench, asset):
    odd = ["a b#c.csv", "naïve 中文 🧠.csv", "plus+and&equals=1.csv", "100%25.csv", "it's (1).csv", "tilde~.csv"]
    for name in odd:
        (asset / "behavior" / name).write_text(name, encoding="utf-8")
    done = bench.publish(asset)
    assert done.code == 0, done.output
    assert_committed(bench.objects(), asset)


@only_linux
def test_a_name_that_is_no_text_is_refused(bench, asset):
    (asset / "behavior" / os.fsdecode(b"\xff.csv")).write_bytes(b"x")
    done = bench.publish(asset)
    assert done.code == 1 and "KEY104" in done.output, done.output
    assert not bench.objects()


class TestFiles:
    @pytest.mark.parametrize("change", [b"4x", b"401", None], ids=["other content", "longer", "gone"])
    def test_a_file_that_changes_after_the_plan_is_named_and_not_stored(self, change, bench, faults, asset):
        path = asset / FILE
        before = path.stat()

        def modify():
            if change is None:
                path.unlink()
                return
            path.write_bytes(change)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        at_request(faults, is_claim, 1, modify)
        done = bench.publish(asset)
        assert done.code == 2, done.output
        assert FILE in done.output and "Traceback" not in done.output
        assert not data_of(bench, asset) & {FILE, "data_description.json"}

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
    def test_a_link_in_place_of_a_folder_is_not_followed(self, bench, faults, tmp_path):
        asset = write_asset_of_many(tmp_path / "rig", **{"behavior/a/one.bin": b"1", "behavior/a/two.bin": b"2"})
        folder, elsewhere = asset / "behavior" / "a", tmp_path / "elsewhere"

        def replace_folder():
            folder.rename(elsewhere)
            make_link(folder, elsewhere)  # the same content, so that no checksum differs

        at_request(faults, is_claim, 1, replace_folder)
        done = bench.publish(asset)
        assert done.code == 2 and "behavior/a/" in done.output, done.output
        assert not data_of(bench, asset) & {"behavior/a/one.bin", "behavior/a/two.bin", "data_description.json"}


class TestBucket:
    @pytest.mark.parametrize("content", [b"40", b"04"], ids=["equal", "other"])
    def test_a_key_that_is_taken(self, content, bench, faults, asset):
        at_request(
            faults,
            is_claim,
            1,
            lambda: bench.server.client.put_object(Bucket=bench.bucket, Key=f"{asset.name}/{FILE}", Body=content),
        )
        done = bench.publish(asset)
        if content == (asset / FILE).read_bytes():
            assert done.code == 0, done.output
            assert_committed(bench.objects(), asset)
        else:
            assert done.code == 5 and f"already holds {asset.name}/{FILE} with other content" in done.output
            assert not is_visible(bench.objects(), asset.name)
            assert bench.objects()[f"{asset.name}/{FILE}"] == content

    @pytest.mark.parametrize("kind", ["503", "reset before", "reset in the body", "lost reply"])
    def test_a_transient_failure_is_retried_and_shown(self, kind, bench, faults, asset):
        tries: Counter[str] = Counter()

        def is_among_the_first_two(request):
            tries[request.key] += 1
            return is_many(request) and tries[request.key] <= 2

        faults.inject_if(kind, is_among_the_first_two)
        done = bench.publish(asset)
        assert done.code == 0 and "; retrying in" in done.output, done.output
        assert_committed(bench.objects(), asset)

    @pytest.mark.parametrize("kind", ["503", "lost reply"])
    def test_a_permanent_failure_ends_the_run_and_nothing_is_lost(self, kind, bench, faults, asset):
        bench.conditions = replace(PATIENT, pause_factor=0.001)
        faults.inject_if(kind, lambda request: is_many(request) and request.number > 30)
        done = bench.publish(asset)
        assert done.code == 4 and "run the same command again to continue" in done.output, done.output
        assert_undamaged(bench.objects(), asset)
        faults.inject()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)

    def test_the_loop_finishes_the_attempt_of_another_run(self, bench, faults, asset):
        faults.inject_if("access denied", lambda request: request.method == "PUT" and CONTROL not in request.key)
        assert bench.publish(asset).code == 4
        faults.inject()
        faults.reset()
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert len(sent_by_the_loop(faults)) > ADDED  # but for one that shows which checksum the server compares
        assert_committed(bench.objects(), asset)

    def test_credentials_that_expire_are_renewed(self, bench, faults, asset):
        asked = take_credentials_from_a_program(bench)
        faults.inject_if(
            "expired token",
            lambda request: is_many(request) and bench.server.access_key in request.headers["authorization"],
        )
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert "the credentials have expired and were read again; retrying" in done.output
        assert len(asked.read_bytes()) == 2
        assert_committed(bench.objects(), asset)


class TestFreshness:
    def test_the_attempt_is_rechecked_before_a_request_when_the_last_check_is_too_old(self, bench, faults, asset):
        bench.conditions = replace(PATIENT, max_inspection_age=-1)
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert sum(request.method == "HEAD" and "/end-1" in request.key for request in faults.requests) > ADDED
        assert_committed(bench.objects(), asset)

    def test_nothing_is_sent_to_a_publication_that_has_been_ended(self, bench, faults, asset):
        bench.conditions = replace(PATIENT, max_inspection_age=0)

        def end():
            claim = bench.server.client.get_object(Bucket=bench.bucket, Key=f"{asset.name}/{CONTROL}claim-1.json")
            content_id = json.loads(claim["Body"].read())["content_id"]
            body = encode(End("abandoned", content_id))
            bench.server.client.put_object(Bucket=bench.bucket, Key=f"{asset.name}/{end_key(1)}", Body=body)

        at_request(faults, lambda request: request.method == "PUT" and "/manifest-" in request.key, 1, end)
        done = bench.publish(asset)
        assert done.code == 5 and "was abandoned meanwhile" in done.output, done.output
        assert not data_of(bench, asset)


@only_linux
class TestWorkers:
    """As above, with a worker process, which otherwise helps only with many objects."""

    @pytest.fixture(autouse=True)
    def with_workers(self, bench):
        bench.conditions = replace(PATIENT, min_objects_for_workers=1)

    @staticmethod
    def workers_of(command: Command) -> list[int]:
        children = Path(f"/proc/{command.pid}/task/{command.pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def test_a_worker_helps_and_the_receipt_says_so(self, bench, faults, asset, tmp_path):
        receipt = tmp_path / "receipt.json"
        bench.options += ("--receipt", str(receipt))
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert json.loads(receipt.read_text(encoding="utf-8"))["workers"] == 1
        assert len(sent_by_the_loop(faults)) > ADDED
        assert_committed(bench.objects(), asset)
        assert_careful(faults.requests)

    def test_a_worker_that_is_killed(self, bench, faults, asset):
        command: Command = bench.start(asset)

        def kill() -> None:
            (worker,) = self.workers_of(command)
            os.kill(worker, signal.SIGKILL)

        at_request(faults, is_many, 5, kill)
        done = command.result()
        assert done.code == 0, done.output
        assert_committed(bench.objects(), asset)

    @pytest.mark.parametrize("end", [signal.SIGINT, getattr(signal, "SIGKILL", 9)], ids=["Ctrl-C", "killed"])
    def test_no_worker_outlives_its_publication(self, end, bench, faults, asset):
        faults.inject_if("stalled", is_many)
        command: Command = bench.start(asset)
        wait_until(lambda: any(map(is_many, list(faults.requests))))
        (worker,) = self.workers_of(command)
        os.kill(command.pid, end)
        assert command.wait(2), "it took longer than a person waits"
        wait_until(lambda: not Path(f"/proc/{worker}").exists())
        done = command.result()
        assert done.code == (130 if end == signal.SIGINT else -9) and "Traceback" not in done.output, done.output
        faults.inject()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)


@only_linux
def test_an_interrupt_ends_requests_that_are_not_answered(bench, faults, asset):
    faults.inject_if("stalled", is_many)
    command: Command = bench.start(asset)
    wait_until(lambda: any(map(is_many, list(faults.requests))))
    command.interrupt()
    assert command.wait(2), "it took longer than a person waits"
    done = command.result()
    assert done.code == 130 and "Traceback" not in done.output, done.output
    faults.inject()
    assert bench.publish(asset).code == 0
    assert_committed(bench.objects(), asset)
