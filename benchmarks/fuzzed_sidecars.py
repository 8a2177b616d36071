"""Random changes to sidecars of every generation, checked by the whole rule engine.

Usage: ``python -m benchmarks.fuzzed_sidecars [NUMBER] [--seed N]``, from the root of the project. Prints rules that
raised, sidecars that passed although Python's jsonschema refuses them, and the slowest check in CPU time. The models of
the schema packages are left out, as with ``--fast``.
"""

from __future__ import annotations

import argparse

from tests.fuzz import FuzzResult, fuzz

#: Sidecars between two lines of progress.
_BLOCK = 1000


def main() -> None:
    """Check, and print what was found."""
    parser = argparse.ArgumentParser(prog="fuzzed_sidecars", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total = FuzzResult()
    for block in range(-(-options.number // _BLOCK)):
        result = fuzz(min(_BLOCK, options.number - block * _BLOCK), options.seed * 1_000_000 + block)
        total.number += result.number
        total.outcomes += result.outcomes
        total.crashes += result.crashes
        total.false_passes += result.false_passes
        total.slowest = max(total.slowest, result.slowest)
        print(_summary(total), flush=True)
    for text in (*total.crashes, *total.false_passes):
        print(text)
    print(f"slowest: {total.slowest[1]}")


def _summary(total: FuzzResult) -> str:
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(total.outcomes.items()))
    return (
        f"{total.number:,} sidecars: {outcomes}; {len(total.crashes):,} rules raised, "
        f"{len(total.false_passes):,} false passes; slowest {total.slowest[0] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
