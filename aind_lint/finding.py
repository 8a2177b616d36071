"""What a check says: findings, what was not checked, and the report that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

#: The mildest finding that fails a check.
Gate = Literal["error", "warning", "never"]

#: The rule that finds an asset published already with this content: no violation, and no news to who publishes.
ALREADY_PUBLISHED = "IMM201"

#: Why a rule was not checked that needs what the user did not give, or keeps elsewhere.
NO_BUCKET = "no bucket given"
NO_DATA = "the configuration says that the data is absent"


class Severity(str, Enum):
    """How bad a finding is: an error blocks publishing, a warning asks for a look, an info only informs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, rising as severity falls."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Location:
    """A place in an asset.

    Attributes:
        file: Key inside the asset; None for the asset itself.
        pointer: JSON pointer inside a sidecar.
        line: From 1.
        column: From 1, in characters.
        excerpt: The line, or the part of a long line around the place.
        caret: Where in the excerpt the place begins, from 0.
        width: How many characters of the excerpt are meant, at least 1.
    """

    file: str | None = None
    pointer: str | None = None
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None
    caret: int = 0
    width: int = 1


@dataclass(frozen=True)
class Finding:
    """One violation of one rule.

    Attributes:
        rule: The rule's id, such as ``CON103``.
        name: The rule's name, such as ``subject-mismatch``.
        severity: How bad it is.
        message: What is wrong, in one line.
        location: Where.
        found: The offending value as text.
        expected: What should stand there.
        why: Why it matters.
        fix: What to do.
        related: Other places that belong to it.
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


@dataclass(frozen=True)
class Skipped:
    """A rule that did not run, because rules it requires failed."""

    rule: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class NotChecked:
    """A check that could not be made: never a pass.

    Attributes:
        rule: The rule's id.
        because: Why, as the end of the sentence "not checked: …".
        file: The file it concerns, when it concerns one.
        mandatory: Whether publishing refuses because of it.
    """

    rule: str
    because: str
    file: str | None = None
    mandatory: bool = False

    @property
    def is_noteworthy(self) -> bool:
        """Whether it tells the user more than how the tool was called and configured."""
        return self.because not in (NO_BUCKET, NO_DATA)


@dataclass(frozen=True)
class Suppressed:
    """A finding that the configuration silences; it is counted, and shown on demand.

    Attributes:
        finding: The finding.
        reason: Why it is silenced.
        until: The last day on which it is, as ``YYYY-MM-DD``; None for ever.
    """

    finding: Finding
    reason: str
    until: str | None = None


@dataclass(frozen=True)
class RuleCrash:
    """A rule that raised: an error of the tool, which blocks publishing.

    Attributes:
        rule: The rule's id.
        error: The exception in one line.
        traceback: For a bug report.
    """

    rule: str
    error: str
    traceback: str


@dataclass
class AssetReport:
    """Everything the rules said of one asset.

    Attributes:
        path: The place as the user named it.
        name: The asset's name; None for a sidecar outside any asset.
        level: Data level, when it is known.
        generation: Generation of the metadata, when it is known.
        modalities: Abbreviations of the stated modalities.
        profile: Which demands apply: candidate, archive or published.
        files: Number of files.
        size: Bytes in all.
        rules_run: How many rules were run to their end.
        findings: Violations, sorted.
        skipped: Rules not run because of others.
        not_checked: Checks that could not be made.
        suppressed: Violations that the configuration silences.
        crashes: Rules that raised.
        bucket_error: Why the bucket could not be asked, when it could not.
        anchor: A sidecar at which findings about the asset itself can be shown; None when it has none.
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
    anchor: str | None = None

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def incomplete_rules(self) -> set[str]:
        """Ids of the rules that could not say all they have to say."""
        return {item.rule for items in (self.skipped, self.not_checked, self.crashes) for item in items}

    @property
    def blockers(self) -> list[str]:
        """Ids of the rules that stand in the way of publishing: errors, crashes, mandatory checks not made."""
        ids = {finding.rule for finding in self.findings if finding.severity is Severity.ERROR}
        ids |= {crash.rule for crash in self.crashes}
        ids |= {item.rule for item in self.not_checked if item.mandatory}
        return sorted(ids)


@dataclass
class Report:
    """The result of one run.

    Attributes:
        assets: One report for every asset, sorted by path.
        ignored: Folders passed over because nothing marks them as assets.
        packages: Versions of the packages that take part in verdicts.
        started: When the run started, ISO 8601 in UTC.
        bucket: The destination the checks looked at, if any.
        without_asset: For paths that led to no asset, one sentence each.
        configuration: The file of the configuration, if there is one.
        configuration_findings: What is wrong with its suppressions.
        fail_on: The mildest finding that makes the exit code 1.
    """

    assets: list[AssetReport]
    ignored: int = 0
    packages: dict[str, str] = field(default_factory=dict)
    started: str = ""
    bucket: str | None = None
    without_asset: list[str] = field(default_factory=list)

    configuration: str | None = None
    configuration_findings: list[Finding] = field(default_factory=list)
    fail_on: Gate = "error"

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(asset.count(severity) for asset in self.assets) + sum(
            finding.severity is severity for finding in self.configuration_findings
        )

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings: of the assets, then of the configuration."""
        for asset in self.assets:
            yield from asset.findings
        yield from self.configuration_findings

    def exit_code(self, fail_on: Gate | Severity | None = None) -> int:
        """What the command line exits with.

        Args:
            fail_on: The mildest finding that counts; by default what the run was told.

        Returns:
            2 for a crashed rule, 4 for an unreadable bucket, 1 for findings at or above ``fail_on``, 3 for a path
            that led to no asset, else 0; of several the first.
        """
        gate = fail_on or self.fail_on
        if any(asset.crashes for asset in self.assets):
            return 2
        if any(asset.bucket_error for asset in self.assets):
            return 4
        if gate != "never" and any(finding.severity.rank <= Severity(gate).rank for finding in self.findings):
            return 1
        return 3 if self.without_asset else 0
