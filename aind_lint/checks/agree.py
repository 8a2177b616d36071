"""Do several places say the same?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from aind_lint.asset.asset import Asset
from aind_lint.asset.name import AssetName
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World

_NAME_PARTS = "|".join(part.name for part in fields(AssetName))

#: A part of the name (``name:subject_id``), the name itself (``name:text``) or a place in a sidecar
#: (``subject.json#/subject_id``).
Reference = Annotated[str, StringConstraints(pattern=rf"^(name:({_NAME_PARTS})|[a-z_]+\.json#(/[^#]*)+)$")]


class Options(verb.Options):
    """What must be equal.

    Attributes:
        what: What the places say, for the message: "the subject".
        left: The place that is right when the others differ from it.
        right: The places compared with it; those that are absent are passed over.
        fix_left: How to change the left side instead, with ``{left}`` and ``{right}`` for the two values.
    """

    what: str
    left: Reference
    right: list[Reference] = Field(min_length=1)
    fix_left: str | None = None


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every place that differs from the left one, or from the first one if that says nothing."""
    said = [(reference, _read(asset, reference)) for reference in (options.left, *options.right)]
    for reference, _ in said:
        file = reference.partition("#")[0]
        sidecar = asset.sidecar(file)
        if sidecar is not None and sidecar.data is None:
            yield Unchecked("it could not be read", file)
    values = [(reference, value) for reference, value in said if value is not None]
    if len(values) < 2:
        yield Unchecked(f"there is nothing to compare {options.what} with")
        return
    (reference, expected), *others = values
    # A name that no sidecar confirms may itself be the slip.
    unconfirmed = options.fix_left if all(value != expected for _, value in others) else None
    for other, value in others:
        if value != expected:
            yield _fault(options.what, reference, str(expected), other, str(value), unconfirmed)


def _read(asset: Asset, reference: str) -> Any:
    if reference.startswith("name:"):
        return getattr(asset.name, reference.removeprefix("name:"))
    file, _, pointer = reference.partition("#")
    try:
        return asset.value(file, pointer)
    except LookupError:
        return None


def _fault(what: str, reference: str, expected: str, other: str, value: str, fix_left: str | None) -> Fault:
    file, _, pointer = other.partition("#")
    left_file, _, left_pointer = reference.partition("#")
    in_name = reference.startswith("name:")
    place = "the asset's name" if in_name else left_file
    message = f"{what} in {file} is not the one in {place}"
    if reference == "name:text":
        message = f"{what} in {file} is not the asset's"
    fix = f'Correct {pointer} of {file} to "{expected}"'
    if fix_left:
        fix += f", or {fix_left.format(left=expected, right=value)}"
    related = () if in_name else ((left_file, left_pointer),)
    return Fault(message, file, pointer, found=value, expected=expected, fix=fix, related=related)
