"""Processes that help to read and send: how they are started, what they see and load, and that none is left."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from aind_lint import publish
from aind_lint.app.publishing import RefusedError
from aind_lint.bucket.address import Connection
from aind_lint.publication.upload import worker_pool as crew_module
from tests.commands import Conditions
from tests.faulty_server import running_fault_server
from tests.proxies import running_tls
from tests.publication.disturbed import assert_committed, s3_bench
from tests.publication.worker_processes import SENT, at_request, children, is_many, only_linux, write_asset_of_many

ROOT = Path(__file__).parents[2]

#: A module of somebody else that tells that it was loaded.
EVIL = "import os, pathlib\npathlib.Path(os.environ['LOADED'], __name__).touch()\n"


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    return write_asset_of_many(tmp_path / "rig")


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> list[crew_module.WorkerPool | None]:
    """What was hired in this process, where two cores and few files are enough for it."""
    hired: list[crew_module.WorkerPool | None] = []
    start_pool = crew_module.start_pool
    cores = crew_module._cores()
    monkeypatch.setattr(crew_module, "_cores", lambda: cores + 1)
    monkeypatch.setattr(crew_module, "ENOUGH", 1)
    monkeypatch.setattr(crew_module, "start_pool", lambda *about: hired.append(start_pool(*about)) or hired[-1])
    return hired


def write_program(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_without_them_everything_is_published_all_the_same(asset, crews, seaweedfs, s3, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    receipt = publish(asset, f"s3://{seaweedfs.make_bucket()}", connection=s3)
    assert (crews, receipt.state, receipt.files_sent) == ([None], "published", receipt.files)


@pytest.mark.skipif(sys.platform == "win32", reason="no shell")
@pytest.mark.parametrize("text", ["exit 3", "while read line; do echo nonsense; done", "exec cat"])
def test_a_program_that_is_no_help_does_no_harm(text, asset, crews, seaweedfs, s3, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", write_program(tmp_path, text))
    receipt = publish(asset, f"s3://{seaweedfs.make_bucket()}", connection=s3)
    assert (len(crews), receipt.state, receipt.files_sent) == (1, "published", receipt.files)


@only_linux
class TestNoneIsLeft:
    @pytest.fixture(autouse=True)
    def none_more_than_before(self, crews, request):
        before = children(os.getpid())
        yield
        assert len(crews) == 1 and crews[0] is not None
        assert children(os.getpid()) == before

    def test_by_an_asset_that_fails_its_checks(self, asset, tmp_path):
        (asset / "subject.json").write_bytes(b"{")
        with pytest.raises(RefusedError):
            publish(asset, str(tmp_path / "bucket"))

    def test_by_a_dry_run(self, asset, tmp_path):
        assert publish(asset, str(tmp_path / "bucket"), dry_run=True).state == "planned"

    def test_by_a_publication(self, asset, tmp_path):
        assert publish(asset, str(tmp_path / "bucket")).state == "published"

    def test_by_one_whose_bucket_cannot_be_read(self, asset, tmp_path, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        with pytest.raises(RefusedError) as refused:
            publish(asset, "s3://bucket", connection=Connection("http://127.0.0.1:9"))
        assert refused.value.exit_code == 4


@only_linux
def test_an_interrupt_between_their_starts_leaves_none(asset, crews, tmp_path, monkeypatch):
    before, begin, started_at = children(os.getpid()), crew_module._Hand.__init__, []

    def begin_one(hand, *about):
        if started_at:
            raise KeyboardInterrupt
        started_at.append(begin(hand, *about))

    monkeypatch.setattr(crew_module._Hand, "__init__", begin_one)
    with pytest.raises(KeyboardInterrupt) as kept:
        publish(asset, str(tmp_path / "bucket"))
    assert children(os.getpid()) == before and started_at
    del kept  # until here nothing was ended by being forgotten


def test_own_authorities_count_for_them_too(asset, seaweedfs, tmp_path):
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with running_tls(seaweedfs.endpoint_url, context) as port:
        bench = s3_bench(tmp_path, seaweedfs, f"https://localhost:{port}")
        bench.conditions = Conditions(crew=True, patience=60)
        bench.environment |= {"AWS_CA_BUNDLE": str(tmp_path / "authority.pem")}
        done = bench.publish(asset)
    assert (done.code, done.sent) == (0, SENT), done.output
    assert_committed(bench.objects(), asset)


@only_linux
def test_they_load_nothing_of_the_asset_and_nobody_reads_a_secret_from_them(seaweedfs, tmp_path):
    """The command as it is installed, begun in a folder of the asset, with as many files as are worth it."""
    asset = write_asset_of_many(tmp_path / "rig", **{f"behavior/many/of-{number}.bin": b"x" for number in range(450)})
    here, loaded = asset / "behavior", tmp_path / "loaded"
    loaded.mkdir()
    for module in ("json", "pycurl", "aind_lint", "sitecustomize", "usercustomize"):
        (here / f"{module}.py").write_text(EVIL, encoding="utf-8")
    script = tmp_path / "aind-lint"
    script.write_text("from aind_lint.cli.main import main\nmain()\n", encoding="utf-8")
    seen: dict[int, bytes] = {}

    def look():
        for pid in children(process.pid):
            seen[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()

    with running_fault_server(seaweedfs.endpoint_url) as faults:
        bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
        at_request(faults, is_many, 1, look)
        own = {"PYTHONPATH": str(ROOT), "AIND_LINT_STATE_DIR": str(tmp_path / "state"), "LOADED": str(loaded)}
        with subprocess.Popen(
            [sys.executable, str(script), "publish", "..", "--to", bench.address, "--yes", *bench.options],
            cwd=here,
            env={**os.environ, **bench.environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert len(seen) == 2
    assert not any(seaweedfs.secret_key.encode() in said for said in (output, *seen.values()))
    assert list(loaded.iterdir()) == []
    assert_committed(bench.objects(), asset)
