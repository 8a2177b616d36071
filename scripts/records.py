"""How often each rule fires on a folder of real records, as a page of the documentation.

Usage: ``python scripts/records.py RECORDS > docs/records.md``. RECORDS holds ``<record>/<asset name>/<kind>.json``, as
the public test data of aind-metadata-upgrader does; the page names none of the records.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from aind_lint.app.check import check
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.finding import Report, Severity

_HEAD = """# The rules on real records

{assets} metadata records of the Allen Institute for Neural Dynamics ({years}, metadata {generations}) were checked.
They hold sidecars only, so rules that need data or a bucket find nothing here. Many of them had been kept because they
are difficult: they are no sample of how often a fault occurs. This page is made by `scripts/records.py`.

Each is checked with the profile that its metadata calls for ({profiles}): an older one is judged more mildly.

| rule | | assets | errors | warnings | notes |
| --- | --- | ---: | ---: | ---: | ---: |
"""

_LEARNED = """
## What looking at the findings changed

Of each rule on consistency and separation, ten findings (or all, where there are fewer) were compared with the files.
What blamed a good asset was removed or made milder:

- CON204 passes over perfusions, which come after every recording; that was 17 of its 18 findings.
- CON402 to CON404 take `ophys` for `pophys`, and other words for those that took their place.
- CON402 and CON403 are warnings before metadata 2.x: rigs of that time record behavior without a stream of its own.
- CON102 is a note in older assets: a rig is described once and then used for years.
- CON202 and CON104 bear a minute, because several computers write the times.
- All rules on times take a time without a zone for the rig's or for UTC, whichever makes it right.
- CON301 looks for a device in procedures too (fibers), and under the names of assemblies.

What is left is in the files: other rigs, cameras called otherwise than in the rig, clocks of twelve hours.
"""


def page(report: Report, rules: Iterable[LoadedRule]) -> str:
    """The table: one line for every rule that fired, and the names of those that did not."""
    assets: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, Counter[Severity]] = defaultdict(Counter)
    for asset in report.assets:
        for finding in asset.findings:
            assets[finding.rule].add(asset.path)
            counts[finding.rule][finding.severity] += 1
    profiles = Counter(asset.profile for asset in report.assets)
    generations = sorted({asset.generation for asset in report.assets if asset.generation})
    years = sorted(year for asset in report.assets if (year := _year(asset.name or "")))
    text = _HEAD.format(
        assets=len(report.assets),
        years=f"{years[0]} to {years[-1]}",
        generations=", ".join(generations),
        profiles=", ".join(f"{count} {profile}" for profile, count in sorted(profiles.items())),
    )
    silent = []
    for one in sorted(rules, key=lambda one: one.id):
        if one.id not in counts:
            silent.append(one.id)
            continue
        numbers = " | ".join(str(counts[one.id][severity] or "") for severity in Severity)
        text += f"| {one.id} | {one.rule.name} | {len(assets[one.id])} | {numbers} |\n"
    return f"{text}\nNo finding: {', '.join(silent)}.\n{_LEARNED}"


def _year(name: str) -> str | None:
    return next((part[:4] for part in name.split("_") if part[:4].isdigit() and part[4:5] == "-"), None)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        config = Path(folder) / "aind-lint.toml"
        config.write_text('data = "absent"\n', encoding="utf-8")
        print(page(check(sys.argv[1:], config=config), load_rules()), end="")
