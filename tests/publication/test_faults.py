"""A fault at one request of a publication, or from one on: nothing is damaged, and running again ends well.

Of every kind of fault one request, chosen by a fixed seed; ``benchmarks/safety.py faults`` tries every one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faulty_server import FaultServer, running_fault_server
from tests.publication.disturbed import write_asset_of_all_sizes
from tests.publication.fault_trial import Case, count_requests, every_case, some_sequences, try_cases, try_replacement
from tests.servers import SeaweedFS

REQUESTS_OF_A_KIND = 1
SEQUENCES = 4
KINDS = sorted({(case.kind, case.lasts) for case in every_case(1)})


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_asset_of_all_sizes(tmp_path_factory.mktemp("faults"))


@pytest.fixture(scope="module")
def faults(seaweedfs: SeaweedFS) -> Iterator[FaultServer]:
    with running_fault_server(seaweedfs.endpoint_url) as server:
        yield server


@pytest.fixture(scope="module")
def requests(asset: Path, faults: FaultServer, seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory) -> int:
    return count_requests(asset, faults, seaweedfs, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(("kind", "lasts"), KINDS, ids=[f"{kind}{' from then on' * lasts}" for kind, lasts in KINDS])
def test_a_fault_damages_nothing(kind, lasts, asset, requests, faults, seaweedfs, tmp_path):
    chance = random.Random(f"{kind} {lasts}")
    for number in sorted(chance.sample(range(1, requests + 1), REQUESTS_OF_A_KIND)):
        (tmp_path / str(number)).mkdir()
        try_cases([Case(kind, number, lasts)], asset, faults, seaweedfs, tmp_path / str(number))


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_one_fault_after_the_other_damages_nothing(seed, asset, requests, faults, seaweedfs, tmp_path):
    cases = next(some_sequences(requests, random.Random(seed)))
    try_cases(cases, asset, faults, seaweedfs, tmp_path)


def test_a_replaced_object_is_detected(asset, requests, faults, seaweedfs, tmp_path):
    """Of the same size, while it is published; afterwards only ``verify --deep`` shows it."""
    for number in sorted(random.Random(3).sample(range(requests // 3, requests + 1), 3)):
        (tmp_path / str(number)).mkdir()
        try_replacement(number, asset, faults, seaweedfs, tmp_path / str(number))
