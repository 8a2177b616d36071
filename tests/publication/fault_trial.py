"""Publications with one fault each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faulty_server import CONDITION_IGNORED, DELAYED, FAULTS, REPEATED, REPLACEMENT, FaultServer
from tests.publication.disturbed import (
    S3Bench,
    assert_careful,
    assert_committed,
    assert_kept,
    assert_undamaged,
    is_visible,
    naming,
    s3_bench,
)
from tests.servers import SeaweedFS

#: Exit codes of a publication that a fault may have stopped: only 0 says it stands, and no fault is a conflict.
_CODES = (0, 4)


@dataclass(frozen=True)
class Case:
    """Which fault befalls which request of a publication, and whether all later ones as well."""

    kind: str
    number: int
    lasts: bool

    def __str__(self) -> str:
        return f"{self.kind} at request {self.number}{' and after' * self.lasts}"


def every_case(requests: int) -> list[Case]:
    """Every fault at every request."""
    kinds = [*((kind, False) for kind in FAULTS), *((kind, True) for kind in REPEATED)]
    return [Case(kind, number, lasts) for number in range(1, requests + 1) for kind, lasts in kinds]


def count_requests(asset: Path, faults: FaultServer, server: SeaweedFS, folder: Path) -> int:
    """How many requests an undisturbed publication makes."""
    bench = s3_bench(folder, server, faults.endpoint_url)
    faults.reset()
    done = bench.publish(asset)
    assert done.code == 0, f"exit code {done.code}: {done.output}"
    return len(faults.wait_until_idle())


def some_sequences(requests: int, chance: random.Random) -> Iterator[tuple[Case, ...]]:
    """Without end: one fault in each of two or three runs that follow each other."""
    cases = every_case(requests)
    while True:
        yield tuple(chance.sample(cases, chance.choice((2, 3))))


def try_cases(cases: Sequence[Case], asset: Path, faults: FaultServer, server: SeaweedFS, folder: Path) -> str:
    """Publish with a fault, once for each case, look every time, and publish at last without.

    Returns:
        As words for counting: ``borne`` by the first run, or ``resumed`` by a later one.
    """
    bench = s3_bench(folder, server, faults.endpoint_url)
    usual = bench.conditions
    faults.reset()
    before: dict[str, bytes] = {}
    runs = []
    with naming(", then ".join(map(str, cases))):
        for number, case in enumerate(cases):
            faults.inject(case.kind, case.number, lasts=case.lasts)
            bench.conditions = replace(usual, request_timeout=0.3) if case.kind == "stalled" and case.lasts else usual
            done = bench.publish(asset, state=_machine(cases[number - 1]) if number else "state")
            assert done.code in _CODES, f"exit code {done.code}: {done.output}"
            faults.wait_until_idle()
            objects = bench.objects()
            assert_undamaged(objects, asset)
            assert_kept(before, objects)
            assert done.code != 0 or is_visible(objects, asset.name), "exit code 0 without a commit"
            runs.append(done)
            before = objects
        faults.inject()
        bench.conditions = usual
        last = bench.publish(asset, state=_machine(cases[-1]))
        assert last.code == 0, f"the last run ends with {last.code}: {last.output}"
        _assert_in_order(cases, bench, asset, faults, before)
    return "borne" if runs[0].code == 0 else "resumed"


def _machine(case: Case) -> str:
    """Every second case is resumed on another machine, which lacks the journal."""
    return "state" if case.number % 2 else "another"


def _assert_in_order(
    cases: Sequence[Case], bench: S3Bench, asset: Path, faults: FaultServer, between: dict[str, bytes]
) -> None:
    requests = faults.wait_until_idle(late=True)
    after = bench.objects()
    assert_committed(after, asset)
    assert_kept(between, after)
    kinds = {case.kind for case in cases}
    assert_careful(requests, keeps_objects=CONDITION_IGNORED not in kinds, checksums="condition refused" not in kinds)
    if any(case.kind in DELAYED for case in cases) and bench.unfinished_uploads():
        # An upload that the server begins after the last listing can only be found by the next command.
        verified = bench.run("verify", asset.name, "--in", bench.address)
        assert verified.code == 0 and "unfinished multipart upload" in verified.output, verified.output
        assert bench.publish(asset).code == 0
    assert bench.unfinished_uploads() == 0, "an upload in parts is left open"


def try_replacement(number: int, asset: Path, faults: FaultServer, server: SeaweedFS, folder: Path) -> str:
    """Let another program replace an object by one of the same size after a request, and publish.

    Returns:
        As words for counting: ``nothing to replace``, ``detected`` or, after the last listing, ``too late``.
    """
    bench = s3_bench(folder, server, faults.endpoint_url)
    faults.reset()
    with naming(f"a replacement after request {number}"):
        faults.inject(REPLACEMENT, number)
        done = bench.publish(asset)
        requests = faults.wait_until_idle()
        assert_careful(requests)
        if not faults.replaced:
            assert done.code == 0, done.output
            return "nothing to replace"
        whole = [r for r in requests if not r.key and r.query.get("prefix") == f"{asset.name}/"]
        listings = [r.number for r in whole if r.method == "GET" and not {"max-keys", "uploads"} & r.query.keys()]
        if done.code == 0:
            assert number >= listings[-1], f"not detected: {faults.replaced}"
            return "too late"
        assert done.code == 5, f"exit code {done.code}: {done.output}"
        assert faults.replaced[0].removeprefix(f"{asset.name}/") in done.output, done.output
        # Before the listing that precedes the decision, nothing becomes visible, in the next run neither.
        committed = any(r.makes_object and "/.aind-lint/end-" in r.key for r in requests)
        again = bench.publish(asset, state="state" if number % 2 else "another")
        assert is_visible(bench.objects(), asset.name) is committed
        assert committed or again.code == 5, f"exit code {again.code} of the second run: {again.output}"
    return "detected"
