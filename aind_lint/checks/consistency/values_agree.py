"""Do several values agree?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import (
    Reference,
    ReferencedValue,
    resolve_reference,
    resolve_references,
    unreadable_files,
)
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """Which values must agree.

    Attributes:
        described_as: What the values are, for the message: "the subject".
        reference: The value that is taken as correct.
        compared: The values compared with it; absent and empty ones are ignored.
        relation: Whether the others must equal the reference, or contain it.
        report_unchecked: Whether to report "not checked" when there is nothing to compare.
        fix_reference: How to change the reference instead, with ``{reference}`` and ``{value}`` for the two values.
    """

    described_as: str
    reference: Reference
    compared: list[Reference] = Field(min_length=1)
    relation: Literal["equal", "contain"] = "equal"
    report_unchecked: bool = False
    fix_reference: str | None = None


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every value that differs from the reference; if that is absent, from the first value."""
    for file in unreadable_files(asset, (options.reference, *options.compared)):
        yield Unchecked("the file could not be read", file)
    reference = next(resolve_reference(asset, options.reference), None)
    compared = [entry for entry in resolve_references(asset, options.compared) if entry.value not in ("", [], {})]
    if reference is None and compared and options.relation == "equal":
        reference, *compared = compared
    if reference is None or not compared:
        if options.report_unchecked:
            yield Unchecked(f"no sidecar states {options.described_as}")
        return
    wrong = [entry for entry in compared if not _agrees(reference, entry, options.relation)]
    # A reference that no value confirms may itself be wrong.
    fix_reference = options.fix_reference if len(wrong) == len(compared) else None
    for entry in wrong:
        yield _fault(options, reference, entry, fix_reference)


def _agrees(reference: ReferencedValue, other: ReferencedValue, relation: str) -> bool:
    return other.value == reference.value if relation == "equal" else str(reference.value) in str(other.value)


def _fault(options: Options, reference: ReferencedValue, other: ReferencedValue, fix_reference: str | None) -> Fault:
    expected, value = str(reference.value), str(other.value)
    if options.relation == "contain":
        message = f"{options.described_as} in {other.file} does not contain {expected} from {reference}"
        return Fault(message, other.file, other.pointer, found=value, related=_related(reference))
    message = f"{options.described_as} in {other.file} differs from that in {reference}"
    if options.reference == "name:text":
        message = f"{options.described_as} in {other.file} is not the folder name"
    fix = f'Set {other.pointer} in {other.file} to "{expected}"'
    if fix_reference:
        fix += f", or {fix_reference.format(reference=expected, value=value)}"
    return Fault(
        message, other.file, other.pointer, found=value, expected=expected, fix=fix, related=_related(reference)
    )


def _related(reference: ReferencedValue) -> tuple[tuple[str, str | None], ...]:
    return () if reference.file is None else ((reference.file, reference.pointer),)
