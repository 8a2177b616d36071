"""What 200,000 small files add to a check, against ``find -size +0`` over them; and the peak memory of that check."""

from __future__ import annotations

import resource
import statistics
import subprocess
import tempfile
from pathlib import Path

from paired_timing import AIND_LINT, seconds

from aind_lint.examples.bases import base_tree

FILES, PER_FOLDER, PAIRS = 200_000, 1_000, 7


def make_asset(parent: Path, files: int) -> Path:
    """A valid asset with so many small files more."""
    parent.mkdir()
    root = base_tree("raw-1x").write(parent)
    for start in range(0, files, PER_FOLDER):
        folder = root / "ecephys" / f"block{start:07}"
        folder.mkdir()
        for index in range(min(files, PER_FOLDER)):
            (folder / f"chunk{index:04}.bin").write_bytes(b"x")
    return root


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        small, large = make_asset(Path(temporary) / "small", 10), make_asset(Path(temporary) / "large", FILES)
        find = ["find", str(large), "-size", "+0"]
        ratios = []
        seconds(find), seconds([AIND_LINT, "check", str(large)])
        for _ in range(PAIRS):
            peer = seconds(find)
            increment = seconds([AIND_LINT, "check", str(large)]) - seconds([AIND_LINT, "check", str(small)])
            ratios.append(increment / peer)
        print(f"{FILES:,} files add {statistics.median(ratios):.2f} x find -size +0 (median of {PAIRS})")
        subprocess.run([AIND_LINT, "check", str(large)], stdout=subprocess.DEVNULL, check=False)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")
