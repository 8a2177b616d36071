"""Eight publishers of one asset at once; ``benchmarks/safety.py races`` runs 50 rounds of each kind."""

from __future__ import annotations

import random

import pytest

from tests.faulty_server import running_fault_server
from tests.publication.disturbed import directory_bench, s3_bench
from tests.publication.race_trial import contenders, race

pytestmark = pytest.mark.slow

KILL_SECONDS = 0.6


@pytest.mark.parametrize("killing", [False, True], ids=["all live", "one is killed"])
@pytest.mark.parametrize("equal", [True, False], ids=["equal", "different"])
class TestEight:
    def test_on_s3(self, equal, killing, seaweedfs, tmp_path):
        assets = contenders(tmp_path, 8, equal)
        with running_fault_server(seaweedfs.endpoint_url) as faults:
            bench = s3_bench(tmp_path, seaweedfs, faults.endpoint_url)
            race(bench, assets, random.Random(1), faults, KILL_SECONDS if killing else None)

    def test_in_a_directory(self, equal, killing, tmp_path):
        race(directory_bench(tmp_path), contenders(tmp_path, 8, equal), random.Random(1), None, KILL_SECONDS * killing)
