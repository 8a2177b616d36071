"""A baseline: the existing findings of a set of assets, counted by rule and file, so that only new findings fail.

Line numbers change with every edit, so a baseline stores counts, not positions. While a file has no more findings of a
rule than the baseline counts, those findings are suppressed. When it has more, all of them are reported, because a
count does not show which one is new. When it has fewer, the baseline is out of date, which is reported too. Findings
of rules that are mandatory for publishing are never suppressed.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aind_lint.bucket.address import is_s3
from aind_lint.config.config_file import display_path
from aind_lint.engine.selection import RuleIdentity
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import AssetReport, Report, Suppressed
from aind_lint.text.json_position import join_pointer, line_and_column, locate

FILE_NAME = "aind-lint-baseline.json"
FORMAT_VERSION = 1

_REASON = "counted in the baseline"
#: Asset, file in it ("" for the asset itself) and rule.
_CountKey = tuple[str, str, str]


@dataclass
class Baseline:
    """The counts of existing findings.

    Attributes:
        file: The baseline's file. Paths of assets are relative to its folder.
        counts: The number of findings by asset, file and rule.
        text: The content of the file.
        unmatched: After a run, how many counted findings matched no finding, or a finding that cannot be suppressed.
    """

    file: Path
    counts: Counter[_CountKey]
    text: str = ""
    unmatched: Counter[_CountKey] = field(default_factory=Counter)

    @classmethod
    def from_report(cls, report: Report, file: Path, rules: Sequence[RuleIdentity]) -> Baseline:
        """The baseline that suppresses every finding of a report that can be suppressed."""
        mandatory = {rule.id for rule in rules if rule.mandatory}
        counts: Counter[_CountKey] = Counter()
        for asset in report.assets:
            counts += _count_findings(asset, file)
        return cls(file, Counter({key: number for key, number in counts.items() if key[2] not in mandatory}))

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Read a baseline.

        Raises:
            UsageError: The file cannot be read, or is not a baseline of this format version.
        """
        try:
            text = file.read_text(encoding="utf-8-sig")
            content = json.loads(text)
        except OSError as error:
            hint = "; create it with 'aind-lint baseline'" if isinstance(error, FileNotFoundError) else ""
            raise UsageError(f"cannot read the baseline {display_path(file)}: {os_error_reason(error)}{hint}") from None
        except (ValueError, RecursionError):
            content = None
        try:
            counts = {
                (asset, key, rule): number
                for asset, files in content["assets"].items()
                for key, rules in files.items()
                for rule, number in rules.items()
            }
            if content["format_version"] == FORMAT_VERSION and all(type(n) is int and n > 0 for n in counts.values()):
                return cls(file, Counter(counts), text)
        except (LookupError, TypeError, AttributeError):
            pass
        raise UsageError(
            f"{display_path(file)} is not a baseline with format_version {FORMAT_VERSION}; "
            "create it again with 'aind-lint baseline'"
        )

    def to_json(self) -> str:
        """The content of the baseline's file, sorted so that its changes are easy to review."""
        assets: dict[str, dict[str, dict[str, int]]] = {}
        for (asset, key, rule), number in sorted(self.counts.items()):
            assets.setdefault(asset, {}).setdefault(key, {})[rule] = number
        return json.dumps({"format_version": FORMAT_VERSION, "assets": assets}, indent=1) + "\n"

    def apply(
        self,
        reports: Sequence[AssetReport],
        rules: Sequence[RuleIdentity],
        selected: Callable[[AssetReport], set[str]],
        complete_run: bool,
    ) -> None:
        """Move counted findings to the suppressed ones of each report, and record unmatched counts.

        Args:
            reports: The reports of a run.
            rules: All rules.
            selected: The ids of the rules that were selected for an asset.
            complete_run: Whether the run covers everything that the configuration is for. Only then are the counts of
                assets that no longer exist unmatched.
        """
        suppressible = {rule.id for rule in rules if not rule.mandatory}
        counted: dict[str, list[_CountKey]] = defaultdict(list)
        for key in self.counts:
            counted[key[0]].append(key)
        for report in reports:
            asset, found = _asset_path(report, self.file), _count_findings(report, self.file)
            suppressed = {key for key in found if key[2] in suppressible and found[key] <= self.counts[key]}
            findings, report.findings = report.findings, []
            for finding in findings:
                if (asset, finding.location.file or "", finding.rule) in suppressed:
                    report.suppressed.append(Suppressed(finding, _REASON))
                else:
                    report.findings.append(finding)
            checked = selected(report) - report.incomplete_rules
            for key in counted.pop(asset, []):
                matched = found[key] if key[2] in suppressible else 0
                if matched < self.counts[key] and (key[2] in checked or key[2] not in suppressible):
                    self.unmatched[key] += self.counts[key] - matched
        if complete_run:
            for asset, keys in counted.items():
                if not is_s3(asset) and not (self.file.parent / asset).exists():
                    self.unmatched += Counter({key: self.counts[key] for key in keys})

    def without_unmatched(self) -> Baseline:
        """The baseline without its unmatched counts."""
        return replace(self, counts=self.counts - self.unmatched, unmatched=Counter())

    def position_of(self, key: _CountKey) -> tuple[int, int]:
        """The line and column of a count in the file, from 1."""
        return line_and_column(self.text, locate(self.text, join_pointer(["assets", *key])).start)

    @property
    def display_path(self) -> str:
        """The path of the file, as messages show it."""
        return display_path(self.file)


def _count_findings(report: AssetReport, file: Path) -> Counter[_CountKey]:
    asset = _asset_path(report, file)
    return Counter((asset, finding.location.file or "", finding.rule) for finding in report.all_findings)


def _asset_path(report: AssetReport, file: Path) -> str:
    """The asset's ``s3://`` address, or its path relative to the folder of the baseline's file."""
    if is_s3(report.path):
        return report.path
    path = Path(report.path).resolve()
    try:
        return Path(os.path.relpath(path, file.resolve().parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return path.as_posix()
