"""How long the longest and most awkward names take to read."""

from __future__ import annotations

import time

from aind_lint.asset.naming.grammar import parse_name

AWKWARD = [
    "1", "_", "1_", "1111_", "2022_", "2022-", "2022-12-12_", "2022-12-12_05-06-07_", "2022-12-12T050607_",
    "1111_11_11_", "2022_1_1_1_1_1_", " 1", "é", "２", "\n", "\u202e", "a-", "ecephys_", "20221212_050607_",
]  # fmt: skip
LENGTHS = (255, 1_000, 10_000)


def best_of_five(text: str) -> float:
    """Seconds of the fastest of five readings."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        parse_name(text)
        times.append(time.perf_counter() - started)
    return min(times)


for length in LENGTHS:
    slowest = max(best_of_five((unit * length)[:length]) for unit in AWKWARD)
    print(f"{length:>6} characters: {slowest * 1000:.3f} ms at most, over {len(AWKWARD)} kinds of awkward names")
