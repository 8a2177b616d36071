"""How many requests, connections, threads and open files exist at the same time, and why.

Every number of this kind is here. The measurements are in benchmarks/RESULTS.md, the reasons for one event loop and for
512 requests in docs/decisions/0002-event-loop-and-worker.md.
"""

from __future__ import annotations

from typing import NamedTuple

#: Seconds of the fastest request from which on a server counts as far, so that waiting costs more than computing. A
#: request within a laboratory takes 1 to 5 ms, one to AWS S3 from another site 20 to 100 ms.
FAR_SECONDS = 0.01

#: Requests in flight of the event loop for small objects, to a far server. One process sends an object of 16 KiB in
#: 70 to 120 µs of CPU time, so at 30 ms of latency 250 to 430 requests keep it busy. 6,000 objects take, with 30 ms,
#: 3.7 s with 64 requests, 1.6 s with 256, 1.1 s with 512 and 1.8 s with 1,024; with 100 ms 2.9 s with 256, 2.4 s with
#: 512 and 1.9 s with 1,024. Each request has a connection and a buffer of 32 KiB.
MAX_REQUESTS = 512

#: The same to a near server, which is limited by its own work: 16 to 1,024 requests are equally fast within the noise
#: (1.1 to 1.9 s), and a busy server answers fewer requests sooner.
NEAR_REQUESTS = 64

#: Threads with a request of boto3 or a write to a disk each: parts, comparisons of stored objects, folders. boto3
#: takes 1.3 ms of CPU time for a HEAD, so that one process makes 600 per second at most: at 30 ms 16 threads make 295
#: per second, 64 make 560 and 256 make 594; at 100 ms 143, 498 and 547.
MAX_THREADS = 64

#: Threads to begin with; more are added while each request is slow.
FIRST_THREADS = 16

#: Connections of boto3. One more thread than that would open a new connection for each request.
CONNECTIONS = MAX_THREADS

#: Parts of a large object in flight: of one object, and of all. 16 parts of 16 MiB in flight fill 10 Gbit/s up to
#: 200 ms of latency (computed). 4 of one object leave parts for other objects.
PARTS_OF_ONE_OBJECT, MAX_PARTS = 4, 16

#: Pages of a LIST in flight, of a far bucket: with 30 ms of latency 16 list 500,000 keys per second at most, more than
#: one process can parse (computed).
MAX_LISTINGS = 16

#: Data files of an inventory that are downloaded at the same time: S3 sends one at about 100 MB/s.
INVENTORY_DOWNLOADS = 8

#: Threads that read files for the plan, when a single one is slow: files on a network or a slow disk, or large ones. In
#: more threads, files from the cache of the disk take longer, because the threads wait for Python's lock.
READERS = 4

#: Threads that ask Windows for the number of names of files; each request opens a file.
STAT_THREADS = 16

#: Parts of stored files that a check reads at the same time: 100 requests, the most for one asset, take 4 round trips.
RANGE_REQUESTS = 32

#: Bytes of small objects in memory: 512 requests of 128 KiB, or 4 of the largest object of a single request.
SMALL_OBJECT_MEMORY = 64 * 2**20


#: Processes that send many small objects: the publishing process and one worker. On two cores, which also ran the
#: server, 5,000 objects of 16 KiB take 90 µs each with one process and 75 with two; with 30 ms of latency 134 and 111.
#: A third process is slower there (175 against 153 µs), and a bucket of AWS takes 3,500 objects per second and prefix.
UPLOAD_PROCESSES = 2

#: Small objects from which on a worker process is started. 500 objects take 157 µs each without a worker and 164 with
#: one, 1,000 take 133 and 101. Its start takes 0.1 s of CPU time while the publishing process waits for the models.
MIN_OBJECTS_FOR_WORKERS = 1000


class LoopLimits(NamedTuple):
    """What an event loop for small objects may have at the same time.

    Attributes:
        near: Requests in flight to a near server.
        far: Requests in flight to a far server.
        memory: Bytes of objects in memory, and the last object beyond that.
    """

    near: int
    far: int
    memory: int

    @classmethod
    def of(cls, max_requests: int) -> LoopLimits:
        """The limits of one loop, with at most ``max_requests`` in flight."""
        return cls(min(NEAR_REQUESTS, max_requests), max_requests, SMALL_OBJECT_MEMORY)

    def share(self, processes: int) -> LoopLimits:
        """The limits of one of several processes with a loop each."""
        return LoopLimits(*(max(limit // processes, 1) for limit in self))


#: Open files that are not limited by the numbers above: standard streams, the journal, spooled tables, connections of
#: boto3 that are idle.
_OTHER_FILES = 32 + CONNECTIONS


def limit_by_open_files(wanted: int, files: int) -> int:
    """As many concurrent activities as the limit of open files allows; on macOS it is 256 by default.

    Args:
        wanted: How many are wanted.
        files: How many files and connections each needs.
    """
    try:
        import resource
    except ImportError:  # on Windows connections are not files
        return wanted
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if limit == resource.RLIM_INFINITY else max(min(wanted, (limit - _OTHER_FILES) // files), 1)
