"""The result of a check: findings, checks that could not be made, and the report with both.

Every start imports these classes. A named tuple takes 0.1 ms to create, a frozen data class 0.5 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

#: Lowest severity that fails a check.
FailOn = Literal["error", "warning", "never"]

#: The rule that reports an asset as published already with the same content. This is not a violation; the summary and
#: ``publish`` report it in their own words.
ALREADY_PUBLISHED = "IMM201"

#: Edits that a finding lists.
MAX_EDITS = 20

#: Why a rule was not checked: because of the options or the configuration.
NO_BUCKET = "no bucket given"
NO_DATA = "the configuration says that the data is absent"


class Severity(str, Enum):
    """The severity of a finding: an error blocks publishing, a warning should be reviewed, an info needs no action."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, rising as severity falls."""
        return list(Severity).index(self)


class Location(NamedTuple):
    """A location in an asset.

    Attributes:
        file: Key of the file in the asset; None for the asset itself.
        pointer: JSON pointer in a sidecar.
        line: Line number, from 1.
        column: Column in characters, from 1.
        excerpt: The line, or the part of a long line around the location.
        caret: Index of the location in the excerpt, from 0.
        width: Length of the location in the excerpt, at least 1.
    """

    file: str | None = None
    pointer: str | None = None
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None
    caret: int = 0
    width: int = 1


class Edit(NamedTuple):
    """One change that fixes a finding, as ``aind-lint fix`` makes it.

    Attributes:
        action: ``replace`` a part of a text file, ``encode`` the file as UTF-8 without a byte order mark, ``rename`` a
            file or folder, or ``move`` it out of the asset.
        file: Key of the file or folder; None for the folder of the asset.
        line: The line where the replaced part begins, from 1; a byte order mark does not count.
        column: The column where it begins, in characters, from 1.
        end_line: The line where it ends.
        end_column: The column after its last character.
        text: What replaces it.
        encoding: The present encoding of the file.
        to: The new key; for the folder of the asset, its new name.
    """

    action: Literal["replace", "encode", "rename", "move"]
    file: str | None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    text: str | None = None
    encoding: str | None = None
    to: str | None = None


@dataclass(frozen=True)
class Finding:
    """One violation of one rule.

    Attributes:
        rule: The rule's id, such as ``CON103``.
        name: The rule's name, such as ``subject-mismatch``.
        severity: Its severity.
        message: What is wrong, in one line.
        location: Where it is.
        found: The offending value as text.
        expected: The correct value as text.
        why: Why it matters.
        fix: How to fix it.
        related: Other locations involved.
        compares: The values that it is about, such as ``subject``: findings about one value have one cause.
        explained_by: Rules whose findings about the same file, a folder around it, or a related file are its cause.
        same_cause: Findings with the same cause, which this one represents in reports. Their rules fail, too.
        is_represented: Whether another finding represents this one, whose fix is for both.
        fixable: Whether ``aind-lint fix`` can fix it.
        edits: What ``aind-lint fix`` changes for it; at most `MAX_EDITS` are listed.
    """

    rule: str
    name: str
    severity: Severity
    message: str
    location: Location = Location()
    found: str | None = None
    expected: str | None = None
    why: str = ""
    fix: str = ""
    related: tuple[Location, ...] = ()
    compares: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    same_cause: tuple[Finding, ...] = ()
    is_represented: bool = False
    fixable: bool = False
    edits: tuple[Edit, ...] = ()


class Skipped(NamedTuple):
    """A rule that did not run because rules that it requires failed.

    Attributes:
        rule: The rule's id.
        reason: Ids of the failed rules.
        file: The file for which it did not run completely; None for the whole asset.
    """

    rule: str
    reason: tuple[str, ...]
    file: str | None = None


class NotChecked(NamedTuple):
    """A check that could not be made, which is never a pass.

    Attributes:
        rule: The rule's id.
        reason: Why, as the end of the sentence "not checked: …".
        file: The file that could not be checked; None for the whole asset.
        mandatory: Whether it blocks publishing.
    """

    rule: str
    reason: str
    file: str | None = None
    mandatory: bool = False

    @property
    def is_unexpected(self) -> bool:
        """Whether the reason is neither an option nor the configuration."""
        return self.reason not in (NO_BUCKET, NO_DATA)


class Suppressed(NamedTuple):
    """A finding that the configuration suppresses. It is counted, and listed with ``--show-suppressed``.

    Attributes:
        finding: The finding.
        reason: Why it is suppressed.
        until: The last day of the suppression, as ``YYYY-MM-DD``; None if it does not expire.
    """

    finding: Finding
    reason: str
    until: str | None = None


class RuleCrash(NamedTuple):
    """A rule that raised an exception: a bug in aind-lint, which blocks publishing.

    Attributes:
        rule: The rule's id.
        error: The exception, in one line.
        traceback: The traceback, for a bug report.
    """

    rule: str
    error: str
    traceback: str

    @classmethod
    def of(cls, rule: str, error: BaseException) -> RuleCrash:
        """The crash of a rule whose exception is being handled."""
        import traceback  # only here, because nearly no run needs it

        return cls(rule, f"{type(error).__name__}: {error}".splitlines()[0], traceback.format_exc())


