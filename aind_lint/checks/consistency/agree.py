"""Do several places say the same?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.reference import Place, Reference, all_places, find_places, unreadable_files
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """What must agree.

    Attributes:
        what: What the places say, for the message: "the subject".
        left: The place that is right when the others differ from it.
        right: The places compared with it; those that are absent or empty are passed over.
        relation: Whether the others equal the left one, or are texts that contain it.
        needed: Whether having nothing to compare is reported as not checked.
        fix_left: How to change the left side instead, with ``{left}`` and ``{right}`` for the two values.
    """

    what: str
    left: Reference
    right: list[Reference] = Field(min_length=1)
    relation: Literal["equal", "contain"] = "equal"
    needed: bool = False
    fix_left: str | None = None


def check(asset: Asset, options: Options, world: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every place that differs from the left one, or from the first one if that says nothing."""
    for file in unreadable_files(asset, (options.left, *options.right)):
        yield Unchecked("it could not be read", file)
    left = next(find_places(asset, options.left), None)
    right = [place for place in all_places(asset, options.right) if place.value not in ("", [], {})]
    if left is None and right and options.relation == "equal":
        left, *right = right
    if left is None or not right:
        if options.needed:
            yield Unchecked(f"there is nothing to compare {options.what} with")
        return
    wrong = [place for place in right if not _agree(left, place, options.relation)]
    # A name that no sidecar confirms may itself be the slip.
    unconfirmed = options.fix_left if len(wrong) == len(right) else None
    for place in wrong:
        yield _fault(options, left, place, unconfirmed)


def _agree(left: Place, other: Place, relation: str) -> bool:
    return other.value == left.value if relation == "equal" else str(left.value) in str(other.value)


def _fault(options: Options, left: Place, other: Place, fix_left: str | None) -> Fault:
    expected, value = str(left.value), str(other.value)
    if options.relation == "contain":
        message = f"{options.what} in {other.file} does not contain {expected}, as {left} says"
        return Fault(message, other.file, other.pointer, found=value, related=_related(left))
    message = f"{options.what} in {other.file} is not the one in {left}"
    if options.left == "name:text":
        message = f"{options.what} in {other.file} is not the asset's"
    fix = f'Correct {other.pointer} of {other.file} to "{expected}"'
    if fix_left:
        fix += f", or {fix_left.format(left=expected, right=value)}"
    return Fault(message, other.file, other.pointer, found=value, expected=expected, fix=fix, related=_related(left))


def _related(left: Place) -> tuple[tuple[str, str | None], ...]:
    return () if left.file is None else ((left.file, left.pointer),)
