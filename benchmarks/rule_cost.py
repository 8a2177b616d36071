"""What the whole catalog of rules costs, against schema validation alone, and what 100,000 files add to a check.

Rules are loaded and schemas are compiled before the clock starts, as when the second asset of a run is checked; every
round reads the sidecars anew. Time is CPU time, which other work on the machine disturbs less.

Usage: ``python benchmarks/rule_cost.py [ASSET...]``; without one, the project's own assets of metadata 1.x and of 2.x
with seven sidecars are taken. The rules run without the models, as with ``--fast``, and with them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from listing import make_asset
from verdicts import numbered_asset

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import base_tree
from aind_lint.sidecar.reader import read_small_sidecar

PAIRS, FILES = 40, 100_000
RULES = load_rules()
#: The rules that validate, without the models and with them.
SCHEMA, MODELS = frozenset({"SCH201"}), frozenset({"SCH201", "SCH203"})


def milliseconds(call: Callable[[], object]) -> float:
    """CPU time of one call."""
    started = time.process_time()
    call()
    return (time.process_time() - started) * 1000


@cache
def runner(selected: frozenset[str] | None) -> RuleRunner:
    """What runs the rules of a selection over every asset of a run."""
    return RuleRunner(RULES, None if selected is None else set(selected))


def run(path: Path, selected: frozenset[str] | None, fast: bool = False) -> None:
    """Check an asset that is read anew, with all rules or some."""
    read_small_sidecar.cache_clear()  # as if no other asset had the same sidecar
    context = CheckContext(fast=fast, contents="none" if fast else "sample")
    runner(selected).run(Asset(scan_folder(path)), context, "candidate")


def compare(path: Path) -> None:
    """Print what all rules cost for one asset, and which of them cost the most."""
    for label, fast, validation in (("without models", True, SCHEMA), ("with models", False, MODELS)):
        run(path, None, fast)
        pairs = [
            (milliseconds(lambda: run(path, None, fast)), milliseconds(lambda: run(path, validation, fast)))  # noqa: B023
            for _ in range(PAIRS)
        ]
        ratio = statistics.median(whole / schema for whole, schema in pairs)
        whole, schema = (statistics.median(column) for column in zip(*pairs, strict=True))
        times = f"{whole:.1f} ms, {schema:.1f} ms; {len(RULES)} rules"
        print(f"{path.name}, {label}: {ratio:.2f} x validation alone ({times})")
    asset = Asset(scan_folder(path))
    runner(None).run(asset, CheckContext(), "candidate")
    costs = {one.id: min(milliseconds(lambda one=one: list(_check(one, asset))) for _ in range(5)) for one in RULES}
    slowest = sorted(costs, key=costs.__getitem__, reverse=True)[:6]
    print("  slowest, sidecars read: " + ", ".join(f"{rule} {costs[rule]:.2f} ms" for rule in slowest))


def _check(one: object, asset: Asset) -> object:
    try:
        return list(one.verb.check(asset, one.options, CheckContext()))  # type: ignore[attr-defined]
    except (AssertionError, AttributeError):  # it judges a destination, or the run
        return ()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        own = [tree.write(Path(temporary)) for tree in (base_tree("raw-1x"), numbered_asset(0))]
        for path in [Path(argument) for argument in sys.argv[1:]] or own:
            compare(path)
        small, large = make_asset(Path(temporary) / "small", 10), make_asset(Path(temporary) / "large", FILES)
        added = [milliseconds(lambda: run(large, None)) - milliseconds(lambda: run(small, None)) for _ in range(5)]
        print(f"{FILES:,} files add {statistics.median(added) / 1000:.2f} s to a check, listing included (median of 5)")