@dataclass
class AssetReport:
    """The result of all rules for one asset.

    Attributes:
        path: The path or address as the user named it.
        name: The name of the asset; None for a single sidecar, store or data file outside any asset.
        level: Data level; None if unknown.
        generation: Generation of the metadata; None if unknown.
        modalities: Abbreviations of the declared modalities.
        profile: Which requirements apply: candidate, archive, published or benchmark.
        files: Number of files.
        size: Total size in bytes.
        rules_run: Number of rules that ran completely.
        findings: Violations, sorted. In the report of a run, one for each cause, with the others in ``same_cause``.
        skipped: Rules that did not run because required rules failed.
        not_checked: Checks that could not be made.
        suppressed: Violations that the configuration suppresses.
        crashes: Rules that raised an exception.
        bucket_error: Why the bucket could not be read; None if it could, or was not needed.
        read_error: Why the asset, or a part of it, could not be read; None if it could.
        default_file: The sidecar at which findings about the asset itself are shown; None if there is no sidecar.
        format: Format and version of a store or a data file outside any asset; None for an asset or a sidecar.
    """

    path: str
    name: str | None
    level: str | None
    generation: str | None
    modalities: list[str]
    profile: str
    files: int
    size: int
    rules_run: int = 0
    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    suppressed: list[Suppressed] = field(default_factory=list)
    crashes: list[RuleCrash] = field(default_factory=list)
    bucket_error: str | None = None
    read_error: str | None = None
    default_file: str | None = None
    format: str | None = None

    def count(self, severity: Severity) -> int:
        """The number of findings with this severity; findings with the same cause count once."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def all_findings(self) -> Iterator[Finding]:
        """Every violation, also those that another finding represents."""
        for finding in self.findings:
            yield finding
            yield from finding.same_cause

    @property
    def incomplete_rules(self) -> set[str]:
        """Ids of the rules that did not run completely."""
        return {item.rule for items in (self.skipped, self.not_checked, self.crashes) for item in items}

    @property
    def blockers(self) -> list[str]:
        """Ids of the rules that block publishing: errors, crashes, and mandatory checks that were not made."""
        ids = {finding.rule for finding in self.all_findings if finding.severity is Severity.ERROR}
        ids |= {crash.rule for crash in self.crashes}
        ids |= {item.rule for item in self.not_checked if item.mandatory}
        return sorted(ids)


@dataclass
class Report:
    """The result of one run.

    Attributes:
        assets: The report of every asset, sorted by path.
        ignored: Number of folders, and of objects at the root of a bucket, that were ignored because they are not
            assets.
        ignored_names: What was ignored in buckets, as addresses with the reason.
        packages: Versions of the packages that affect the result.
        started: Start of the run, ISO 8601 in UTC.
        bucket: The destination that was checked; None without one.
        without_asset: A message for every path without an asset.
        configuration: Path of the configuration file; None without one.
        configuration_findings: Findings about its suppressions and the baseline.
        fail_on: Lowest severity that makes the exit code 1.
    """

    assets: list[AssetReport]
    ignored: int = 0
    packages: dict[str, str] = field(default_factory=dict)
    started: str = ""
    bucket: str | None = None
    without_asset: list[str] = field(default_factory=list)

    configuration: str | None = None
    configuration_findings: list[Finding] = field(default_factory=list)
    fail_on: FailOn = "error"
    ignored_names: list[str] = field(default_factory=list)

    def count(self, severity: Severity) -> int:
        """The number of findings with this severity."""
        return sum(asset.count(severity) for asset in self.assets) + sum(
            finding.severity is severity for finding in self.configuration_findings
        )

    @property
    def findings(self) -> Iterator[Finding]:
        """The findings of the assets, one for each cause, then those of the configuration."""
        for asset in self.assets:
            yield from asset.findings
        yield from self.configuration_findings

    @property
    def all_findings(self) -> Iterator[Finding]:
        """Every violation, also those that another finding represents."""
        for asset in self.assets:
            yield from asset.all_findings
        yield from self.configuration_findings

    def exit_code(self, fail_on: FailOn | Severity | None = None) -> int:
        """The exit code of the command line.

        Args:
            fail_on: Lowest severity that counts; by default that of the run.

        Returns:
            The first that applies: 2 for a crashed rule or an unreadable asset, 4 for an unreadable bucket, 1 for
            findings at or above ``fail_on``, 3 for a path without an asset, else 0.
        """
        lowest = fail_on or self.fail_on
        if any(asset.crashes or asset.read_error for asset in self.assets):
            return 2
        if any(asset.bucket_error for asset in self.assets):
            return 4
        if lowest != "never" and any(finding.severity.rank <= Severity(lowest).rank for finding in self.findings):
            return 1
        return 3 if self.without_asset else 0
