"""A publication that is killed at random moments ends well when it is run again, from this machine or another one.

Moments are chosen by fixed seeds; ``benchmarks/safety.py kills`` tries 200 of them.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.faulty_server import running_fault_server
from tests.publication.disturbed import directory_bench, s3_bench, write_asset_of_all_sizes
from tests.publication.kill_trial import try_kills, undisturbed_seconds
from tests.servers import SeaweedFS

pytestmark = pytest.mark.slow

TRIALS = 6 if sys.platform != "win32" else 2  # a new interpreter for every command


def test_kills_on_s3(seaweedfs: SeaweedFS, tmp_path: Path) -> None:
    asset = write_asset_of_all_sizes(tmp_path / "rig")
    with running_fault_server(seaweedfs.endpoint_url) as faults:

        def bench(name):
            (tmp_path / name).mkdir()
            return s3_bench(tmp_path / name, seaweedfs, faults.endpoint_url)

        seconds = undisturbed_seconds(bench("undisturbed"), asset, faults)
        for seed in range(TRIALS):
            try_kills(bench(str(seed)), asset, seconds, random.Random(seed), faults)


def test_kills_in_a_directory(tmp_path: Path) -> None:
    asset = write_asset_of_all_sizes(tmp_path / "rig")

    def bench(name):
        (tmp_path / name).mkdir()
        return directory_bench(tmp_path / name)

    seconds = undisturbed_seconds(bench("undisturbed"), asset)
    for seed in range(TRIALS):
        try_kills(bench(str(seed)), asset, seconds, random.Random(seed))
