"""Processes that help to read and send: whatever happens to them or to the files, it ends as it does without them."""

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

from aind_lint.bucket.control_objects import End, encode, end_key
from aind_lint.examples.bases import base_tree
from tests.commands import Command, Conditions
from tests.examples.upload import manifest_bytes
from tests.faulty_server import FaultServer, running_fault_server
from tests.publication.disturbed import (
    CONTROL,
    S3Bench,
    assert_committed,
    assert_undamaged,
    directory_bench,
    is_visible,
    s3_bench,
    take_credentials_from_a_program,
)
from tests.publication.worker_processes import (
    ADDED,
    READ,
    SENT,
    at_request,
    children,
    is_alive,
    is_many,
    kill,
    only_linux,
    wait_until,
    write_asset_of_many,
)
from tests.servers import SeaweedFS

FILE = "behavior/many/040.bin"

#: A busy machine does not make an answer late.
PATIENT = Conditions(crew=True, patience=60)


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_many(tmp_path / "rig")


@pytest.fixture(scope="module")
def server(seaweedfs: SeaweedFS) -> Iterator[FaultServer]:
    with running_fault_server(seaweedfs.endpoint_url) as faults:
        yield faults


@pytest.fixture
def faults(server: FaultServer) -> FaultServer:
    server.forget()
    return server


@pytest.fixture
def bench(seaweedfs: SeaweedFS, faults: FaultServer, tmp_path: Path) -> S3Bench:
    bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
    bench.conditions = PATIENT
    return bench


def is_claim(request) -> bool:
    return request.method == "PUT" and "/claim-" in request.key


def data_of(bench, asset) -> set[str]:
    """The keys of the asset that are in the bucket, without control and parts of the address."""
    inside = (key.partition(f"{asset.name}/")[2] for key in bench.objects())
    return {key for key in inside if not key.startswith(CONTROL)}


def test_everything_small_is_sent_by_them_and_but_for_sidecars_read(bench, asset):
    done = bench.publish(asset)
    assert (done.code, done.read, done.sent) == (0, READ, SENT), done.output
    assert "is published in" in done.output and "sent now" not in done.output
    assert_committed(bench.objects(), asset)


class TestNotUsed:
    @pytest.mark.parametrize("options", [("--jobs", "1"), ("--max-rate", "1GB")], ids=" ".join)
    def test_where_one_at_a_time_or_a_rate_is_asked_for(self, options, bench, asset):
        bench.options += options
        done = bench.publish(asset)
        assert (done.code, done.read, done.ordered) == (0, 0, 0), done.output

    def test_for_an_upload_manifest(self, bench, tmp_path):
        folder = base_tree("raw-2x").write(tmp_path / "rig")
        (folder / "manifest.yml").write_bytes(manifest_bytes(base_tree("raw-2x"), {}))
        done = bench.publish(folder / "manifest.yml")
        assert (done.code, done.read, done.ordered) == (0, 0, 0), done.output

    def test_for_few_files(self, bench, asset):
        bench.conditions = Conditions()
        done = bench.publish(asset)
        assert (done.code, done.read, done.ordered) == (0, 0, 0), done.output

    def test_to_send_into_a_folder(self, asset, tmp_path):
        bench = directory_bench(tmp_path, crew=True)
        done = bench.publish(asset)
        assert (done.code, done.read, done.ordered) == (0, READ, 0), done.output

    def test_to_read_where_another_checksum_is_asked_for(self, bench, asset, tmp_path):
        bench.options += ["--sha256", str(tmp_path / "sums")]
        done = bench.publish(asset)
        assert (done.code, done.read, done.sent) == (0, 0, SENT), done.output


