"""Count how often each rule fires on a folder of real records, as a page of the documentation.

Usage: ``python scripts/records.py RECORDS > docs/records.md``. RECORDS contains ``<record>/<asset name>/<kind>.json``,
like the public test data of aind-metadata-upgrader. The page does not name the records.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from aind_lint.app.checking.check import check
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.finding import Report, Severity

_HEAD = """# The rules on real records

{assets} metadata records of the Allen Institute for Neural Dynamics ({years}, metadata {generations}) were checked.
They contain only sidecars, so rules that need data or a bucket are not checked. Many of them were collected because
they are difficult, so the numbers do not show how often a problem occurs. `scripts/records.py` generates this page.

Each record is checked with the profile of its metadata ({profiles}). Some rules are less severe for older metadata.

| rule | name | assets | share of assets | errors | warnings | infos |
| --- | --- | ---: | --- | ---: | ---: | ---: |
"""

#: Characters of the bar of a rule that fires on every asset.
_BAR_LENGTH = 20

_CHANGES = """
## Rules that changed after a review of the findings

For each rule on consistency and separation, ten findings (or all, if there were fewer) were compared with the files.
Rules that rejected valid assets were changed:

- CON204 ignores perfusions, which come after every recording. They were 17 of its 18 findings.
- CON402 to CON404 accept `ophys` for `pophys`, and other former names of modalities.
- CON402 and CON403 are warnings before metadata 2.x, because those rigs recorded behavior without a separate stream.
- CON102 is an info for older assets, because a rig is described once and then used for years.
- CON202 and CON104 tolerate a difference of one minute, because several computers write the times.
- All rules on times accept a time without an offset if it is correct in the time zone of the rig or in UTC.
- CON204 ignores entries without procedures, of the day of the perfusion, and later water restrictions.
- CON604 does not read the experimenters of processes, because pipelines write "unknown" there.
- CON701 is a warning, because the transfer service itself writes absolute output paths before metadata 3.x.
- CON301 also searches procedures (fibers) and the names of assemblies for a device.

The remaining findings are problems of the files: wrong rigs, cameras with other names than in the rig, 12-hour times.
"""


def page(report: Report, rules: Iterable[LoadedRule]) -> str:
    """The page: a table with a row for every rule that fired, and a list of the others."""
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
    without_findings = []
    for rule in sorted(rules, key=lambda rule: rule.id):
        if rule.id not in counts:
            without_findings.append(rule.id)
            continue
        numbers = " | ".join(str(counts[rule.id][severity] or "") for severity in Severity)
        share = len(assets[rule.id]) / len(report.assets)
        bar = "█" * max(1, round(_BAR_LENGTH * share))
        text += f"| {rule.id} | {rule.rule.name} | {len(assets[rule.id])} | {bar} {share:.0%} | {numbers} |\n"
    return f"{text}\nNo finding: {', '.join(without_findings)}.\n{_CHANGES}"


def _year(name: str) -> str | None:
    return next((part[:4] for part in name.split("_") if part[:4].isdigit() and part[4:5] == "-"), None)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        config = Path(folder) / "aind-lint.toml"
        config.write_text('data = "absent"\n', encoding="utf-8")
        print(page(check(sys.argv[1:], config=config), load_rules()), end="")
