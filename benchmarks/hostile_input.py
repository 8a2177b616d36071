"""CPU time for names and sidecars made to be slow to read, and for files with very many faults.

A quadratic step shows as seconds where the rest takes milliseconds. The last line compares the strict reading of a
valid sidecar of 3 MB with ``json.loads``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.asset.naming.grammar import parse_name
from aind_lint.examples.bases import base_tree
from aind_lint.schema.models.installed_models import validate_with_model
from aind_lint.sidecar.reader import read_sidecar
from tests.hostile_input import HOSTILE_NAMES, HOSTILE_SIDECARS


def cpu_seconds(work: Callable[[], object], runs: int = 3) -> float:
    """The shortest CPU time of several runs."""
    times = []
    for _ in range(runs):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    """Measure and print."""
    seconds, name = max((cpu_seconds(lambda text=text: parse_name(text)), name) for name, text in HOSTILE_NAMES.items())
    print(f"slowest of {len(HOSTILE_NAMES)} names: {seconds * 1000:.2f} ms ({name})")
    for name, make in HOSTILE_SIDECARS.items():
        raw = make()
        seconds = cpu_seconds(lambda raw=raw: read_sidecar("subject.json", raw))
        print(f"sidecar, {name}: {seconds * 1000:.0f} ms for {len(raw) / 1e6:.1f} MB")
    content = base_tree("raw-2x").files["data_description.json"]
    assert isinstance(content, bytes)
    faulty = {**json.loads(content), "tags": [{"x": number} for number in range(20_000)]}
    seconds = cpu_seconds(lambda: validate_with_model("2.x", "DataDescription", faulty, "UTC"))
    print(f"models, 20,000 faults in one file: {seconds * 1000:.0f} ms")
    valid = json.dumps({"items": [{"name": f"item {i}", "at": [i, i / 7]} for i in range(60_000)]}).encode()
    ratio = cpu_seconds(lambda: read_sidecar("subject.json", valid)) / cpu_seconds(lambda: json.loads(valid))
    print(f"valid sidecar of {len(valid) / 1e6:.1f} MB: {ratio:.1f} × json.loads")


if __name__ == "__main__":
    main()
