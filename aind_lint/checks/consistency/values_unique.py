"""Is every value of a list there only once?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, ReferencedValue, ValuePath, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.json_position import join_pointer

SCOPE = "sidecar"


class Options(verb.Options):
    """Which values must be unique.

    Attributes:
        described_as: What the values are, for the message: "tag".
        values: The values; those of one file are compared with one another.
        lists: More values, which are compared only within each list.
        ignore_below: Members below which values belong to something else.
        removable: Whether the repeated entry is to be removed; else one of the two is to be renamed.
    """

    described_as: str
    values: Annotated[list[Reference], NOT_EMPTY]
    lists: list[Reference] = []
    ignore_below: list[str] = []
    removable: bool = False


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every repeated value, at its second place."""
    yield from report_limited(_repeated(asset, options), f"more repeated {options.described_as}s")


def _repeated(asset: Asset, options: Options) -> Iterator[Fault]:
    firsts: dict[Hashable, ReferencedValue] = {}
    reported = set()
    entries: list[tuple[ReferencedValue, ValuePath]] = [
        (entry, ()) for entry in resolve_references(asset, options.values)
    ]
    # The list is the array in which the value, or the object with the value, is.
    for entry in resolve_references(asset, options.lists):
        entries.append((entry, _element(entry.path)[:-1]))
    for entry, around in entries:
        value = entry.value
        if not isinstance(value, str) or not value or set(options.ignore_below).intersection(entry.path[:-1]):
            continue
        place = entry.file, around, value
        first = firsts.setdefault(place, entry)
        if first is not entry and place not in reported:
            reported.add(place)
            message = f"{options.described_as} '{one_line(value, 60)}' is in {entry.file} more than once"
            fix = None
            if options.removable:
                element = join_pointer(_element(entry.path))
                fix = f'Remove the repeated "{one_line(value, 60)}" at {element} from {entry.file}'
            related = ((str(entry.file), first.pointer),)
            yield Fault(message, entry.file, entry.pointer, found=value, fix=fix, related=related)


def _element(path: ValuePath) -> ValuePath:
    """The element of the innermost list that is, or contains, the value."""
    return path[: 1 + max(index for index, part in enumerate(path) if isinstance(part, int))]
