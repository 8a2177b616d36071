"""Findings that were there before: counted by rule and file, so that only new ones fail.

Lines move with every edit, so places are not remembered. As long as a file has no more findings of a rule than it had,
they are silenced; when it has more, all are told, because nobody can say which one is new. Findings of rules that are
mandatory for publishing are never silenced.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aind_lint.bucket.address import is_s3
from aind_lint.config.file import shown_path
from aind_lint.engine.selection import Named
from aind_lint.errors import UsageError
from aind_lint.finding import AssetReport, Finding, Report, Suppressed

FILE_NAME = "aind-lint-baseline.json"
FORMAT_VERSION = 1

_REASON = "it was there before: the baseline counts it"
#: Asset, file in it ("" for the asset itself) and rule.
_Place = tuple[str, str, str]


@dataclass(frozen=True)
class Baseline:
    """The findings that were there before.

    Attributes:
        folder: The folder of its file, from which paths count.
        counts: How many findings each place had.
    """

    folder: Path
    counts: Counter[_Place]

    @classmethod
    def of(cls, report: Report, folder: Path, rules: Sequence[Named]) -> Baseline:
        """The baseline that silences all findings of a run that can be silenced."""
        mandatory = {rule.id for rule in rules if rule.mandatory}
        return cls(
            folder,
            Counter(
                _place(asset, finding, folder)
                for asset in report.assets
                for finding in asset.findings
                if finding.rule not in mandatory
            ),
        )

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Read a baseline.

        Raises:
            UsageError: It cannot be read, or is none.
        """
        try:
            content = json.loads(file.read_bytes())
        except OSError as error:
            hint = "; 'aind-lint baseline' writes one" if isinstance(error, FileNotFoundError) else ""
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot read the baseline {shown_path(file)}: {reason}{hint}") from None
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
                return cls(file.resolve().parent, Counter(counts))
        except (LookupError, TypeError, AttributeError):
            pass
        raise UsageError(f"{shown_path(file)} is no baseline of this version; write it anew by 'aind-lint baseline'")

    def to_json(self) -> str:
        """The baseline as its file holds it, sorted so that a change of it can be read."""
        assets: dict[str, dict[str, dict[str, int]]] = {}
        for (asset, key, rule), number in sorted(self.counts.items()):
            assets.setdefault(asset, {}).setdefault(key, {})[rule] = number
        return json.dumps({"format_version": FORMAT_VERSION, "assets": assets}, indent=1) + "\n"

    def apply(self, reports: Iterable[AssetReport], rules: Sequence[Named]) -> None:
        """Move the findings that were there before out of the findings of each asset."""
        mandatory = {rule.id for rule in rules if rule.mandatory}
        for report in reports:
            now = Counter(_place(report, finding, self.folder) for finding in report.findings)
            kept = []
            for finding in report.findings:
                place = _place(report, finding, self.folder)
                if finding.rule not in mandatory and now[place] <= self.counts[place]:
                    report.suppressed.append(Suppressed(finding, _REASON))
                else:
                    kept.append(finding)
            report.findings = kept


def _place(asset: AssetReport, finding: Finding, folder: Path) -> _Place:
    where = asset.path
    if not is_s3(where):
        try:
            where = Path(os.path.relpath(Path(where).resolve(), folder.resolve())).as_posix()
        except ValueError:  # on another drive of Windows
            where = Path(where).resolve().as_posix()
    return where, finding.location.file or "", finding.rule
