"""Is a field filled in?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, resolve_reference, resolve_references, split_reference
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """Which field must be filled.

    Attributes:
        described_as: What the field holds, for the message: "the project".
        field: The field.
        alternatives: Fields; if one of them is filled, this one may be empty.
        placeholders: Words that count as empty, in lower case; the empty string always does.
    """

    described_as: str
    field: Reference
    alternatives: list[Reference] = []
    placeholders: list[str] = []


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if the field is absent, empty, or holds only placeholders."""
    file, _ = split_reference(options.field)
    sidecar = asset.sidecar(file)
    if sidecar is None or sidecar.data is None:
        if sidecar is not None:
            yield Unchecked("the file could not be read", file)
        return
    if any(_is_filled(entry.value, options.placeholders) for entry in resolve_references(asset, options.alternatives)):
        return
    found = next(iter(resolve_reference(asset, options.field)), None)
    pointer = options.field.partition("#")[2]
    if found is None:
        yield Fault(f"{options.described_as} is missing in {file}", file, pointer)
    elif not _is_filled(found.value, options.placeholders):
        shown = found.value if isinstance(found.value, str) else None
        problem = (
            f'is "{shown}"' if shown else "is empty" if not found.value else "has only empty values and placeholders"
        )
        yield Fault(f"{options.described_as} in {file} {problem}", file, pointer, found=shown)


def _is_filled(value: Any, placeholders: list[str]) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in ("", *placeholders)
    if isinstance(value, list):
        return any(_is_filled(item, placeholders) for item in value)
    if isinstance(value, dict):
        # A person or an organization is filled if its name is; a grant, if its funder is.
        decisive = [value[key] for key in ("name", "funder") if key in value]
        return _is_filled(decisive[0], placeholders) if decisive else bool(value)
    return value is not None
