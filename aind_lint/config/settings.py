"""What can be configured, and the JSON Schema of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from aind_lint.config.field_types import DAY, TEXT, TEXTS, ZONE, Field, choice, object_schema, table, tables
from aind_lint.finding import Gate

#: Where the rigs stand.
DEFAULT_ZONE = "America/Los_Angeles"


@dataclass(frozen=True)
class Suppression:
    """Findings that somebody has looked at and decided to live with, for a reason and perhaps for a time.

    Attributes:
        rule: Id, name or family.
        reason: Why.
        assets: Glob of the assets: of the name, or of the path from the configuration's folder when it has a ``/``.
        until: The last day on which it holds; None for ever.
        line: Where it stands in the file, from 1.
    """

    rule: str
    reason: str
    assets: str = "*"
    until: date | None = None
    line: int | None = None


@dataclass(frozen=True)
class Override:
    """Other rules for some assets.

    Attributes:
        assets: Glob, as in `Suppression`.
        select: The only rules to report there; empty for what is reported elsewhere.
        ignore: Rules to leave out there.
    """

    assets: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """A configuration, read.

    Attributes:
        file: Where it stands; None when there is none.
        select: The only rules to report; all when empty.
        ignore: Rules to leave out.
        extend_rules: Folders with more rules.
        fail_on: The mildest finding that makes the exit code 1.
        bucket: A destination to check against.
        zone: The rigs' time zone.
        data: "absent" where only the metadata is kept.
        not_flat_buckets: Buckets that are no flat list of assets.
        overrides: Other rules for some assets; the last one that fits an asset counts.
        suppressions: Findings to live with.
        baseline: A file with the findings that were there before.
    """

    file: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_rules: tuple[str, ...] = ()
    fail_on: Gate = "error"
    bucket: str | None = None
    zone: str = DEFAULT_ZONE
    data: Literal["present", "absent"] = "present"
    not_flat_buckets: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    baseline: str | None = None

    @property
    def folder(self) -> Path:
        """The folder from which paths count: that of the file."""
        return self.file.parent if self.file else Path.cwd()

    def with_options(
        self,
        select: Sequence[str] = (),
        ignore: Sequence[str] = (),
        extend_rules: Sequence[str] = (),
        bucket: str | None = None,
        fail_on: Gate | None = None,
        baseline: str | None = None,
    ) -> Settings:
        """These settings with what a command line says: what it ignores and adds is ignored and added too."""
        return replace(
            self,
            select=tuple(select) or self.select,
            ignore=(*self.ignore, *ignore),
            extend_rules=(*self.extend_rules, *extend_rules),
            bucket=self.bucket if bucket is None else bucket,
            fail_on=fail_on or self.fail_on,
            baseline=self.baseline if baseline is None else baseline,
        )


_RULES = "ids, names or families"
_GLOB = "Glob of the assets: of their names, or with a / of their paths from the folder of this file."
_SUPPRESSION = {
    "rule": Field(TEXT, "Id, name or family of the rule.", required=True),
    "reason": Field(TEXT, "Why these findings are right to be there.", required=True),
    "assets": Field(TEXT, _GLOB),
    "until": Field(DAY, "The last day on which it holds."),
}
_OVERRIDE = {
    "assets": Field(TEXT, _GLOB, required=True),
    "select": Field(TEXTS, f"The only rules to report there: {_RULES}."),
    "ignore": Field(TEXTS, f"Rules to leave out there: {_RULES}."),
}
_SETTINGS = {
    "select": Field(TEXTS, f"The only rules to report: {_RULES}."),
    "ignore": Field(TEXTS, f"Rules to leave out: {_RULES}."),
    "extend-rules": Field(TEXTS, "Folders with more rules, from the folder of this file."),
    "fail-on": Field(choice("error", "warning", "never"), "The mildest finding that makes the exit code 1."),
    "bucket": Field(TEXT, "A destination to check against as well: s3://bucket, or a folder used as one."),
    "zone": Field(ZONE, f"The time zone of the rigs, by its IANA name; {DEFAULT_ZONE} when absent."),
    "data": Field(choice("present", "absent"), "absent where only the metadata is kept, and the data elsewhere."),
    "not-flat-buckets": Field(TEXTS, "Buckets that are no flat list of assets: names, or s3:// addresses of a part."),
    "overrides": Field(tables(table(_OVERRIDE, Override)), "Other rules for some assets; the last that fits counts."),
    "suppressions": Field(tables(table(_SUPPRESSION, Suppression)), "Findings to live with, each for a reason."),
    "baseline": Field(TEXT, "The file that 'aind-lint baseline' wrote, from the folder of this file."),
}
SETTINGS = table(_SETTINGS, Settings)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of ``aind-lint.toml``, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aind-lint.toml, or [tool.aind-lint] in pyproject.toml",
        **object_schema(_SETTINGS),
    }
