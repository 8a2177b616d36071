"""How the cost of a whole publication grows with the number of files: time, memory and requests, per file.

    python benchmarks/growth.py [s3|directory] [--sizes 1000,10000,100000,1000000] [--folder DIR] [--after]

The files are tiny and have the keys of chunks of compressed streams, about 100 characters each. Every size is
published (check, plan, claim, send, verify, commit, receipt) by a process of its own, to a null sink or to a folder;
``--after`` also runs what is done with a published asset later: publishing it again, verifying it with the local copy,
without it, and object by object, and checking it in the bucket.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from null_sink import requests_since, running_sink
from paired_timing import AIND_LINT

from aind_lint.examples.bases import base_tree

_SIZES = "1000,10000,100000,1000000"
#: Chunks in a folder of a stream, and channels in a stream.
_CHUNKS, _CHANNELS = 500, 50
#: Seconds between two readings of the memory of the processes; Linux keeps the peak until a process ends.
_READING_INTERVAL = 0.05


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        wall: Seconds from start to end.
        cpu: Seconds, user and system.
        memory: The sum of the peaks of its processes in bytes; they need not have come at the same moment.
        requests: How many requests the server answered.
    """

    wall: float
    cpu: float
    memory: int
    requests: int


class Destination:
    """A destination and the environment to reach it."""

    def __init__(self, folder: Path, endpoint: str | None) -> None:
        self.endpoint = endpoint
        self.address = "s3://growth" if endpoint else str(folder / "bucket")
        if endpoint is None:
            Path(self.address).mkdir()
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "AIND_LINT_STATE_DIR": str(folder / "state"),
            "AIND_LINT_CACHE_DIR": str(folder / "cache"),
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-west-2",
            "AWS_CONFIG_FILE": str(folder / "none"),
        }

    def run(self, *command: str) -> Cost:
        """Run a command of the tool, which must end well."""
        endpoint = ["--endpoint-url", self.endpoint] if self.endpoint else []
        if self.endpoint:
            requests_since(self.endpoint)
        started = time.perf_counter()
        with subprocess.Popen(
            [AIND_LINT, *command, *endpoint],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            with peaks_of(process.pid) as peaks:
                output = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"aind-lint {' '.join(command)} failed:\n{output[-3000:]}")
        requests = sum(requests_since(self.endpoint).values()) if self.endpoint else 0
        if not peaks:
            sys.exit("the memory of processes can only be measured on Linux")
        wall = time.perf_counter() - started
        return Cost(wall, used.ru_utime + used.ru_stime, sum(peaks.values()), requests)


@contextlib.contextmanager
def peaks_of(pid: int) -> Iterator[dict[int, int]]:
    """The peak memory of a process and its children in bytes, as Linux reports it.

    The figure of an ended process cannot be used: it includes the memory of the process that started it.
    """
    peaks: dict[int, int] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_READING_INTERVAL):
            with contextlib.suppress(OSError, TypeError):  # it has just ended
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
                for one in (str(pid), *children.split()):
                    status = Path(f"/proc/{one}/status").read_text(encoding="utf-8")
                    peaks[int(one)] = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peaks
    finally:
        ended.set()
        watching.join()


def add_files(asset: Path, before: int, after: int) -> None:
    """Add files, so that ``before`` of them become ``after``."""
    for start in range(before, after, _CHUNKS):
        stream, channel = divmod(start // _CHUNKS, _CHANNELS)
        name = f"experiment{stream + 1}_Record Node 104#Neuropix-PXI-100.ProbeA.chunks"
        folder = asset / "behavior" / "compressed_streams" / name / "traces_seg0" / f"{channel}"
        folder.mkdir(parents=True)
        for number in range(min(_CHUNKS, after - start)):
            (folder / f"{number}").write_bytes(b"x")
    time.sleep(2)  # files that changed just now would be waited for


@contextlib.contextmanager
def destination(kind: str, folder: Path) -> Iterator[Destination]:
    """An empty destination."""
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        if kind == "directory":
            yield Destination(Path(inner), None)
            return
        with running_sink() as endpoint:
            yield Destination(Path(inner), endpoint)


def show(what: str, rows: Sequence[tuple[int, Cost]]) -> None:
    """A table: a row for every size, with the ratios per file to the row before."""
    print(f"\n{what}\n{'files':>10} {'wall s':>8} {'CPU s':>8} {'µs/file':>8} {'ratio':>6}", end="")
    print(f" {'memory MB':>10} {'+B/file':>8} {'requests':>9} {'/file':>6} {'ratio':>6}")
    for at, (files, cost) in enumerate(rows):
        line = f"{files:>10,} {cost.wall:>8.1f} {cost.cpu:>8.1f} {cost.cpu / files * 1e6:>8.0f}"
        fewer, before = rows[at - 1] if at else (files, cost)
        ratio = (cost.cpu / files) / (before.cpu / fewer)
        grown = (cost.memory - before.memory) / max(files - fewer, 1)
        line += f" {ratio if at else float('nan'):>6.2f} {cost.memory / 1e6:>10.0f} {grown:>8.0f}"
        line += f" {cost.requests:>9,} {cost.requests / files:>6.3f}"
        if before.requests:
            line += f" {(cost.requests / files) / (before.requests / fewer) if at else float('nan'):>6.2f}"
        print(line, flush=True)


def main() -> None:
    """Run what the command line says."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=("s3", "directory"), nargs="?", default="s3")
    options.add_argument("--sizes", default=_SIZES)
    options.add_argument("--folder", type=Path, help="where the files are made, and removed again")
    options.add_argument("--after", action="store_true")
    chosen = options.parse_args()
    costs: dict[str, list[tuple[int, Cost]]] = {}
    with tempfile.TemporaryDirectory(dir=chosen.folder) as temporary:
        folder = Path(temporary)
        asset, made = base_tree("raw-2x").write(folder), 0
        receipt = str(folder / "receipt.json")
        for files in map(int, chosen.sizes.split(",")):
            add_files(asset, made, files)
            made = files
            with destination(chosen.kind, folder) as target:
                to, where = ("--to", target.address), ("--in", target.address)
                commands = {
                    "dry run": ("publish", str(asset), *to, "--dry-run"),
                    "publish": ("publish", str(asset), *to, "--yes", "--receipt", receipt),
                    "publish again": ("publish", str(asset), *to, "--yes"),
                    "verify": ("verify", asset.name, *where),
                    "verify a copy": ("verify", str(asset), *where),
                    "verify --deep": ("verify", asset.name, *where, "--deep"),
                    "check published": ("check", f"{target.address}/{asset.name}", "--profile", "published"),
                }
                for name, command in commands.items() if chosen.after else [("publish", commands["publish"])]:
                    if name == "check published" and chosen.kind == "s3":
                        continue  # the sink keeps no sidecars
                    costs.setdefault(name, []).append((files, target.run(*command)))
                    print(f"{files:,} files, {name}: {costs[name][-1][1]}", file=sys.stderr, flush=True)
            phases = json.loads(Path(receipt).read_text(encoding="utf-8"))["seconds"]
            print(f"{files:,} files: {phases}", file=sys.stderr, flush=True)
    for name, rows in costs.items():
        show(f"{name} ({chosen.kind})", rows)


if __name__ == "__main__":
    main()
