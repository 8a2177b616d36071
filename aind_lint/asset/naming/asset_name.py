"""The parts of an asset's name. `aind_lint.asset.naming.grammar` parses names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from aind_lint.asset.naming.name_timestamp import format_name_timestamp

Form = Literal["raw", "derived", "analyzed"]


class NameProblem(NamedTuple):
    """A problem of a name.

    Attributes:
        code: The kind of problem. Every code is the ``problem`` option of one NAM rule.
        message: What is wrong, with the offending part.
        found: The offending part.
        expected: What the part should be, if that is known.
        suggestion: The whole name that was probably meant, if that is known. It is always a valid name.
    """

    code: str
    message: str
    found: str
    expected: str | None = None
    suggestion: str | None = None


class AssetName(NamedTuple):
    """A name and its parts. Parts that a form does not have are None.

    Attributes:
        text: The name.
        form: Raw, derived or analyzed; None if the name has none of these forms.
        prefix: The platform, or an older prefix, before the subject id.
        subject_id: The subject id, usually six digits for a mouse.
        acquired: The start of the acquisition, in the time zone of the rig, without an offset.
        source: For a derived asset, the name of the asset that it was made from.
        label: For a derived asset, the processing.
        processed: For a derived or analyzed asset, the time of processing, without an offset.
        project: For an analyzed asset, the project.
        analysis: For an analyzed asset, the analysis.
        problems: The problems; empty for a valid name.
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
    problems: tuple[NameProblem, ...] = ()


def build_raw_name(subject_id: str, acquired: datetime, prefix: str | None = None) -> str:
    """The name of a raw asset: ``ecephys_123456_2022-12-12_05-06-07``, or without prefix since metadata 2.x."""
    return "_".join([*([prefix] if prefix else []), subject_id, format_name_timestamp(acquired)])


def build_derived_name(source: str, label: str, processed: datetime) -> str:
    """The name of an asset that is derived from the raw asset ``source``."""
    return f"{source}_{label}_{format_name_timestamp(processed)}"


def build_analyzed_name(project: str, analysis: str, processed: datetime) -> str:
    """The name of an analysis of several assets, in metadata 1.x."""
    return f"{project}_{analysis}_{format_name_timestamp(processed)}"