@only_linux
class TestEnd:
    @pytest.mark.parametrize("number", [1, 2], ids=["one", "both"])
    @pytest.mark.parametrize("moment", ["reading", "sending"])
    def test_what_was_killed_is_replaced(self, moment, number, bench, faults, asset):
        killed: list[int] = []

        def strike():
            killed.extend(children(command.pid)[:number])
            kill(killed)

        at_request(faults, *((is_many, 10) if moment == "sending" else (lambda request: True, 1)), strike)
        command = bench.start(asset)
        done = command.result()
        assert done.code == 0, done.output
        assert len(killed) == number
        if number == 2 and moment == "sending":
            assert done.sent < ADDED
        assert_committed(bench.objects(), asset)

    def test_an_interrupt_ends_them(self, bench, faults, asset):
        helpers = self.begin_in_vain(bench, faults, asset)
        self.command.interrupt()
        assert self.command.ends_within(2), "it took longer than a person waits"
        done = self.command.result()
        assert done.code == 130 and "Traceback" not in done.output, done.output
        assert not any(map(is_alive, helpers))
        faults.expect()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)

    def test_an_interrupt_of_all_at_once_is_heard_by_whom_they_help(self, bench, faults, asset):
        def interrupt_helpers():
            for pid in children(command.pid):
                os.kill(pid, signal.SIGINT)

        at_request(faults, is_many, 10, interrupt_helpers)
        command = bench.start(asset)
        done = command.result()
        assert (done.code, done.sent) == (0, SENT), done.output

    def test_they_do_not_outlive_whom_they_help(self, bench, faults, asset):
        helpers = self.begin_in_vain(bench, faults, asset)
        self.command.kill()
        wait_until(lambda: not any(map(is_alive, helpers)), 2)
        assert self.command.result().code == -9

    def begin_in_vain(self, bench: S3Bench, faults: FaultServer, asset: Path) -> list[int]:
        """A publication whose small files nobody answers for; the processes that send them."""
        faults.expect_of("stalled", is_many)
        self.command: Command = bench.start(asset)
        wait_until(lambda: any(map(is_many, list(faults.requests))))
        helpers = children(self.command.pid)
        assert len(helpers) == 2
        return helpers


class TestFiles:
    @pytest.mark.parametrize("change", [b"4x", b"401", None], ids=["other content", "longer", "gone"])
    def test_one_that_changes_after_the_plan_is_named_and_nothing_of_it_stored(self, change, bench, faults, asset):
        path = asset / FILE
        before = path.stat()

        def meddle():
            if change is None:
                path.unlink()
                return
            path.write_bytes(change)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        at_request(faults, is_claim, 1, meddle)
        done = bench.publish(asset)
        assert done.code == 5 and done.ordered, done.output
        assert FILE in done.output and "Traceback" not in done.output
        assert not data_of(bench, asset) & {FILE, "data_description.json"}

    @pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
    def test_a_link_in_place_of_a_folder_is_not_followed(self, bench, faults, tmp_path):
        asset = write_asset_of_many(tmp_path / "rig", **{"behavior/a/one.bin": b"1", "behavior/a/two.bin": b"2"})
        folder, elsewhere = asset / "behavior" / "a", tmp_path / "elsewhere"

        def meddle():
            folder.rename(elsewhere)
            folder.symlink_to(elsewhere)  # the same content, so that no checksum tells

        at_request(faults, is_claim, 1, meddle)
        done = bench.publish(asset)
        assert done.code == 5 and done.ordered and "behavior/a/" in done.output, done.output
        assert not data_of(bench, asset) & {"behavior/a/one.bin", "behavior/a/two.bin", "data_description.json"}

    def test_keys_of_all_kinds(self, bench, asset):
        odd = ["a b#c.csv", "naïve 中文 🧠.csv", "plus+and&equals=1.csv", "100%25.csv", "it's (1).csv", "tilde~.csv"]
        for name in odd:
            (asset / "behavior" / name).write_text(name, encoding="utf-8")
        done = bench.publish(asset)
        assert (done.code, done.sent) == (0, SENT + len(odd)), done.output
        assert_committed(bench.objects(), asset)

    @only_linux
    def test_a_name_that_is_no_text_is_refused_and_read_by_nobody(self, bench, asset):
        (asset / "behavior" / os.fsdecode(b"\xff.csv")).write_bytes(b"x")
        done = bench.publish(asset)
        assert done.code == 1 and "KEY104" in done.output, done.output
        assert not bench.objects()


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
        assert done.ordered and done.sent < done.ordered, done.output
        if content == (asset / FILE).read_bytes():
            assert done.code == 0, done.output
            assert_committed(bench.objects(), asset)
        else:
            assert done.code == 5 and f"already holds {asset.name}/{FILE} with other content" in done.output
            assert not is_visible(bench.objects(), asset.name)
            assert bench.objects()[f"{asset.name}/{FILE}"] == content

    @pytest.mark.parametrize("kind", ["503", "reset before", "reset in the body", "lost reply"])
    def test_what_passes_is_borne_and_shown(self, kind, bench, faults, asset):
        tries: Counter[str] = Counter()

        def is_among_the_first_two(request):
            tries[request.key] += 1
            return is_many(request) and tries[request.key] <= 2

        faults.expect_of(kind, is_among_the_first_two)
        done = bench.publish(asset)
        assert done.code == 0 and "; trying again in" in done.output, done.output
        assert done.ordered and done.sent < done.ordered
        assert_committed(bench.objects(), asset)

    @pytest.mark.parametrize("kind", ["503", "lost reply"])
    def test_what_lasts_ends_it_and_nothing_is_lost(self, kind, bench, faults, asset):
        bench.conditions = replace(PATIENT, pause=0.001)  # both are at their last try at once
        faults.expect_of(kind, lambda request: is_many(request) and request.number > 30)
        done = bench.publish(asset)
        assert done.code == 4 and "run the same command again to continue" in done.output, done.output
        assert_undamaged(bench.objects(), asset)
        faults.expect()
        assert bench.publish(asset).code == 0
        assert_committed(bench.objects(), asset)

    def test_what_another_run_began_is_finished_by_them_too(self, bench, faults, asset):
        faults.expect_of("access denied", lambda request: request.method == "PUT" and CONTROL not in request.key)
        assert bench.publish(asset).code == 4
        faults.expect()
        done = bench.publish(asset)
        assert (done.code, done.sent) == (0, SENT - 1), done.output  # one had to show what the server compares
        assert_committed(bench.objects(), asset)

    def test_credentials_that_end_are_renewed_and_handed_on(self, bench, faults, asset):
        asked = take_credentials_from_a_program(bench)
        faults.expect_of(
            "expired token",
            lambda request: is_many(request) and bench.server.access_key in request.headers["authorization"],
        )
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert "the credentials have expired and were read anew; trying again" in done.output
        assert len(asked.read_bytes()) == 2
        assert SENT - ADDED < done.sent < done.ordered
        assert_committed(bench.objects(), asset)

    def test_a_prefix(self, bench, asset):
        config = asset.parent / "aind-lint.toml"
        config.write_text(f'not-flat-buckets = ["{bench.address}"]\n', encoding="utf-8")
        bench.address += "/lab/2026"
        done = bench.publish(asset)
        assert (done.code, done.sent) == (0, SENT), done.output
        objects = bench.objects()
        assert all(key.startswith("lab/2026/") for key in objects)
        assert_committed({key.removeprefix("lab/2026/"): content for key, content in objects.items()}, asset)


