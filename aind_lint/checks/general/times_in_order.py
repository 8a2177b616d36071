"""Are times in the right order?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo
from functools import cache, cached_property
from typing import Annotated, Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import (
    Reference,
    ReferencedValue,
    ValuePath,
    resolve_reference,
    split_reference,
    unreadable_files,
)
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.timestamps import to_timestamp

SCOPE = "sidecar"  # also checks the times of a single sidecar

#: What messages call the times in an asset's name.
_TIMES_IN_NAMES = {
    "acquired": "the acquisition time in the asset name",
    "processed": "the processing time in the asset name",
}


class Order(verb.Options):
    """Two times and their order.

    Attributes:
        first: The earlier time.
        then: The later time; ``now`` is the time of the check.
            With ``*`` in the same places of one sidecar, the two times of one element are compared.
        report_at: Which of the two is reported as wrong.
        tolerance_seconds: The tolerance of this order, if it differs from the others'. The time in a name has no zone.
    """

    first: Reference
    then: Reference | Literal["now"]
    report_at: Literal["first", "then"] = "then"
    tolerance_seconds: int | None = None


class Exempt(verb.Options):
    """Elements of an array that are not checked.

    Attributes:
        where: Places inside an element, with ``*`` for it.
        values: Their values in an exempt element, all of them.
    """

    where: Reference
    values: list[str]


class Options(verb.Options):
    """Which orders must hold.

    Attributes:
        orders: Checked one by one; absent values and values that are no dates are ignored.
        exempt: Elements that are ignored.
        exempt_if_empty: Places inside an element; an element is ignored if one of them is an empty list.
        tolerance_seconds: Seconds by which ``first`` may be later than ``then``.
    """

    orders: Annotated[list[Order], NOT_EMPTY]
    exempt: list[Exempt] = []
    exempt_if_empty: list[Reference] = []
    tolerance_seconds: int = 0

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All times that are compared."""
        return tuple(each for order in self.orders for each in (order.first, order.then) if each != "now")

    @cached_property
    def tolerances(self) -> list[timedelta]:
        """The tolerance of each order."""
        seconds = (order.tolerance_seconds for order in self.orders)
        return [timedelta(seconds=self.tolerance_seconds if one is None else one) for one in seconds]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every pair in the wrong order."""
    for file in unreadable_files(asset, options.references):
        yield Unchecked("the file could not be read", file)
    exempt: _Exemptions | None = None
    faults: dict[tuple[str | None, str | None], Fault] = {}
    for order, tolerance in zip(options.orders, options.tolerances, strict=True):
        for first, then in _pairs(asset, order):
            if fault := _fault(first, then, order, tolerance, context, asset.zone or context.zone):
                exempt = exempt or _Exemptions(asset, options)
                if not exempt.contains(then if then is not None and order.report_at == "then" else first):
                    faults.setdefault((fault.file, fault.pointer), fault)
    if not faults:
        return
    in_file = next(iter(faults), (None, None))[0]
    yield from report_limited(faults.values(), "more times in the wrong order", in_file)


def _pairs(asset: Asset, order: Order) -> Iterable[tuple[ReferencedValue, ReferencedValue | None]]:
    """The pairs to compare; None means now."""
    if order.then == "now":
        return ((entry, None) for entry in resolve_reference(asset, order.first))
    shared = _shared_depth(order.first, order.then)
    later: dict[ValuePath, list[ReferencedValue]] = {}
    for then in resolve_reference(asset, order.then):
        later.setdefault(then.path[:shared], []).append(then)
    if not later:  # nearly always: most orders are of another generation or modality
        return ()
    return (
        (first, then) for first in resolve_reference(asset, order.first) for then in later.get(first.path[:shared], ())
    )


@cache
def _shared_depth(first: str, then: str) -> int:
    """The number of leading parts in which two pointers refer to the same element."""
    file, parts = split_reference(first)
    other_file, other_parts = split_reference(then)
    if file != other_file:
        return 0
    depth = 0
    while depth < min(len(parts), len(other_parts)) and parts[depth] == other_parts[depth]:
        depth += 1
    return depth


class _Exemptions:
    """The elements of arrays, or whole sidecars, that are not checked; there can be thousands of each."""

    def __init__(self, asset: Asset, options: Options) -> None:
        self._elements: set[tuple[str | None, ValuePath]] = set()
        self._depths: set[int] = set()
        for exempt in options.exempt:
            values: dict[tuple[str | None, ValuePath], set[bool]] = {}
            for element, value in self._values(asset, exempt.where):
                values.setdefault(element, set()).add(value in exempt.values)
            self._elements.update(element for element, are_exempt in values.items() if are_exempt == {True})
        for place in options.exempt_if_empty:
            self._elements.update(element for element, value in self._values(asset, place) if value == [])

    def _values(self, asset: Asset, place: Reference) -> Iterator[tuple[tuple[str | None, ValuePath], Any]]:
        """The values at a place, each with the element in which it is."""
        parts = split_reference(place)[1]
        depth = parts.index("*") + 1 if "*" in parts else 0
        self._depths.add(depth)
        return (((inner.file, inner.path[:depth]), inner.value) for inner in resolve_reference(asset, place))

    def contains(self, entry: ReferencedValue) -> bool:
        """Whether a value is in one of them."""
        return any((entry.file, entry.path[:depth]) in self._elements for depth in self._depths)


def _fault(
    first: ReferencedValue,
    then: ReferencedValue | None,
    order: Order,
    tolerance: timedelta,
    context: CheckContext,
    zone: str | tzinfo,
) -> Fault | None:
    before = to_timestamp(first.value)
    if before is None:
        return None
    if then is None:
        if context.is_past(before, tolerance):
            return None
        message = (
            f"{_name(first)} is {_text(first)}, which is in the future; now it is {context.clock():%Y-%m-%dT%H:%M:%SZ}"
        )
        # In a name, a wrong start also differs from that in the sidecars.
        compares = ("start",) if first.path == ("acquired",) else None
        return Fault(message, first.file, first.pointer, found=_text(first), compares=compares)
    after = to_timestamp(then.value)
    if after is None or not before.is_after(after, zone, tolerance):
        return None
    wrong, right = (first, then) if order.report_at == "first" else (then, first)
    side = "after" if order.report_at == "first" else "before"
    other = _name(right, wrong)
    message = f"{_name(wrong)} is {_text(wrong)}, {side} {other} ({_text(right)})"
    related = () if right.file is None else ((right.file, right.pointer),)
    return Fault(message, wrong.file, wrong.pointer, found=_text(wrong), related=related)


def _name(entry: ReferencedValue, other: ReferencedValue | None = None) -> str:
    """A value as a message names it: its field, and its file unless ``other`` is in the same file."""
    field = entry.path[-1]
    if entry.file is None:
        return _TIMES_IN_NAMES[str(field)]
    return f"{field}" if other is not None and other.file == entry.file else f"{field} in {entry.file}"


def _text(entry: ReferencedValue) -> str:
    return entry.value if isinstance(entry.value, str) else f"{entry.value:%Y-%m-%d %H:%M:%S}"
