"""Is every name in a list of people or projects a name?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import name_characters
from aind_lint.text.constraint import NOT_EMPTY

SCOPE = "sidecar"


class Options(verb.Options):
    """Which names, and which words are none.

    Attributes:
        names: References to the names.
        placeholders: Words that are no names, in lower case.
    """

    names: Annotated[list[Reference], NOT_EMPTY]
    placeholders: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every empty name, every placeholder, and every name with an invisible character."""
    yield from report_limited(_faults(asset, options), "more names like this")


def _faults(asset: Asset, options: Options) -> Iterator[Fault]:
    for entry in resolve_references(asset, options.names):
        if not isinstance(entry.value, str):
            continue
        invisible: list[str] = []
        if not (entry.value.isascii() and entry.value.isprintable()):
            invisible = [c for c in dict.fromkeys(entry.value) if unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn")]
        visible = "".join(c for c in entry.value if c not in invisible).strip()
        if visible and not invisible and visible.casefold() not in options.placeholders:
            continue
        where = f"a name in {entry.file}" if entry.path[-1] == "name" else f"{_field(entry.path)} in {entry.file}"
        if not visible:
            what = f"only {name_characters(invisible)}" if invisible else "empty"
            yield Fault(f"{where} is {what}", entry.file, entry.pointer, found=entry.value)
        elif visible.casefold() in options.placeholders:
            yield Fault(f'{where} is "{visible}"', entry.file, entry.pointer, found=entry.value)
        elif invisible:
            message = f"{where} contains an invisible character: {name_characters(invisible)}"
            yield Fault(message, entry.file, entry.pointer, found=entry.value, expected=visible)


def _field(path: tuple[str | int, ...]) -> str:
    return next(str(part) for part in reversed(path) if isinstance(part, str))
