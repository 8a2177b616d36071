"""Waiting for worker processes: for their answers and their ends, however many they are."""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from aind_lint.system import worker_wait

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the end of a process is a handle there")


@dataclass(eq=False)
class FakeWorker:
    """What is known of a worker process."""

    pipe: Any
    sentinel: int


@pytest.mark.parametrize("most", [3, 1000])
def test_answers_and_ends_are_found_among_many_workers(monkeypatch, most):
    monkeypatch.setattr(worker_wait, "_MAX_SOURCES", most)
    workers, others, ends = [], [], []
    for _ in range(6):
        pipe, other = multiprocessing.Pipe()
        sentinel, end = os.pipe()
        workers.append(FakeWorker(pipe, sentinel))
        others.append(other)
        ends.append(end)
    assert worker_wait.wait_for_workers([]) == []
    others[4].send("answer")
    os.close(ends[1])
    others[1].send("the last answer")
    assert sorted(map(workers.index, worker_wait.wait_for_workers(workers))) == [1, 4]
    for worker, other in zip(workers, others, strict=True):
        worker.pipe.close()
        other.close()
        os.close(worker.sentinel)
    for number, end in enumerate(ends):
        if number != 1:
            os.close(end)
