"""The format of a rule file, as pydantic validates it.

Rules run as `aind_lint.engine.rules.rule.Rule`, which needs no pydantic: importing it and building the models of all
rules and options took half of the time of a check with ``--fast``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from aind_lint.engine.rules.rule import FixerName, Profile, PublicArchive
from aind_lint.finding import Severity

#: Version of the rule-file format: raised when a key or a verb is renamed, removed, or changes its meaning.
#: Version 1: aind-lint 0.1. Version 2: new names of verbs and options.
FORMAT_VERSION = 2

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}[0-9]{3}$")]
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
ValueName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
Sentence = Annotated[str, StringConstraints(min_length=3, max_length=600, strip_whitespace=True)]
BucketState = Literal[
    "absent", "same", "indexed", "different", "damaged", "partial", "interrupted", "abandoned", "foreign", "source"
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AssetCondition(_Model):
    """The assets to which a rule, or a lower severity, applies. Every given condition must hold.

    Attributes:
        level: Data levels.
        generation: Generations of the metadata.
        name_form: Forms of the asset's name.
        profile: Profiles of the check.
        for_archive: Public archives for which data is checked; "none" if it is checked for none.
    """

    level: list[Literal["raw", "derived", "simulated"]] | None = None
    generation: list[Literal["0.x", "1.x", "2.x", "3.x"]] | None = None
    name_form: list[Literal["raw", "derived", "analyzed"]] | None = None
    profile: list[Profile] | None = None
    for_archive: list[PublicArchive | Literal["none"]] | None = None


class SeverityOverride(_Model):
    """A lower severity for some assets.

    Attributes:
        when: The assets.
        severity: Their severity.
    """

    when: AssetCondition
    severity: Severity


class AddedFile(_Model):
    """A file that an example adds, in one of four ways.

    Attributes:
        text: UTF-8 text.
        json_: A JSON value (written ``json`` in the file).
        base64: Bytes.
        size: Only a size, in bytes; the content is zeros.
    """

    text: str | None = None
    json_: Any = Field(default=None, alias="json")
    base64: str | None = None
    size: int | None = None


class ExpectedFinding(_Model):
    """One expected finding of an example; absent keys are not compared.

    Attributes:
        file: Key of the file; None for the asset itself.
        pointer: JSON pointer.
        line: Line.
        severity: Severity.
        message: A part of the message.
        fix: A part of the fix.
    """

    file: str | None = None
    pointer: str | None = None
    line: int | None = None
    severity: Severity | None = None
    message: str | None = None
    fix: str | None = None


class Source(_Model):
    """A document that a rule is based on.

    Attributes:
        title: Title of the page or section, and the name of its publisher.
        url: Address of the page; None for a source without a public page.
    """

    title: Sentence
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = None


class Example(_Model):
    """An asset and the expected result of the rule: documentation and test in one.

    Attributes:
        name: A short description.
        base: A complete valid asset of the examples library.
        profile: The profile of the check.
        for_archive: The public archive for which data is checked.
        rename: Another name for the asset.
        set: Values to set, by ``file.json#/pointer``.
        unset: Values to remove, by ``file.json#/pointer``.
        remove: Files or folders to remove.
        add: Files to add or replace, by key.
        link: Symbolic links to add: key to target.
        special: Pipes to add.
        folder: Empty folders to add.
        manifest: Keys of an upload manifest that lists the files, instead of the correct ones.
        job_request: A job request that is checked instead of the asset.
        job_table: A job table (CSV) that is checked instead of the asset.
        hard_link: Hard links to files of a sibling: key to ``<name>/<key>`` of that file.
        sibling: Bases that are next to the asset, by their names.
        beside: Files in other folders next to the asset: ``<folder>/<key>`` of each.
        inside: The name of an asset that contains this one.
        bucket: What the destination contains: "absent", "same", "indexed" (the same, after the indexer), "different",
            "damaged" (a file of the same is missing), "partial" (an unfinished publication of other content),
            "interrupted" (of this content), "abandoned" (not completely removed yet), "foreign", "source".
        destination: The address of the destination.
        published: Names of other assets in the destination.
        now: The time of the check.
        suppressions: The suppressions of a configuration.
        baseline: The counts of a baseline, by file and rule.
        expect: The findings, in order; empty if the asset passes.
        not_checked: Whether the rule reports "not checked".
        other_rules: For an asset that passes: the other rules that it violates.
    """

    name: Sentence
    base: str
    profile: Profile = "candidate"
    for_archive: PublicArchive | None = None
    rename: str | None = None
    set: dict[str, Any] = {}
    unset: list[str] = []
    remove: list[str] = []
    add: dict[str, AddedFile] = {}
    link: dict[str, str] = {}
    special: list[str] = []
    folder: list[str] = []
    manifest: dict[str, Any] | None = None
    job_request: dict[str, Any] | None = None
    job_table: str | None = None
    hard_link: dict[str, str] = {}
    sibling: dict[str, str] = {}
    beside: dict[str, AddedFile] = {}
    inside: str | None = None
    bucket: BucketState | None = None
    destination: str | None = None
    published: list[str] = []
    now: datetime | None = None
    suppressions: list[dict[str, Any]] = []
    baseline: dict[str, dict[str, int]] = {}
    expect: list[ExpectedFinding]
    not_checked: bool = False
    other_rules: list[RuleId] = []


class Fixable(_Model):
    """How ``aind-lint fix`` fixes violations of a rule.

    Attributes:
        fixer: What is done.
        summary: What is changed and what is not, in one or two sentences.
    """

    fixer: FixerName
    summary: Sentence


class RuleFile(_Model):
    """The content of a rule file.

    Attributes:
        id: Family and number.
        name: Describes what the rule finds.
        severity: The severity of a violation, unless ``relaxed`` applies.
        mandatory: An asset is not published if this rule fails or was not checked; nothing can suppress it.
        since: The version of aind-lint in which it was added.
        summary: What is required, in one sentence.
        why: Why it matters.
        fix: What to do about a violation.
        fixable: What ``aind-lint fix`` does about it; None if it does nothing.
        sources: The documents that the rule is based on.
        when: The assets to which it applies; all if absent.
        relaxed: Lower severities for some assets.
        requires: Rules that must pass before this one runs.
        yields_to: Rules whose errors take precedence: findings at or inside a value that they report are dropped.
        explained_by: Rules that find the cause of what this one finds in the same file, in a folder around it, or in a
            file that it is compared with. Reports show both findings as one.
        compares: The values that it compares, such as ``subject``. Reports show findings about one value as one, led by
            the most severe of the rule that compares the fewest values.
        check: The verb.
        with_: The options of the verb (``with`` in the file).
        program: A program, installed separately, whose results the rule reports.
        examples: At least one that passes and one that fails, which needs the program if there is one.
    """

    id: RuleId
    name: RuleName
    severity: Severity
    mandatory: bool = False
    since: str
    summary: Sentence
    why: Sentence
    fix: Sentence
    fixable: Fixable | None = None
    sources: list[Source] = Field(min_length=1)
    when: AssetCondition = AssetCondition()
    relaxed: list[SeverityOverride] = []
    requires: list[RuleId] = []
    yields_to: list[RuleId] = []
    explained_by: list[RuleId] = []
    compares: list[ValueName] = []
    check: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    with_: dict[str, Any] = Field(default={}, alias="with")
    program: str | None = None
    examples: list[Example]

    @field_validator("examples")
    @classmethod
    def _pass_and_fail(cls, examples: list[Example], info: ValidationInfo) -> list[Example]:
        fails = info.data.get("program") is not None or any(e.expect for e in examples)
        if not fails or all(e.expect or e.not_checked for e in examples):
            raise ValueError("a rule needs at least one example that passes and one that fails")
        return examples
