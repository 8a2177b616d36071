"""Findings that were there before: counted by rule and file, so that only new ones fail.

Lines move with every edit, so places are not remembered. As long as a file has no more findings of a rule than it had,
they are silenced; when it has more, all are told, because nobody can say which one is new. When it has fewer, the
baseline counts too many, which is told as well. Findings of rules that are mandatory for publishing are never silenced.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aind_lint.bucket.address import is_s3
from aind_lint.config.file import shown_path
from aind_lint.engine.selection import Named
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import AssetReport, Report, Suppressed
from aind_lint.text.json_position import join_pointer, line_and_column, locate

FILE_NAME = "aind-lint-baseline.json"
FORMAT_VERSION = 1

_REASON = "it was there before: the baseline counts it"
#: Asset, file in it ("" for the asset itself) and rule.
_Place = tuple[str, str, str]


@dataclass
class Baseline:
    """The findings that were there before.

    Attributes:
        file: Its file; paths count from the folder of it.
        counts: How many findings each place had.
        text: What the file holds.
        excess: After a run, how many of them it could not silence there: they are gone, or nothing silences them.
    """

    file: Path
    counts: Counter[_Place]
    text: str = ""
    excess: Counter[_Place] = field(default_factory=Counter)

    @classmethod
    def of(cls, report: Report, file: Path, rules: Sequence[Named]) -> Baseline:
        """The baseline that silences all findings of a run that can be silenced."""
        mandatory = {rule.id for rule in rules if rule.mandatory}
        counts: Counter[_Place] = Counter()
        for asset in report.assets:
            counts += _found(asset, file)
        return cls(file, Counter({place: number for place, number in counts.items() if place[2] not in mandatory}))

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Read a baseline.

        Raises:
            UsageError: It cannot be read, or is none.
        """
        try:
            text = file.read_text(encoding="utf-8")
            content = json.loads(text)
        except OSError as error:
            hint = "; 'aind-lint baseline' writes one" if isinstance(error, FileNotFoundError) else ""
            reason = os_error_reason(error)
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
                return cls(file, Counter(counts), text)
        except (LookupError, TypeError, AttributeError):
            pass
        raise UsageError(f"{shown_path(file)} is no baseline of this version; write it anew by 'aind-lint baseline'")

    def to_json(self) -> str:
        """The baseline as its file holds it, sorted so that a change of it can be read."""
        assets: dict[str, dict[str, dict[str, int]]] = {}
        for (asset, key, rule), number in sorted(self.counts.items()):
            assets.setdefault(asset, {}).setdefault(key, {})[rule] = number
        return json.dumps({"format_version": FORMAT_VERSION, "assets": assets}, indent=1) + "\n"

    def apply(
        self,
        reports: Sequence[AssetReport],
        rules: Sequence[Named],
        reported: Callable[[AssetReport], set[str]],
        whole: bool,
    ) -> None:
        """Move the findings that were there before out of the findings of each asset, and note what is in excess.

        Args:
            reports: What the rules said of the assets of a run.
            rules: All rules.
            reported: The ids of the rules whose findings were wanted of an asset.
            whole: Whether assets that are gone count as well.
        """
        silenceable = {rule.id for rule in rules if not rule.mandatory}
        counted: dict[str, list[_Place]] = defaultdict(list)
        for place in self.counts:
            counted[place[0]].append(place)
        for report in reports:
            asset, now = _asset(report, self.file), _found(report, self.file)
            silent = {place for place in now if place[2] in silenceable and now[place] <= self.counts[place]}
            findings, report.findings = report.findings, []
            for finding in findings:
                if (asset, finding.location.file or "", finding.rule) in silent:
                    report.suppressed.append(Suppressed(finding, _REASON))
                else:
                    report.findings.append(finding)
            judged = reported(report) - report.incomplete_rules
            for place in counted.pop(asset, []):
                left = now[place] if place[2] in silenceable else 0
                if left < self.counts[place] and (place[2] in judged or place[2] not in silenceable):
                    self.excess[place] += self.counts[place] - left
        if whole:
            for asset, places in counted.items():
                if not is_s3(asset) and not (self.file.parent / asset).exists():
                    self.excess += Counter({place: self.counts[place] for place in places})

    def pruned(self) -> Baseline:
        """The baseline without what was in excess."""
        return replace(self, counts=self.counts - self.excess, excess=Counter())

    def place(self, place: _Place) -> tuple[int, int]:
        """Line and column at which the file counts something."""
        return line_and_column(self.text, locate(self.text, join_pointer(["assets", *place])).start)

    @property
    def shown(self) -> str:
        """The file, as a person reads it."""
        return shown_path(self.file)


def _found(report: AssetReport, file: Path) -> Counter[_Place]:
    """How many findings an asset has at every place."""
    asset = _asset(report, file)
    return Counter((asset, finding.location.file or "", finding.rule) for finding in report.findings)


def _asset(report: AssetReport, file: Path) -> str:
    """An asset as a baseline names it."""
    if is_s3(report.path):
        return report.path
    path = Path(report.path).resolve()
    try:
        return Path(os.path.relpath(path, file.resolve().parent)).as_posix()
    except ValueError:  # on another drive of Windows
        return path.as_posix()