class TestFreshness:
    def test_what_was_looked_at_too_long_ago_is_signed_by_none_of_them(self, bench, asset):
        bench.conditions = replace(PATIENT, fresh=-1)
        done = bench.publish(asset)
        assert (done.code, done.sent) == (0, 0) and done.ordered, done.output
        assert_committed(bench.objects(), asset)

    def test_nothing_is_sent_to_a_publication_that_has_been_ended(self, bench, faults, asset):
        bench.conditions = replace(PATIENT, fresh=0)

        def end():
            claim = bench.server.client.get_object(Bucket=bench.bucket, Key=f"{asset.name}/{CONTROL}claim-1.json")
            content_id = json.loads(claim["Body"].read())["content_id"]
            body = encode(End("abandoned", content_id))
            bench.server.client.put_object(Bucket=bench.bucket, Key=f"{asset.name}/{end_key(1)}", Body=body)

        at_request(faults, lambda request: request.method == "PUT" and "/manifest-" in request.key, 1, end)
        done = bench.publish(asset)
        assert done.code == 5 and "was abandoned meanwhile" in done.output, done.output
        assert not data_of(bench, asset)


@pytest.mark.skipif(sys.platform != "linux", reason="pipes have their size elsewhere")
def test_full_pipes_do_not_make_everybody_wait(bench, tmp_path):
    names = [f"behavior/many/{'very ' * 20}long name {number}.bin" for number in range(600)]
    asset = write_asset_of_many(tmp_path / "rig", **dict.fromkeys(names, b"x"))
    bench.conditions = replace(PATIENT, crew=False, pipe=4096)
    done = bench.publish(asset)
    assert (done.code, done.sent) == (0, SENT + len(names)), done.output
