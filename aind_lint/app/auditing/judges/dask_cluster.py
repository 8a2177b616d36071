"""Units of work on a cluster of Dask: a plain map of strings to strings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from aind_lint.app.auditing.judges.judge_environment import describe_difference, environment_json
from aind_lint.app.auditing.judges.unit_queue import UnitResult
from aind_lint.app.auditing.judges.worker import judge_unit
from aind_lint.errors import UsageError
from aind_lint.text.characters import one_line

_LOST = "the connection to the Dask scheduler was lost; run the audit again, and it continues where it was"

#: Seconds of one wait for results, and seconds after which a cluster without workers is given up.
_POLL_SECONDS, _WORKERS_SECONDS = 5, 300

_CLOSE_SECONDS = 10

#: Seconds to wait for the scheduler and its first worker.
_CONNECT_SECONDS = 30


def refuse_insecure(address: str, is_accepted: bool) -> None:
    """Refuse a scheduler that everyone in the network can give commands to.

    Raises:
        UsageError: It is neither on this machine nor reached by TLS, and the user has not accepted that.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if is_accepted or parts.scheme == "tls" or _is_loopback(parts.hostname or ""):
        return
    raise UsageError(
        f"the scheduler {address} is on another computer and does not use TLS. Everyone who can reach it can run "
        "programs on the workers, with their credentials. Use a scheduler at tls://, or add --insecure-scheduler if "
        "only trusted computers can reach it"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def run_on_cluster(
    parameters: Callable[[int], str], units: Iterator[tuple[int, str]], address: str | None, jobs: int
) -> Iterator[UnitResult]:
    """Judge units on a cluster; closing the iterator cancels what is left.

    Args:
        parameters: `JudgeParameters` as JSON, for a number of workers.
        units: Numbers and tasks as JSON; taken one by one, when a worker is free. A unit whose worker has died can be
            in it again, after its result was taken.
        address: The scheduler; None starts a cluster on this machine.
        jobs: The number of workers of the cluster on this machine.

    Raises:
        UsageError: There is no such cluster, or its workers have other versions.
    """
    with _connected(address, jobs) as client:
        given = parameters(_count_workers(client))
        environment = environment_json(given)
        _compare_workers(client, given, environment)
        pending: dict[Any, int] = {}
        while True:
            # One for each worker that is alive: Dask blames a death on every unit that its worker has.
            alive = max(1, _count_workers(client))
            while len(pending) < alive and (unit := next(units, None)) is not None:
                number, content = unit
                future = client.submit(judge_unit, given, content, environment, pure=False, key=f"unit-{number}")
                pending[future] = number
            if not pending:
                return
            for future in _wait(client, list(pending)):
                result = _result(future, pending.pop(future))
                _require_scheduler(client)
                yield result
                future.release()


def _wait(client: Any, futures: list[Any]) -> list[Any]:
    """The futures that are finished, at least one."""
    distributed: Any = import_module("distributed")  # without type annotations
    without_workers = 0
    while True:
        try:
            return list(distributed.wait(futures, _POLL_SECONDS, "FIRST_COMPLETED").done)
        except distributed.client.FuturesCancelledError:
            raise UsageError(_LOST) from None
        except TimeoutError:
            _require_scheduler(client)
            without_workers = 0 if _count_workers(client) else without_workers + 1
            if without_workers * _POLL_SECONDS >= _WORKERS_SECONDS:
                raise UsageError(
                    "the Dask cluster has no workers any more; start some, and run the audit again: it continues "
                    "where it was"
                ) from None


def _require_scheduler(client: Any) -> None:
    if client.status != "running":
        raise UsageError(_LOST)


def _count_workers(client: Any) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _result(future: Any, number: int) -> UnitResult:
    from distributed import KilledWorker

    try:
        return UnitResult(number, future.result())
    except KilledWorker:
        return UnitResult(number, None, "the worker process died")
    except Exception as error:  # whatever a worker of another machine raises
        return UnitResult(number, None, one_line(f"the worker failed: {type(error).__name__}: {error}", 300))


def _compare_workers(client: Any, parameters: str, environment: str) -> None:
    try:
        found = client.run(environment_json, parameters)
    except Exception as error:  # a worker without this package cannot even load the function
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise UsageError(
            f"a worker cannot run aind-lint ({reason}); install the same packages on every worker"
        ) from None
    for worker, theirs in sorted(found.items()):
        if difference := describe_difference(environment, theirs):
            raise UsageError(f"{worker}: {difference}")


@contextmanager
def _connected(address: str | None, jobs: int) -> Iterator[Any]:
    """A client of the scheduler at an address, or of a new cluster on this machine."""
    dask: Any = import_module("dask")
    import_module("distributed")
    # It logs a lost scheduler with tracebacks; the error of this program is one line.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    # The unit of a dead worker comes back in smaller ones. A scheduler that runs already has its own number of tries
    # for each, by default 4.
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        # Statistics for the dashboard, which is not started: samples every 10 ms, and of the system twice a second.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.interval": "10s",
    }
    with ExitStack() as stack:
        try:
            if address is None:
                stack.enter_context(dask.config.set(settings))
                client = _start_cluster(stack, jobs)
            else:
                client = _connect(stack, address)
        except (OSError, ValueError) as error:
            where = address or "of this machine"
            reason = one_line(str(error), 200) or type(error).__name__
            raise UsageError(f"cannot use the Dask scheduler {where}: {reason}") from None
        yield client


def _start_cluster(stack: ExitStack, jobs: int) -> Any:
    distributed: Any = import_module("distributed")
    cluster = distributed.LocalCluster(
        n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs="CRITICAL"
    )
    stack.callback(_close, cluster)
    return stack.enter_context(distributed.Client(cluster))


def _close(cluster: Any) -> None:
    """Close a cluster. While it starts a worker again it can wait without end; the worker ends with this process."""
    with suppress(TimeoutError):
        cluster.close(timeout=_CLOSE_SECONDS)


def _connect(stack: ExitStack, address: str) -> Any:
    distributed: Any = import_module("distributed")
    client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_SECONDS))
    try:
        client.wait_for_workers(1, _CONNECT_SECONDS)
    except TimeoutError:
        raise UsageError(f"the scheduler {address} has no workers; start some with 'dask worker'") from None
    return client
