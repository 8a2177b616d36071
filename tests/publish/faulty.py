"""One publication with one fault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults import FAULTS, LASTING, LATE, FaultServer
from tests.publish.trial import (
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
    kinds = [*((kind, False) for kind in FAULTS), *((kind, True) for kind in LASTING)]
    return [Case(kind, number, lasts) for number in range(1, requests + 1) for kind, lasts in kinds]


def count_requests(asset: Path, faults: FaultServer, server: SeaweedFS, folder: Path) -> int:
    """How many requests an undisturbed publication makes."""
    bench = s3_bench(folder, server, faults.endpoint_url)
    faults.forget()
    done = bench.publish(asset)
    assert done.code == 0, f"exit code {done.code}: {done.output}"
    return len(faults.settle())


def try_case(case: Case, asset: Path, faults: FaultServer, server: SeaweedFS, folder: Path) -> str:
    """Publish with a fault, look, and publish again without.

    Returns:
        What the fault did: ``borne`` by the first run, or ``resumed`` by the second, as a word for counting.
    """
    bench = s3_bench(folder, server, faults.endpoint_url)
    faults.forget()
    faults.expect(case.kind, case.number, lasts=case.lasts)
    with naming(case):
        first = bench.publish(asset)
        assert first.code in _CODES, f"exit code {first.code}: {first.output}"
        faults.settle()
        between = bench.objects()
        assert_undamaged(between, asset)
        assert first.code != 0 or is_visible(between, asset.name), "exit code 0 without a commit"
        faults.expect()
        second = bench.publish(asset, state=_machine(case))
        assert second.code == 0, f"the second run ends with {second.code}: {second.output}"
        _assert_in_order(case, bench, asset, faults, between)
    return "borne" if first.code == 0 else "resumed"


def _machine(case: Case) -> str:
    """Every second case is resumed on another machine, which lacks the journal."""
    return "state" if case.number % 2 else "another"


def _assert_in_order(case: Case, bench: S3Bench, asset: Path, faults: FaultServer, between: dict[str, bytes]) -> None:
    requests = faults.settle(late=True)
    after = bench.objects()
    assert_committed(after, asset)
    assert_kept(between, after)
    assert_careful(requests)
    if case.kind in LATE and bench.unfinished_uploads():
        # What the server obeys after the last look can only be told and ended by whoever looks next.
        told = bench.run("verify", asset.name, "--in", bench.address)
        assert told.code == 0 and "1 upload in parts never ended" in told.output, told.output
        assert bench.publish(asset).code == 0
    assert bench.unfinished_uploads() == 0, "an upload in parts is left open"
