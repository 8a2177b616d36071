"""How often the rules are wrong: 500 valid assets and uploads, and every kind of planted fault in several assets each.

    python benchmarks/false_alarms.py [ASSETS] [CASES]

Prints every finding on a valid asset, which is a false alarm, every planted fault that its rule did not find, and how
many errors a report shows for one fault. Findings with one cause are shown as one.
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

from tests.generator.check_assets import (  # noqa: E402
    Outcome,
    can_be_uploaded,
    check_drawn,
    check_uploads,
    try_planted,
)
from tests.generator.planted import Planted, planted_faults  # noqa: E402

#: What uploads are, by the file that is checked.
_UPLOADS = {
    "complete_manifest.yml": "manifests of the older dialect",
    "rig_manifest.yml": "manifests with the sidecars of the rig alone",
    "manifest_newer.yaml": "manifests of the newer dialect",
    "request.json": "job requests",
    "jobs.csv": "job tables",
    "jobs.xlsx": "job spreadsheets",
}


def valid(seed: int) -> list[tuple[str, str, str, list[str]]]:
    """For every asset and upload of a seed: its generation, level, modalities, and the findings of the rules."""
    assets: dict[str, tuple[str, str, str, list[str]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for report in check_drawn(seed, Path(folder)):
            kind = (str(report.generation), str(report.level), "+".join(report.modalities))
            said = [f"seed {seed} {report.name}: {finding.rule} {finding.message}" for finding in report.findings]
            said += [
                f"seed {seed} {report.name}: {item.rule} not checked"
                for item in report.not_checked
                if item.rule != "FMT220"  # not every acquisition states the size of a voxel
            ]
            said += [f"seed {seed} {report.name}: {crash.rule} crashed" for crash in report.crashes]
            assets[report.path] = (*kind, assets.get(report.path, (*kind, []))[3] + said)
        if seed % 5 == 0 and can_be_uploaded(seed):
            for file, report in check_uploads(seed, Path(folder) / "uploads"):
                said = [f"seed {seed} {file}: {finding.rule} {finding.message}" for finding in report.findings]
                said += [f"seed {seed} {file}: {crash.rule} crashed" for crash in report.crashes]
                assets[file] = ("of any generation", f"{_UPLOADS[file]}", "+".join(report.modalities), said)
    return list(assets.values())


def planted(case: tuple[Planted, int]) -> tuple[Planted, Outcome]:
    """One planted fault and what it brought."""
    fault, number = case
    with tempfile.TemporaryDirectory() as folder:
        return fault, try_planted(fault, number, Path(folder))


def main() -> None:
    """Print both tables."""
    assets, cases = (int(argument) for argument in (*sys.argv[1:], "500", "5")[:2])
    with ProcessPoolExecutor(2) as pool:
        drawn = (asset for some in pool.map(valid, range(assets)) for asset in some)
        checked = list(islice(drawn, assets))
        kinds = Counter((generation, level) for generation, level, _, _ in checked)
        alarms = [alarm for *_, said in checked for alarm in said]
        print(*alarms, sep="\n")
        print(f"{len(checked)} valid assets and uploads; assets are checked as candidates and as check takes them")
        print(f"  {', '.join(f'{count} {level} {generation}' for (generation, level), count in sorted(kinds.items()))}")
        print(f"  {len({modality for _, _, some, _ in checked for modality in some.split('+')})} modalities")
        print(f"  findings: {len(alarms)}")
        faults = planted_faults()
        outcomes = list(pool.map(planted, [(fault, number) for fault in faults for number in range(cases)]))
    missed = [f"not found: {fault.name}: {outcome}" for fault, outcome in outcomes if fault.rule not in outcome.fired]
    cascades = [
        f"other errors: {fault.name}: {outcome}" for fault, outcome in outcomes if not outcome.is_only(fault.rule)
    ]
    print(*missed, *cascades, sep="\n")
    alone = sum(outcome.is_only(fault.rule) for fault, outcome in outcomes)
    clear = sum(outcome.is_first(fault.rule) and len(outcome.errors) <= 2 for fault, outcome in outcomes)
    shown = [len(outcome.errors) for _, outcome in outcomes]
    violated = [sum(map(len, outcome.errors)) for _, outcome in outcomes]
    print(
        f"{len(faults)} kinds of planted faults of {len({fault.rule for fault in faults})} rules, {cases} assets each"
    )
    print(f"  found by their rule: {len(outcomes) - len(missed)} of {len(outcomes)}")
    print(f"  no other error: {alone} of {len(outcomes)} ({alone / len(outcomes):.1%})")
    print(f"  the first error is the cause, and at most one other is shown: {clear / len(outcomes):.1%}")
    print(f"  errors shown: mean {sum(shown) / len(shown):.2f}, worst {max(shown)}")
    print(f"  findings in them: mean {sum(violated) / len(violated):.2f}, worst {max(violated)}")


if __name__ == "__main__":
    main()
