"""A repository of 1,000 assets: what a check costs when one sidecar has changed, and what a second process brings.

The CPU seconds of the first are absolute, because that is what a commit waits for; the rest are ratios in pairs.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from paired_timing import AIND_LINT, cpu_seconds, median_ratio, seconds

from aind_lint.examples.bases import base_tree

ASSETS, PAIRS = 1_000, 7


def make_repository(folder: Path) -> list[Path]:
    """So many valid assets, each of another subject."""
    made = []
    for number in range(ASSETS):
        tree = base_tree("raw-2x")
        subject = str(600_000 + number)
        tree.name = tree.name.replace("123456", subject)
        tree.files = {
            key: content.replace(b"123456", subject.encode()) if isinstance(content, bytes) else content
            for key, content in tree.files.items()
        }
        made.append(tree.write(folder))
    return made


with tempfile.TemporaryDirectory() as temporary:
    os.environ["AIND_LINT_CACHE_DIR"] = str(Path(temporary) / "cache")
    repository = Path(temporary) / "repository"
    repository.mkdir()
    assets = make_repository(repository)
    check = [AIND_LINT, "check", str(repository)]

    cold = cpu_seconds(check)
    print(f"{ASSETS:,} assets for the first time: {cold:.1f} s CPU")
    times = []
    for number in range(PAIRS):
        sidecar = assets[number] / "subject.json"
        sidecar.write_bytes(sidecar.read_bytes() + b"\n")
        times.append(cpu_seconds(check))
    print(f"with one changed sidecar: {statistics.median(times):.2f} s CPU (median of {PAIRS})")

    peer = [sys.executable, "-c", "import click, yaml"]
    ratio = median_ratio([AIND_LINT, "check", str(assets[0])], peer, 15)
    print(f"second check of one asset: {ratio:.2f} x python -c 'import click, yaml'")

    anew = [*check, "--no-cache"]
    ratios = [seconds([*anew, "--jobs", "1"]) / seconds([*anew, "--jobs", "2"]) for _ in range(PAIRS)]
    print(f"--jobs 2 is {statistics.median(ratios):.2f} x as fast as --jobs 1 (median of {PAIRS})")
