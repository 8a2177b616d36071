"""How quickly commands start, against the import of click alone.

python benchmarks/startup.py                                  # light commands
python benchmarks/startup.py --python build/windows/python    # the same and a check, here and under another Python

With ``--python`` the time of ``python -c pass`` is subtracted everywhere: Wine needs most of a start for itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from paired_timing import AIND_LINT, median_ratio, seconds

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.examples.bases import base_tree

_LIGHT = {
    "name, valid": ["name", "ecephys_123456_2022-12-12_05-06-07"],
    "name, wrong": ["name", "ecephys_123456_2022-13-12_05-06-07"],
    "--help": ["--help"],
    "explain": ["explain", "CON103"],
}


def compare_pythons(pythons: Sequence[str], rounds: int) -> None:
    """Print the ratios to ``import click`` under each Python; a round runs everything once."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        asset = base_tree("founding-raw-0x").write(Path(folder)).relative_to(Path.cwd())
        commands = {**_LIGHT, "check": ["check", str(asset), "--no-cache"]}
        for python in pythons:
            ratios: dict[str, list[float]] = {label: [] for label in commands}
            for _ in range(rounds + 1):
                nothing = seconds([python, "-c", "pass"])
                click = seconds([python, "-c", "import click"]) - nothing
                for label, arguments in commands.items():
                    taken = seconds([python, "-m", "aind_lint", *arguments]) - nothing
                    ratios[label].append(taken / click)
            for label, values in ratios.items():
                median = statistics.median(values[1:])  # the first round fills the caches of the disk
                print(f"{python}: {label:<12} {median:.2f} x import click", flush=True)


def main() -> None:
    """Run what the command line says."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--python", help="another Python, such as build/windows/python")
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    if chosen.python:
        compare_pythons([sys.executable, chosen.python], chosen.rounds)
        return
    peer = [sys.executable, "-c", "import click"]
    for label, arguments in _LIGHT.items():
        print(f"{label:<12} {median_ratio([AIND_LINT, *arguments], peer, 15):.2f} x python -c 'import click'")


if __name__ == "__main__":
    main()
