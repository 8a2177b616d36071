"""The judge of a full audit: units of work, given to an engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from aind_lint.app.auditing.judges.judge_environment import DIGESTS, environment_of
from aind_lint.app.auditing.judges.local_processes import run_here, run_in_processes
from aind_lint.app.auditing.judges.unit_messages import (
    JudgeParameters,
    unknown_verdicts,
    verdicts_from_json,
)
from aind_lint.app.auditing.judges.unit_queue import MAX_TRIES, UnitQueue, UnitResult
from aind_lint.audit.asset_task import AssetTask, AssetVerdict
from aind_lint.errors import BucketError, UsageError


class FullJudge:
    """Reads the sidecars of assets, and runs every rule.

    Attributes:
        environment: A hash over everything that a verdict depends on, apart from the bucket and the time.
        packages: Versions of the packages that affect the result.
        rules: None, because it runs every rule.
    """

    rules: frozenset[str] | None = None

    def __init__(
        self,
        parameters: JudgeParameters,
        engine: str = "local",
        jobs: int = 1,
        insecure_scheduler: bool = False,
        needs_workers: bool = False,
    ) -> None:
        """What to judge, and where.

        Args:
            parameters: What all units share.
            engine: ``local``, ``dask``, or ``dask=ADDRESS`` of a scheduler.
            jobs: The number of workers on this machine.
            insecure_scheduler: Whether a scheduler on another computer may be used without TLS.
            needs_workers: Whether the rules must not run in this process, which an asset could end.

        Raises:
            UsageError: The scheduler is not safe, or packages for it are missing.
        """
        self._parameters = parameters
        self._jobs = jobs
        self._needs_workers = needs_workers
        self._is_local = engine == "local"
        self._scheduler = engine.partition("=")[2] or None
        if not self._is_local:
            _require_dask()
            from aind_lint.app.auditing.judges.dask_cluster import refuse_insecure

            if self._scheduler is not None:
                refuse_insecure(self._scheduler, insecure_scheduler)
        versions = environment_of(parameters)
        self.packages = {name: version for name, version in versions.items() if name not in DIGESTS}
        content = {**versions, "parameters": parameters.verdict_inputs()}
        self.environment = hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()

    def judge(self, tasks: Iterable[AssetTask]) -> Iterator[AssetVerdict]:
        """One verdict for each task. Closing the iterator ends the workers.

        Raises:
            BucketError: The bucket cannot be read at all.
            UsageError: A rule or the configuration is invalid, or the cluster cannot be used.
        """
        local: list[AssetTask] = []
        remaining = tasks if self._is_local else _without_parts(tasks, local)
        yield from self._judge(remaining, self._run)
        yield from self._judge(local, self._run_alone)

    def _judge(
        self, tasks: Iterable[AssetTask], run: Callable[[UnitQueue], Iterator[UnitResult]]
    ) -> Iterator[AssetVerdict]:
        queue = UnitQueue(tasks)
        for result in run(queue):
            if result.answer is None:
                given_up = queue.try_again(result.number)
                yield from unknown_verdicts(given_up, f"tried {MAX_TRIES} times: {result.reason}")
                continue
            queue.finish(result.number)
            answer = json.loads(result.answer)
            if "error" in answer:
                raise (BucketError if answer["exit_code"] == BucketError.exit_code else UsageError)(answer["error"])
            yield from verdicts_from_json(json.dumps(answer["verdicts"]))

    def _run(self, queue: UnitQueue) -> Iterator[UnitResult]:
        # A worker needs about 2 s of CPU time to start, in which this process judges more than a unit.
        is_small = (self._is_local and self._jobs == 1) or (self._scheduler is None and queue.is_short())
        if is_small:
            return self._run_alone(queue)
        if not self._is_local:
            from aind_lint.app.auditing.judges.dask_cluster import run_on_cluster

            return run_on_cluster(self._shared, queue, self._scheduler, self._jobs)
        return run_in_processes(self._shared(self._jobs), queue, self._jobs)

    def _run_alone(self, queue: UnitQueue) -> Iterator[UnitResult]:
        """Judge one unit after the other on this machine."""
        if self._needs_workers:
            return run_in_processes(self._shared(1), queue, 1)
        return run_here(self._shared(1), queue)

    def _shared(self, workers: int) -> str:
        """The parameters of each of some workers."""
        rate = self._parameters.max_requests_per_second
        return replace(self._parameters, max_requests_per_second=rate and rate / workers).to_json()


def _without_parts(tasks: Iterable[AssetTask], local: list[AssetTask]) -> Iterator[AssetTask]:
    """Tasks that workers on other machines can judge; those whose rows are in files here are added to ``local``."""
    for task in tasks:
        if task.keys is None:
            local.append(task)
        else:
            yield task


def _require_dask() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UsageError("--engine dask needs the package distributed; run: pip install 'aind-lint[audit]'") from None
