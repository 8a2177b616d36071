"""A command leaves the process as it found it."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from aind_lint.cli.terminal import signals_as_interrupt
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, broken, run, run_here


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None], ids=["ignored", "handled"])
def test_the_sigterm_handler_is_restored(handler: signal.Handlers, tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    previous = signal.signal(signal.SIGTERM, handler)
    try:
        assert run_here(tmp_path, "publish", RAW_2X, "--to", "./bucket", "--dry-run").returncode == 0
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, previous)


def test_the_sigterm_handler_is_restored_after_an_error(tmp_path: Path) -> None:
    previous = signal.getsignal(signal.SIGTERM)
    assert run_here(tmp_path, "publish", "missing", "--to", "./bucket", "--yes").returncode == 2
    assert signal.getsignal(signal.SIGTERM) is previous


def test_sigterm_interrupts_the_block() -> None:
    with pytest.raises(KeyboardInterrupt), signals_as_interrupt():
        signal.raise_signal(signal.SIGTERM)


def test_no_handler_is_set_in_another_thread() -> None:
    handlers = []

    def run() -> None:
        with signals_as_interrupt():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGTERM)]


def test_an_exported_number_of_columns_does_not_break_the_lines_of_a_pipe(tmp_path: Path) -> None:
    broken().write(tmp_path)
    whole = run_here(tmp_path, "check", RAW_0X, "--fast").stdout
    assert max(map(len, whole.splitlines())) > 100
    assert run_here(tmp_path, "check", RAW_0X, "--fast", COLUMNS="40").stdout == whole
    assert run_here(tmp_path, "check", RAW_0X, "--fast", AIND_LINT_COLUMNS="40").stdout != whole


def test_the_null_device_confirms_nothing(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    done = run(tmp_path, "publish", RAW_2X, "--to", "./bucket")  # on Windows its input calls itself a terminal
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "without a terminal to confirm it, add --yes" in done.stderr
