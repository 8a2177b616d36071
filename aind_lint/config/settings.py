"""The settings of a configuration. Every start needs them, so what only a configuration needs is not imported here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

from aind_lint.config.vocabulary import AddedVocabulary
from aind_lint.finding import FailOn

#: The time zone of the institute's rigs.
DEFAULT_ZONE = "America/Los_Angeles"


class Suppression(NamedTuple):
    """Known findings that are not reported, for a stated reason and perhaps until a date.

    Attributes:
        rule: Id, name or family of the rules.
        reason: Why the findings are acceptable.
        assets: Glob of the assets: of their names, or with a ``/`` of their paths from the configuration's folder.
        until: The last day on which it applies; None for no limit.
        line: The line in the file, from 1.
    """

    rule: str
    reason: str
    assets: str = "*"
    until: date | None = None
    line: int | None = None


class Override(NamedTuple):
    """A different selection of rules for some assets.

    Attributes:
        assets: Glob, as in `Suppression`.
        select: The only rules to report; empty for the general selection.
        ignore: Rules that are not reported.
    """

    assets: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class RigSettings(NamedTuple):
    """The table ``[rig]``.

    Attributes:
        data_roots: Folders, besides the watched one, with data that upload manifests may name.
    """

    data_roots: tuple[str, ...] = ()


#: The institute's public buckets: https://registry.opendata.aws/allen-nd-open-data/, and that of the recordings with
#: known spikes, https://registry.opendata.aws/allen-nd-ephys-compression/.
_PUBLIC_BUCKETS = ("s3://aind-open-data", "s3://aind-benchmark-data")


@dataclass(frozen=True)
class Settings:
    """The settings of a configuration.

    Attributes:
        file: The file of the configuration; None when there is none.
        select: The only rules to report; empty for all.
        ignore: Rules that are not reported.
        extend_rules: Folders with additional rules.
        fail_on: The lowest severity that fails a check.
        bucket: The destination for rules that compare assets with a bucket.
        zone: The time zone of the rigs.
        data: "absent" if assets have only metadata here.
        not_flat_buckets: Buckets that are not a flat list of assets.
        overrides: Selections of rules for some assets; the last one that matches an asset applies.
        suppressions: Known findings that are not reported.
        baseline: A file with counts of existing findings.
        vocabulary: Words that a laboratory adds.
        rig: What applies to the watcher on a rig.
    """

    file: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_rules: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    bucket: str | None = None
    zone: str = DEFAULT_ZONE
    data: Literal["present", "absent"] = "present"
    not_flat_buckets: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    baseline: str | None = None
    vocabulary: AddedVocabulary | None = None
    rig: RigSettings | None = None

    @property
    def folder(self) -> Path:
        """The folder to which paths are relative: that of the file, or the current folder."""
        return self.file.parent if self.file else Path.cwd()

    @property
    def public_buckets(self) -> tuple[str, ...]:
        """Addresses of buckets that everybody can read: those of the institute, and those of the configuration."""
        return _PUBLIC_BUCKETS + (self.vocabulary.public_buckets if self.vocabulary else ())

    @property
    def data_roots(self) -> list[Path]:
        """The folders of `RigSettings.data_roots`."""
        return [self.folder / root for root in (self.rig.data_roots if self.rig else ())]

    def with_options(
        self,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_rules: Sequence[str] = (),
        bucket: str | None = None,
        fail_on: FailOn | None = None,
        baseline: str | None = None,
    ) -> Settings:
        """These settings with options of the command line: ``ignore`` and ``extend_rules`` add, the others replace."""
        return replace(
            self,
            select=tuple(select) or self.select,
            ignore=(*self.ignore, *ignore),
            extend_rules=(*self.extend_rules, *extend_rules),
            bucket=self.bucket if bucket is None else bucket,
            fail_on=fail_on or self.fail_on,
            baseline=self.baseline if baseline is None else baseline,
        )
