"""How many requests, threads and open files exist at the same time, and why."""

from __future__ import annotations

MAX_REQUESTS = 256
NEAR_REQUESTS = 64
FAR_SECONDS = 0.01
MAX_THREADS = 256
_OTHER_FILES = 96


def limit_by_open_files(wanted: int, files: int) -> int:
    """As many concurrent activities as the limit of open files allows; macOS begins with 256.

    Args:
        wanted: How many are wanted.
        files: How many files and connections each needs.
    """
    try:
        import resource
    except ImportError:  # on Windows connections are no files
        return wanted
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if limit == resource.RLIM_INFINITY else max(min(wanted, (limit - _OTHER_FILES) // files), 1)
