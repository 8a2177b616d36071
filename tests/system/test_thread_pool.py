"""Work in many threads: bounded, ended by the first failure, never further ahead than it has hands."""

from __future__ import annotations

import threading
import time
from threading import Event

import pytest

from aind_lint.system.thread_pool import run_in_threads


@pytest.mark.parametrize("limit", [1, 4, 64])
def test_everything_is_done_once(limit: int) -> None:
    done: list[int] = []
    run_in_threads(range(1000), done.append, limit, Event())
    assert sorted(done) == list(range(1000))


def test_items_are_taken_when_a_thread_is_free() -> None:
    taken = finished = most = 0

    def items():
        nonlocal taken, most
        for number in range(500):
            taken += 1
            most = max(most, taken - finished)
            yield number

    def act(number: int) -> None:
        nonlocal finished
        time.sleep(0.001)
        finished += 1

    run_in_threads(items(), act, 8, Event())
    assert most <= 9


def test_slow_steps_add_threads_up_to_the_limit() -> None:
    names: set[str] = set()

    def act(number: int) -> None:
        names.add(threading.current_thread().name)
        time.sleep(0.03)

    run_in_threads(range(200), act, 40, Event())
    assert 16 < len(names) <= 40


@pytest.mark.parametrize("limit", [1, 8])
def test_the_first_failure_is_raised_and_ends_the_work(limit: int) -> None:
    done: list[int] = []

    def act(number: int) -> None:
        if number == 20:
            raise RuntimeError("out of order")
        time.sleep(0.002)
        done.append(number)

    with pytest.raises(RuntimeError, match="out of order"):
        run_in_threads(range(10_000), act, limit, Event())
    assert len(done) < 100


def test_a_failure_is_raised_while_another_step_hangs() -> None:
    released, ended = Event(), []

    def act(number: int) -> None:
        if number == 1:
            raise RuntimeError("out of order")
        released.wait(60)
        ended.append(number)

    with pytest.raises(RuntimeError):
        run_in_threads(range(4), act, 4, Event())
    assert not ended
    released.set()
