"""A publication that is killed at a random moment, perhaps several times, and resumed."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.commands import Command
from tests.faulty_server import FaultServer
from tests.publication.disturbed import (
    CONTROL,
    Bench,
    assert_careful,
    assert_committed,
    assert_kept,
    assert_undamaged,
    is_visible,
    naming,
)


def undisturbed_seconds(bench: Bench, asset: Path, faults: FaultServer | None = None) -> float:
    """How many seconds an undisturbed publication takes from its first object in the bucket."""
    command = bench.start(asset)
    _wait_for_begin(command, bench, faults)
    started = time.monotonic()
    done = command.result()
    assert done.code == 0, done.output
    return time.monotonic() - started


def _wait_for_begin(command: Command, bench: Bench, faults: FaultServer | None) -> None:
    before = len(faults.requests) if faults else 0
    while not command.wait(0.001):
        if any(Path(bench.address).iterdir()) if faults is None else len(faults.requests) > before:
            return


def try_kills(
    bench: Bench, asset: Path, seconds: float, chance: random.Random, faults: FaultServer | None = None
) -> tuple[int, bool]:
    """Kill one to three runs within ``seconds`` of their first sign of life, then let one end.

    Returns:
        How many runs were killed before they had ended, and whether any of them left something to resume.
    """
    kills, resumed = 0, False
    stored: dict[str, bytes] = {}
    if faults:
        faults.reset()
    moments = [chance.uniform(0, seconds) for _ in range(chance.randint(1, 3))]
    with naming("killed after", ", ".join(f"{moment:.3f} s" for moment in moments)):
        for moment in moments:
            command = bench.start(asset, state=chance.choice(("state", "another")))
            _wait_for_begin(command, bench, faults)
            if not command.wait(moment):
                command.kill()
            done = command.result()
            assert done.code in (0, -9), done.output
            kills += done.code == -9
            stored = _assert_grown(bench, asset, stored, faults)
            resumed = resumed or (bool(stored) and not is_visible(stored, asset.name))
        if faults:
            faults.inject()
        before = len(faults.requests) if faults else 0
        done = bench.publish(asset, state=chance.choice(("state", "another")))
        assert done.code == 0, done.output
        after = _assert_grown(bench, asset, stored, faults)
        assert_committed(after, asset)
        assert bench.unfinished_uploads() == 0, "an upload in parts is left open"
        for request in faults.requests[before:] if faults else ():
            stored_before = request.makes_object and request.key in stored and f"/{CONTROL}" not in request.key
            assert not stored_before, f"sent again although it was stored: {request}"
    return kills, resumed


def _assert_grown(bench: Bench, asset: Path, before: dict[str, bytes], faults: FaultServer | None) -> dict[str, bytes]:
    if faults:
        assert_careful(faults.wait_until_idle())
    objects = bench.objects()
    assert_kept(before, objects)
    assert_undamaged(objects, asset)
    return objects
