"""Findings with the same cause: one wrong value can violate many rules, and is reported once.

Two findings have the same cause if they are about the same value (``compares`` of their rules), if they are at the same
place, if one compares its value with a place that the other reports, or if the rule of one explains that of the other
(``explained_by``) and they are about the same files. Grouping is presentation only: every rule of a
group has failed, and each finding is selected, suppressed and counted in a baseline separately, before the grouping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from aind_lint.finding import Finding, Location

#: The families in the order in which they lead a group: what is missing or unreadable explains what differs.
_FAMILIES = ("SID", "NAM", "CON", "SEP", "SCH", "LAY", "FMT", "IMM", "RIG", "KEY", "CFG")


def group_by_cause(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each cause, in the order of ``findings``, with the others of its cause in ``same_cause``."""
    groups = _Groups(len(findings))
    for indexes in _shared(findings):
        for index in indexes[1:]:
            groups.join(indexes[0], index)
    leading = []
    for members in groups.members():
        causes = {rule for index in members for rule in findings[index].explained_by}
        leader = min(members, key=lambda index: _precedence(findings[index], causes))
        others = tuple(replace(findings[index], is_represented=True) for index in members if index != leader)
        leading.append((leader, replace(findings[leader], same_cause=others)))
    return [finding for _, finding in sorted(leading, key=lambda item: item[0])]


def _shared(findings: Sequence[Finding]) -> Iterator[list[int]]:
    """The findings that share a value, and those that share a place."""
    by_value: dict[Hashable, list[int]] = defaultdict(list)
    by_place: dict[Hashable, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        for value in finding.compares:
            by_value[value].append(index)
        if (place := _place(finding.location)) is not None:
            by_place[place].append(index)
    yield from by_value.values()
    for index, finding in enumerate(findings):
        for location in finding.related:
            if (place := _place(location)) in by_place:
                yield [index, *by_place[place]]
    for indexes in by_place.values():
        if len({findings[index].rule for index in indexes}) > 1:  # one rule reports different problems of a value
            yield indexes
    by_rule: dict[str, list[int]] = defaultdict(list)
    for index, finding in enumerate(findings):
        by_rule[finding.rule].append(index)
    for index, finding in enumerate(findings):
        for other in (other for rule in finding.explained_by for other in by_rule.get(rule, ())):
            if _concern_same_files(finding, findings[other]):
                yield [index, other]


def _concern_same_files(one: Finding, other: Finding) -> bool:
    """Whether a file of one finding is a file of the other, or is in its folder."""
    pairs = product(_files(one), _files(other))
    return any(f"{left}/".startswith(f"{right}/") or f"{right}/".startswith(f"{left}/") for left, right in pairs)


def _files(finding: Finding) -> list[str]:
    return [place.file for place in (finding.location, *finding.related) if place.file]


def _place(location: Location) -> tuple[str, str] | None:
    return (location.file, location.pointer) if location.file and location.pointer else None


def _precedence(finding: Finding, causes: Container[str]) -> tuple[int, bool, bool, int, int, str, bool]:
    """Sorts the findings of a group: severe ones first, then causes, then those that compare the fewest values.

    Args:
        finding: One of the group.
        causes: The rules that find the cause of others of the group.
    """
    family = finding.rule[:3]
    rank = _FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES)
    number = len(finding.compares)
    is_cause, is_in_file = finding.rule in causes, finding.location.file is not None
    return (finding.severity.rank, not is_cause, number == 0, number, rank, finding.rule, is_in_file)


class _Groups:
    """Disjoint sets of indexes (union-find)."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def join(self, left: int, right: int) -> None:
        left, right = sorted((self._root(left), self._root(right)))
        self._parents[right] = left

    def members(self) -> list[list[int]]:
        groups: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parents)):
            groups[self._root(index)].append(index)
        return list(groups.values())

    def _root(self, index: int) -> int:
        while self._parents[index] != index:
            index = self._parents[index]
        return index
