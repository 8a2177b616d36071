"""Do several places say the same?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.reference import (
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
    """What must agree.

    Attributes:
        described_as: What the places say, for the message: "the subject".
        reference: The value that is taken as correct.
        compared: The values compared with it; absent and empty ones are ignored.
        relation: Whether the others equal the left one, or are texts that contain it.
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
    """Yield a fault for every place that differs from the left one, or from the first one if that says nothing."""
    for file in unreadable_files(asset, (options.reference, *options.compared)):
        yield Unchecked("it could not be read", file)
    left = next(resolve_reference(asset, options.reference), None)
    right = [place for place in resolve_references(asset, options.compared) if place.value not in ("", [], {})]
    if left is None and right and options.relation == "equal":
        left, *right = right
    if left is None or not right:
        if options.report_unchecked:
            yield Unchecked(f"there is nothing to compare {options.described_as} with")
        return
    wrong = [place for place in right if not _agree(left, place, options.relation)]
    # A name that no sidecar confirms may itself be the slip.
    unconfirmed = options.fix_reference if len(wrong) == len(right) else None
    for place in wrong:
        yield _fault(options, left, place, unconfirmed)


def _agree(left: ReferencedValue, other: ReferencedValue, relation: str) -> bool:
    return other.value == left.value if relation == "equal" else str(left.value) in str(other.value)


def _fault(options: Options, left: ReferencedValue, other: ReferencedValue, fix_left: str | None) -> Fault:
    expected, value = str(left.value), str(other.value)
    if options.relation == "contain":
        message = f"{options.described_as} in {other.file} does not contain {expected}, as {left} says"
        return Fault(message, other.file, other.pointer, found=value, related=_related(left))
    message = f"{options.described_as} in {other.file} is not the one in {left}"
    if options.reference == "name:text":
        message = f"{options.described_as} in {other.file} is not the asset's"
    fix = f'Correct {other.pointer} of {other.file} to "{expected}"'
    if fix_left:
        fix += f", or {fix_left.format(reference=expected, value=value)}"
    return Fault(message, other.file, other.pointer, found=value, expected=expected, fix=fix, related=_related(left))


def _related(left: ReferencedValue) -> tuple[tuple[str, str | None], ...]:
    return () if left.file is None else ((left.file, left.pointer),)
