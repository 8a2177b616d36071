"""Kill `aind-lint fix` with SIGKILL before an access to the file system, at many moments.

    python benchmarks/killed_fixes.py [MOMENTS]

After each, `check` must report the unfinished fix, and the next run must finish or undo it; every third time the next
run is killed as well. Prints what went wrong. Linux and macOS.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.fix.killed import apply, contents, failure, friday_asset, killed


def main() -> None:
    """Print the result."""
    moments = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ |= {"AIND_LINT_STATE_DIR": str(root / "state"), "AIND_LINT_CACHE_DIR": str(root / "cache")}
        _, accesses = killed(apply, friday_asset(root / "whole"), None)
        wanted = contents(root / "whole")
        numbers = sorted({1 + number * (accesses - 1) // max(moments - 1, 1) for number in range(moments)})
        failures = [failure(root / f"{number}", number, wanted) for number in numbers]
    print(*filter(None, failures), sep="\n")
    print(f"killed at {len(numbers)} of {accesses} accesses to the file system: {sum(map(bool, failures))} failures")


if __name__ == "__main__":
    main()
