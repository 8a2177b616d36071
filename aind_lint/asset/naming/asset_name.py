"""The name of an asset and its parts; `aind_lint.asset.naming.grammar` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aind_lint.asset.naming.name_timestamp import format_name_timestamp

Form = Literal["raw", "derived", "analyzed"]


@dataclass(frozen=True)
class NameProblem:
    """One thing that is wrong with a name.

    Attributes:
        code: Which kind of fault; every code is the ``problem`` of one rule of the family NAM.
        message: What is wrong, with the offending part in it.
        found: The offending part.
        expected: What should stand there, when that can be said.
        suggestion: The whole name as it was probably meant, when that can be said.
    """

    code: str
    message: str
    found: str
    expected: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True)
class AssetName:
    """A name and its parts; parts that a form does not have are None.

    Attributes:
        text: The name as it stands.
        form: Raw, derived or analyzed; None when the name has no known form.
        prefix: Platform or older prefix before the subject id.
        subject_id: The subject, usually the six digits of a mouse.
        acquired: Start of the acquisition, naive, in the rig's zone.
        source: Of a derived asset, the name of the asset it was made from.
        label: Of a derived asset, what was done.
        processed: When a derived or analyzed asset was made, naive.
        project: Of an analyzed asset, the project.
        analysis: Of an analyzed asset, the analysis.
        problems: What is wrong; empty for a name that follows the grammar.
    """

    text: str
    form: Form | None = None
    prefix: str | None = None
    subject_id: str | None = None
    acquired: datetime | None = None
    source: str | None = None
    label: str | None = None
    processed: datetime | None = None
    project: str | None = None
    analysis: str | None = None
    problems: tuple[NameProblem, ...] = field(default=())


def build_raw_name(subject_id: str, acquired: datetime, prefix: str | None = None) -> str:
    """The name of a raw asset: ``ecephys_123456_2022-12-12_05-06-07``, without prefix from metadata 2.x on."""
    return "_".join([*([prefix] if prefix else []), subject_id, format_name_timestamp(acquired)])


def build_derived_name(source: str, label: str, processed: datetime) -> str:
    """The name of an asset derived from ``source``, which is itself a raw asset's name."""
    return f"{source}_{label}_{format_name_timestamp(processed)}"


def build_analyzed_name(project: str, analysis: str, processed: datetime) -> str:
    """The name of an analysis over several assets, as metadata 1.x wrote it."""
    return f"{project}_{analysis}_{format_name_timestamp(processed)}"
