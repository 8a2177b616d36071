"""Several publishers of one asset at once, with equal or different content, one of them perhaps killed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.commands import Command, CommandResult
from tests.faulty_server import FaultServer
from tests.publication.disturbed import (
    Bench,
    assert_careful,
    assert_committed,
    assert_kept,
    files_of,
    is_visible,
    naming,
    write_asset_of_all_sizes,
)


def race(
    bench: Bench,
    assets: Sequence[Path],
    chance: random.Random,
    faults: FaultServer | None = None,
    kill_within: float | None = None,
) -> int:
    """Publish all of ``assets``, copies under one name, at once, and see that all is well.

    Args:
        bench: Where to, empty.
        assets: The copies; equal or different in content.
        chance: For the choice of whom to kill and when.
        faults: The server between, whose record is looked at.
        kill_within: Kill one of them at a random moment within so many seconds.

    Returns:
        How many of them said that they have published the asset, or that it is published.
    """
    if faults:
        faults.reset()
    victim = chance.randrange(len(assets)) if kill_within else None
    commands = [bench.start(asset, state=f"state-{n}") for n, asset in enumerate(assets)]
    if kill_within is not None and victim is not None and not commands[victim].wait(chance.uniform(0, kill_within)):
        commands[victim].kill()
    done = [_result(command) for command in commands]
    with naming("codes", [one.code for one in done], "killed:", victim):
        if faults:
            assert_careful(faults.wait_until_idle())
        objects = bench.objects()
        if len({tuple(files_of(asset).items()) for asset in assets}) == 1:
            _assert_equal_end_well(bench, assets, done, victim, objects)
        else:
            _assert_one_wins(bench, assets, done, victim, objects)
        assert bench.unfinished_uploads() == 0, "an upload in parts is left open"
    return sum(one.code == 0 for one in done)


def _result(command: Command) -> CommandResult:
    done = command.result()
    assert "internal error" not in done.output and "Traceback" not in done.output, done.output
    return done


def _survivors(done: Sequence[CommandResult], victim: int | None) -> list[CommandResult]:
    return [one for number, one in enumerate(done) if number != victim or one.code != -9]


def _assert_equal_end_well(
    bench: Bench, assets: Sequence[Path], done: Sequence[CommandResult], victim: int | None, objects: dict[str, bytes]
) -> None:
    for one in _survivors(done, victim):
        assert one.code == 0, one.output
    assert_committed(objects, assets[0])


def _assert_one_wins(
    bench: Bench, assets: Sequence[Path], done: Sequence[CommandResult], victim: int | None, objects: dict[str, bytes]
) -> None:
    winners = [number for number, one in enumerate(done) if one.code == 0]
    for one in _survivors(done, victim):
        assert one.code in (0, 5), one.output
    assert len(winners) <= 1, f"{len(winners)} publishers say that theirs was committed"
    if not winners:
        # Only the one that was killed can have had the claim; it may be run again, and then it ends well.
        assert victim is not None and done[victim].code == -9, "no publisher won"
        again = bench.publish(assets[victim], state=f"state-{victim}")
        if again.code == 0:
            winners = [victim]
        assert winners, f"no publisher can finish: {again.output}"
        later = bench.objects()
        if is_visible(objects, assets[0].name):
            assert_kept(objects, later)
        objects = later
    assert_committed(objects, assets[winners[0]])


def contenders(folder: Path, number: int, equal: bool) -> list[Path]:
    """Copies of one asset, each in a folder of its own; in different ones another file is another."""
    return [
        write_asset_of_all_sizes(
            folder / f"rig-{n}",
            **({} if equal else {"behavior/trials.csv": f"trial {n}\n".encode(), f"behavior/of-{n}.csv": b"mine"}),
        )
        for n in range(number)
    ]
