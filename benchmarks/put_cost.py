"""What an object of 16 KiB costs the client, and how many requests in flight are worth while.

    python benchmarks/put_cost.py cpu          # CPU time per object: libcurl alone, the loop, a whole transfer
    python benchmarks/put_cost.py requests     # wall time by number of requests, with 0, 30 and 100 ms of latency

nginx answers and discards the bytes (see nginx_front.py), so that only the client is measured. The transfer reads
files, compares them with the plan, sends them and writes the journal. CPU times do not depend much on what else the
machine does; wall times do, so of each number of requests the faster of two runs is shown.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nginx_front import find_nginx, running_front
from throughput import make_asset

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.app.checking.check_targets import load_asset
from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.s3.small_objects.curl_client import CurlRequestPool, PutRequest
from aind_lint.bucket.s3.store import S3Store
from aind_lint.bucket.store import UploadResult, UploadTask
from aind_lint.bucket.upload_control import UploadControl
from aind_lint.publication.journal import Journal
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.upload.transfer import Transfer, TransferOptions, read_clocks
from aind_lint.storage.checksum import crc64nvme, encode_crc
from aind_lint.system import concurrency_limits

_OBJECTS = 6000
_CONTENT = os.urandom(16 * 1024)
_CRC = encode_crc(crc64nvme(_CONTENT))
_LATENCIES = (0.0, 0.03, 0.1)
_REQUESTS = (16, 64, 128, 256, 512, 1024)


@contextmanager
def server(latency: float = 0.0) -> Iterator[str]:
    """A server that discards the bytes; its endpoint."""
    nginx = find_nginx()
    if nginx is None:
        sys.exit("nginx with its module for Lua is needed; see benchmarks/README.md")
    with running_front(nginx, latency) as endpoint:
        yield endpoint


def fresh_store(endpoint: str, name: str) -> S3Store:
    """A store for a new bucket that is known to compare checksums."""
    store = open_store(f"s3://{name}", Connection(endpoint))
    assert isinstance(store, S3Store)
    assert store.create("asset/.aind-lint/claim-1.json", Body.of_bytes(b"claim"))
    return store


def cpu_seconds() -> float:
    """CPU time of this process, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def send_by_curl(store: S3Store) -> None:
    """Send objects by libcurl and nothing else."""
    multi, context, idle = CurlRequestPool(), store._signer.context(), [PutRequest() for _ in range(64)]
    started = ended = 0
    while ended < _OBJECTS:
        while idle and started < _OBJECTS:
            request = idle.pop()
            request.prepare(context, f"asset/{started}", _CONTENT, _CRC, "tag")
            multi.begin(request)
            started += 1
        for request in multi.poll():
            assert request.outcome()
            idle.append(request)
            ended += 1
    multi.close()


def send_by_loop(store: S3Store, requests: int) -> None:
    """Send objects that are in memory by the event loop."""
    entry = ManifestEntry("key", len(_CONTENT), _CRC)
    tasks = (UploadTask(f"asset/{number}", entry, lambda: _CONTENT, number) for number in range(_OBJECTS))
    results: list[UploadResult] = []
    loop = store.upload_loop(UploadControl(), requests)
    assert loop is not None
    loop.run(tasks, "tag", lambda task, result, etag: results.append(result))
    assert results.count(UploadResult.STORED) == _OBJECTS


def measure_cpu() -> None:
    """Print the CPU time per object of the parts of the way."""
    with server() as endpoint, tempfile.TemporaryDirectory() as folder:
        began = cpu_seconds()
        send_by_curl(fresh_store(endpoint, "bench-curl"))
        print(f"libcurl alone: {(cpu_seconds() - began) / _OBJECTS * 1e6:.0f} µs per object")
        began = cpu_seconds()
        send_by_loop(fresh_store(endpoint, "bench-loop"), 64)
        print(f"event loop, objects in memory: {(cpu_seconds() - began) / _OBJECTS * 1e6:.0f} µs per object")
        asset = load_asset(make_asset(Path(folder), _OBJECTS, len(_CONTENT)))
        began = cpu_seconds()
        plan = plan_publication(asset)
        print(f"plan (reading and CRC): {(cpu_seconds() - began) / _OBJECTS * 1e6:.0f} µs per object")
        for number in range(3):
            options = TransferOptions(journal=Journal(Path(folder) / "journal", f"s3://bench-{number}"))
            transfer = Transfer(plan, fresh_store(endpoint, f"bench-{number}"), 1, read_clocks(), options)
            began = cpu_seconds()
            transfer.send_all(False)
            print(f"transfer: {(cpu_seconds() - began) / transfer.objects_sent * 1e6:.0f} µs per object")


def measure_requests() -> None:
    """Print the wall time by number of requests."""
    for latency in _LATENCIES:
        with server(latency) as endpoint:
            for requests in _REQUESTS:
                concurrency_limits.NEAR_REQUESTS = requests
                seconds = []
                for run in range(2):
                    store = fresh_store(endpoint, f"bench-{requests}-{run}")
                    began = time.perf_counter()
                    send_by_loop(store, requests)
                    seconds.append(time.perf_counter() - began)
                print(f"{latency * 1000:.0f} ms, {requests} requests: {min(seconds):.2f} s for {_OBJECTS:,} objects")


def main() -> None:
    """Run what the command line says."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("cpu", "requests"))
    os.environ.update(AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="secret", AWS_REGION="us-west-2")
    measure_cpu() if options.parse_args().what == "cpu" else measure_requests()


if __name__ == "__main__":
    main()
