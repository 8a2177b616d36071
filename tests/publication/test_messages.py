"""What an operator reads when the destination makes trouble, and that the run ends as it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Conditions
from tests.faulty_server import AHEAD, ERROR_AFTER_OK, FaultServer, Request, running_fault_server
from tests.proxies import running_portal
from tests.publication.disturbed import (
    S3Bench,
    assert_committed,
    s3_bench,
    take_credentials_from_a_program,
    write_asset_of_all_sizes,
)
from tests.servers import SeaweedFS


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_all_sizes(tmp_path / "rig")


@pytest.fixture
def faults(seaweedfs: SeaweedFS) -> Iterator[FaultServer]:
    with running_fault_server(seaweedfs.endpoint_url) as server:
        yield server


@pytest.fixture
def bench(seaweedfs: SeaweedFS, faults: FaultServer, tmp_path: Path) -> S3Bench:
    return s3_bench(tmp_path, seaweedfs, faults.endpoint_url)


def is_data(request: Request) -> bool:
    return request.method == "PUT" and "/behavior/" in f"/{request.key}" and "partNumber" not in request.query


def is_part(request: Request) -> bool:
    return "partNumber" in request.query


#: A proxy that is not there.
PROXY = ({"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}, "the proxy http://127.0.0.1:9 is not responding")


class TestClock:
    def test_a_clock_difference_is_reported_before_anything_is_written(self, bench, faults, asset):
        faults.inject_if("clock is off", lambda request: True)
        done = bench.publish(asset)
        assert done.code == 4
        assert f"this machine's clock is {AHEAD} min behind the server's" in done.output
        assert "set the clock and run again" in done.output
        assert not [request for request in faults.requests if request.writes]

    def test_doctor_reports_a_clock_difference(self, bench, faults):
        faults.inject_if("clock is off", lambda request: True)
        done = bench.run("doctor", "--to", bench.address)
        assert done.code == 4
        assert f"clock is {AHEAD} min behind the server's" in done.output

    def test_a_clock_that_is_set_wrong_meanwhile(self, bench, faults, asset):
        faults.inject_if("clock is off", is_data)
        done = bench.publish(asset)
        assert done.code == 4
        assert "the clock of this machine is wrong" in done.output
        assert "run the same command again to continue" in done.output
        faults.inject()
        assert bench.publish(asset).code == 0


class TestCredentials:
    """Credentials that end in the middle of a run."""

    @pytest.fixture
    def source(self, bench: S3Bench) -> Path:
        return take_credentials_from_a_program(bench)

    @pytest.mark.parametrize("which", [is_data, is_part], ids=["a small file", "a part"])
    def test_credentials_are_renewed_once_where_the_source_can(self, which, bench, faults, tmp_path, source):
        others = {f"behavior/{number}.bin": b"%d" % number for number in range(200)}
        asset = write_asset_of_all_sizes(tmp_path / "many", **others)
        bench.conditions = Conditions(request_timeout=60)  # 0.8 s are not enough for all of them on a busy machine
        faults.inject_if("expired token", which, most=1)
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert "the credentials have expired and were read again; retrying" in done.output
        assert len(source.read_text(encoding="utf-8")) == 2
        assert_committed(bench.objects(), asset)

    def test_credentials_are_renewed_after_a_response_without_a_body(self, bench, faults, asset, source):
        faults.inject_if("expired token", lambda request: request.method == "HEAD", most=1)
        done = bench.publish(asset)
        assert done.code == 0, done.output
        assert len(source.read_text(encoding="utf-8")) == 2

    @pytest.mark.parametrize("name", ["AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"])
    def test_credentials_with_a_line_break_are_reported_and_not_shown(self, name, bench, asset):
        bench.environment[name] = "TOPSECRET\r"
        for arguments in (["publish", str(asset), "--to", bench.address, "--yes"], ["doctor", "--to", bench.address]):
            done = bench.run(*arguments)
            assert done.code == 4, done.output
            assert "TOPSECRET" not in done.output or name == "AWS_ACCESS_KEY_ID", done.output
            assert "Signature" not in done.output
            assert "a character that HTTP forbids" in done.output and "(tried" not in done.output

    def test_credentials_that_a_role_refuses(self, bench, faults, asset):
        config = bench.folder / "config"
        config.write_text(
            "[profile rig]\nrole_arn = arn:aws:iam::123456789012:role/rig\ncredential_source = Environment\n",
            encoding="utf-8",
        )
        bench.environment |= {
            "AWS_CONFIG_FILE": str(config),
            "AWS_ENDPOINT_URL_STS": faults.endpoint_url,
        }
        bench.options += ["--aws-profile", "rig"]
        faults.inject_if("access denied", lambda request: request.method == "POST")
        for arguments in (["publish", str(asset), "--to", bench.address, "--yes"], ["doctor", "--to", bench.address]):
            done = bench.run(*arguments)
            assert done.code == 4, done.output
            assert "no credentials: AssumeRole was refused" in done.output, done.output

    def test_the_message_for_expired_credentials_describes_how_to_continue(self, bench, faults, asset):
        faults.inject_if("expired token", lambda request: request.number > 12)
        done = bench.publish(asset)
        assert done.code == 4
        assert "the credentials have expired; renew them and run the same command again" in done.output
        assert "run the same command again to continue" in done.output
        faults.inject()
        before = bench.objects()
        assert bench.publish(asset).code == 0
        assert before.items() <= bench.objects().items()


class TestNetwork:
    def test_a_stalled_connection_ends_in_bounded_time_and_is_shown(self, bench, faults, asset):
        bench.conditions = Conditions(request_timeout=0.3)
        faults.inject_if("stalled", is_data)
        done = bench.publish(asset)
        assert done.code == 4
        assert "the server does not answer, or very slowly; retrying in" in done.output
        assert "the server does not answer, or very slowly (tried 12 times)" in done.output
        # The status that stands for no response; three digits may also stand in the key of a content address.
        assert not re.search(r"\b599\b", done.output)
        assert max(sum(request.key == key for request in faults.requests) for key in keys(faults)) <= 12
        faults.inject()
        assert bench.publish(asset).code == 0

    def test_as_many_requests_as_open_files_allow(self, bench, faults, tmp_path):
        resource = pytest.importorskip("resource")
        many = {f"behavior/{number}.bin": b"%d" % number for number in range(400)}
        asset = write_asset_of_all_sizes(tmp_path / "many", **many)
        faults.inject_if("slow", is_data)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        command = [sys.executable, "-m", "aind_lint", "publish", str(asset), "--to", bench.address, "--yes"]
        done = subprocess.run(
            [*command, *bench.options],
            env={**os.environ, **bench.environment, "AIND_LINT_STATE_DIR": str(tmp_path / "state")},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1])),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert_committed(bench.objects(), asset)

    @pytest.mark.parametrize(("environment", "said"), [({}, "the connection failed"), PROXY])
    def test_a_failure_before_the_connection_is_made_is_retried(self, environment, said, bench, faults, asset):
        bench.options = ["--endpoint-url", faults.endpoint_url.replace("http:", "https:")]
        bench.environment |= environment
        bench.conditions = Conditions(request_timeout=60)
        done = bench.run("doctor", "--to", bench.address)
        assert done.code == 4
        assert f"{said} (tried 4 times)" in done.output, done.output

    def test_a_portal_is_not_taken_for_an_empty_bucket(self, bench, asset):
        with running_portal() as address:
            bench.options = ["--endpoint-url", address]
            for arguments in (
                ["publish", str(asset), "--to", bench.address, "--yes"],
                ["check", f"{bench.address}/{asset.name}"],
                ["verify", asset.name, "--in", bench.address],
                ["doctor", "--to", bench.address],
            ):
                done = bench.run(*arguments)
                assert done.code == 4, done.output
                assert "does not answer as S3 does" in done.output, done.output

    def test_a_pause_is_reported_in_one_line_for_any_number_of_threads(self, bench, faults, tmp_path):
        many = {f"behavior/{number}.bin": b"%d" % number for number in range(60)}
        faults.inject_if("503", is_data)
        done = bench.publish(write_asset_of_all_sizes(tmp_path / "many", **many))
        assert done.code == 4
        assert sum(request.status is None for request in faults.requests) > 50
        lines = [line for line in done.output.splitlines() if "; retrying in" in line]
        assert 1 <= len(lines) <= 3, lines
        assert lines[0].startswith("the server is overloaded (503); retrying in ")

    @pytest.mark.parametrize("kind", ["stalled", "503", "reset before", "lost reply", "access denied"])
    def test_only_scheme_and_host_of_an_endpoint_are_shown(self, kind, bench, faults, asset):
        secret = faults.endpoint_url.replace("http://", "http://alice:hunter2@") + "/?token=hunter2"
        bench.options = ["--endpoint-url", secret]
        bench.conditions = Conditions(pause_factor=0.001, request_timeout=0.1)
        faults.inject_if(kind, lambda request: True)
        for arguments in (["publish", str(asset), "--to", bench.address, "--yes"], ["doctor", "--to", bench.address]):
            done = bench.run(*arguments)
            assert done.code == 4, done.output
            assert "hunter2" not in done.output and "alice" not in done.output

    def test_an_invalid_endpoint_is_not_shown(self, bench, asset):
        bench.options = ["--endpoint-url", "alice:hunter2@server"]
        done = bench.publish(asset)
        assert done.code == 2 and "hunter2" not in done.output
        assert "the endpoint (--endpoint-url, or AWS_ENDPOINT_URL) is invalid" in done.output


def keys(faults: FaultServer) -> set[str]:
    return {request.key for request in faults.requests if is_data(request)}


@pytest.mark.parametrize(
    ("kind", "which", "most"),
    [
        ("409", lambda request: request.completes, 2),
        (ERROR_AFTER_OK, lambda request: request.completes, 2),
        ("lost reply", lambda request: request.completes, 1),
        ("500 though done", lambda request: request.completes, 1),
        ("412 though done", lambda request: request.completes, 1),
        ("412 though done", is_data, 9),
        ("lost reply", is_data, 4),
        ("412 though done", lambda request: request.method == "PUT" and request.key.endswith("_description.json"), 1),
        ("412 though done", lambda request: "/.aind-lint/" in request.key and request.method == "PUT", 3),
    ],
)
def test_a_write_that_succeeded_despite_an_error_response_is_no_conflict(kind, which, most, bench, faults, asset):
    faults.inject_if(kind, which, most)
    done = bench.publish(asset)
    assert done.code == 0, done.output
    assert re.search(r"is published in|is already published in", done.output)
    assert_committed(bench.objects(), asset)
    assert bench.unfinished_uploads() == 0
