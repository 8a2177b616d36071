"""How often the rules are wrong: 500 valid assets, and every kind of planted fault in several assets each.

    python benchmarks/false_alarms.py [ASSETS] [CASES]

Prints every finding on a valid asset, which is a false alarm, every planted fault that its rule did not find, and how
often no other rule reported an error.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
warnings.simplefilter("ignore")

from tests.generator.check_assets import check_drawn, try_planted  # noqa: E402
from tests.generator.planted import Planted, planted_faults  # noqa: E402


def valid(seed: int) -> list[tuple[str, str, str, list[str]]]:
    """For every asset of a seed: its generation, level, modalities, and the findings of the rules."""
    assets: dict[str, tuple[str, str, str, list[str]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for report in check_drawn(seed, Path(folder)):
            kind = (str(report.generation), str(report.level), "+".join(report.modalities))
            said = [f"seed {seed} {report.name}: {finding.rule} {finding.message}" for finding in report.findings]
            said += [f"seed {seed} {report.name}: {item.rule} not checked" for item in report.not_checked]
            said += [f"seed {seed} {report.name}: {crash.rule} crashed" for crash in report.crashes]
            assets[report.path] = (*kind, assets.get(report.path, (*kind, []))[3] + said)
    return list(assets.values())


def planted(case: tuple[Planted, int]) -> tuple[str, bool, bool, str]:
    """For one planted fault: what it is, whether its rule found it, whether only that rule did, and the outcome."""
    fault, number = case
    with tempfile.TemporaryDirectory() as folder:
        outcome = try_planted(fault, number, Path(folder))
    return f"{fault.rule} {fault.name}", fault.rule in outcome.fired, outcome.only, str(outcome)


def main() -> None:
    """Print both tables."""
    assets, cases = (int(argument) for argument in (*sys.argv[1:], "500", "5")[:2])
    with ProcessPoolExecutor(2) as pool:
        drawn = (asset for some in pool.map(valid, range(assets)) for asset in some)
        checked = list(islice(drawn, assets))
        kinds = Counter((generation, level) for generation, level, _, _ in checked)
        alarms = [alarm for *_, said in checked for alarm in said]
        print(*alarms, sep="\n")
        print(f"{len(checked)} valid assets, each checked as a candidate and with the profile that check chooses")
        print(f"  {', '.join(f'{count} {level} {generation}' for (generation, level), count in sorted(kinds.items()))}")
        print(f"  {len({modality for _, _, some, _ in checked for modality in some.split('+')})} modalities")
        print(f"  findings: {len(alarms)}")
        faults = planted_faults()
        outcomes = list(pool.map(planted, [(fault, number) for fault in faults for number in range(cases)]))
    missed = [f"not found: {name}: {outcome}" for name, found, _, outcome in outcomes if not found]
    cascades = [f"other errors: {name}: {outcome}" for name, found, only, outcome in outcomes if found and not only]
    print(*missed, *cascades, sep="\n")
    alone = sum(only for _, found, only, _ in outcomes if found)
    print(
        f"{len(faults)} kinds of planted faults of {len({fault.rule for fault in faults})} rules, {cases} assets each"
    )
    print(f"  found by their rule: {len(outcomes) - len(missed)} of {len(outcomes)}")
    print(f"  no other error: {alone} of {len(outcomes)} ({alone / len(outcomes):.1%})")


if __name__ == "__main__":
    main()
