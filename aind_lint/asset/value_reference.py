"""References of rule files to values in an asset, and resolving them.

``name:subject_id``
    A part of the asset's name; ``name:text`` is the whole name.
``source:subject_id``
    A part of the names of the source assets that data_description.json states.
``subject.json#/subject_id``
    A value in a sidecar, by JSON pointer.
``acquisition.json#/data_streams/*/active_devices/*``
    Several values: ``*`` is every element of an array and every member of an object.
``instrument.json#/components/**/name|serial_number``
    Values at any depth: ``**`` is any number of parts, including none; ``|`` separates alternative member names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from typing import Annotated, Any, NamedTuple

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.text.constraint import Constraint
from aind_lint.text.json_position import join_pointer, split_pointer

_NAME, _SOURCE = "name:", "source:"
_NAME_PARTS = "|".join(part for part in AssetName._fields if part != "problems")

#: Values of one reference that are kept for other rules.
_MAX_KEPT = 1000

#: A reference as a rule file writes it.
Reference = Annotated[str, Constraint(pattern=rf"^(({_NAME}|{_SOURCE})({_NAME_PARTS})|[a-z_]+\.json#(/[^#]*)+)$")]

#: Where a derived asset names its sources: the field of 0.x and 1.x, then the fields of 2.x and later.
SOURCE_REFERENCES = tuple(
    f"data_description.json#/{field}" for field in ("input_data_name", "source_data", "source_data/*")
)

#: Keys and indices that lead to a value.
ValuePath = tuple[str | int, ...]


class ReferencedValue(NamedTuple):
    """One value that a reference resolves to.

    Attributes:
        file: The key of the sidecar; None for the asset's name.
        path: The path in the sidecar, or the part of the name.
        value: The value.
        is_source: Whether the value is a part of the name of a source asset.
    """

    file: str | None
    path: ValuePath
    value: Any
    is_source: bool = False

    @property
    def pointer(self) -> str | None:
        """The JSON pointer of the value; None for the asset's name."""
        return None if self.file is None else join_pointer(self.path)

    def __str__(self) -> str:
        if self.is_source:
            return "the name of the source asset"
        return "the asset name" if self.file is None else self.file


def resolve_reference(asset: Asset, reference: str) -> Iterable[ReferencedValue]:
    """The values that a reference resolves to, in the order of the file, without nulls; to be iterated once.

    Most references occur in several rules, so each is resolved once for an asset, unless it has too many values.
    """
    if (kept := asset.resolved.get(reference)) is not None:
        return kept
    values = _resolve(asset, reference)
    if not isinstance(values, tuple):
        first = tuple(islice(values, _MAX_KEPT + 1))
        if len(first) > _MAX_KEPT:
            return chain(first, values)
        values = first
    asset.resolved[reference] = values
    return values


def _resolve(asset: Asset, reference: str) -> tuple[ReferencedValue, ...] | Iterator[ReferencedValue]:
    file, parts = split_reference(reference)
    if not file:
        return _resolve_name(asset, reference)
    sidecar = asset.sidecar(file)
    if sidecar is None or sidecar.data is None:
        return ()
    for alternatives in _required_names(reference):
        if alternatives.isdisjoint(sidecar.names):
            return ()
    if _is_plain(reference):
        data: Any = sidecar.data
        for part in parts:
            data = data.get(part) if isinstance(data, dict) else None
        return () if data is None else (ReferencedValue(file, parts, data),)
    matches = match_pointer(sidecar.data, parts)
    return (ReferencedValue(file, path, value) for path, value in matches if value is not None)


def _resolve_name(asset: Asset, reference: str) -> tuple[ReferencedValue, ...] | Iterator[ReferencedValue]:
    """A part of the name of the asset, or of its sources."""
    if reference.startswith(_SOURCE):
        return _resolve_source(asset, reference.removeprefix(_SOURCE))
    part = reference.removeprefix(_NAME)
    value = getattr(asset.name, part)
    return () if value is None else (ReferencedValue(None, (part,), value),)


def _resolve_source(asset: Asset, part: str) -> Iterator[ReferencedValue]:
    """A part of the names of the sources, each at the place where the source is stated."""
    for entry in resolve_references(asset, SOURCE_REFERENCES):
        if isinstance(entry.value, str):
            value = getattr(parse_name(entry.value, vocabulary=asset.vocabulary), part)
            if value is not None:
                yield ReferencedValue(entry.file, entry.path, value, is_source=True)


def resolve_references(asset: Asset, references: Iterable[str]) -> list[ReferencedValue]:
    """The values that several references resolve to, in the order of the references."""
    return [entry for reference in references for entry in resolve_reference(asset, reference)]


@cache
def split_reference(reference: str) -> tuple[str, tuple[str, ...]]:
    """The sidecar of a reference and the parts of its pointer; both empty for a part of a name."""
    if reference.startswith((_NAME, _SOURCE)):
        return "", ()
    file, _, pointer = reference.partition("#")
    return file, tuple(split_pointer(pointer))


@cache
def referenced_files(*references: str) -> list[str]:
    """The sidecars of references, without duplicates."""
    return list(dict.fromkeys(file for reference in references if (file := split_reference(reference)[0])))


def unreadable_files(asset: Asset, references: Iterable[str]) -> list[str]:
    """The sidecars of references that exist but cannot be read."""
    sidecars = (asset.sidecar(file) for file in referenced_files(*references))
    return [sidecar.key for sidecar in sidecars if sidecar is not None and sidecar.data is None]


@cache
def _required_names(reference: str) -> list[frozenset[str]]:
    """The names in each part of a pointer that is no wildcard or index; one of them must occur."""
    return [frozenset(part.split("|")) for part in split_reference(reference)[1] if not _is_wildcard_or_index(part)]


@cache
def _is_plain(reference: str) -> bool:
    """Whether a reference has one value at most, as half of them do: it names members of objects only."""
    return not any("*" in part or "|" in part or part.isdecimal() for part in split_reference(reference)[1])


def _is_wildcard_or_index(part: str) -> bool:
    return part in ("*", "**") or part.isdecimal()


def match_pointer(data: Any, parts: tuple[str, ...]) -> Iterator[tuple[ValuePath, Any]]:
    """Every value that matches the parts of a pointer with wildcards, with its path, in the order of the file."""
    path: ValuePath = ()
    for number, part in enumerate(parts):
        if not isinstance(data, dict) or "*" in part or "|" in part or part not in data:
            # From here on there can be several matches, or none.
            matches = iter([(path, data)])
            for following in parts[number:]:
                matches = _match_part(matches, following)
            return matches
        path, data = (*path, part), data[part]
    return iter([(path, data)])


def _match_part(matches: Iterator[tuple[ValuePath, Any]], part: str) -> Iterator[tuple[ValuePath, Any]]:
    """What one part of a pointer leads to from each of some values."""
    if part == "**":
        for path, data in matches:
            yield from _containers(data, path)
    elif part == "*":
        for path, data in matches:
            for key, value in _members(data):
                yield (*path, key), value
    else:
        names = part.split("|")
        for path, data in matches:
            if isinstance(data, dict):
                for name in names:
                    if name in data:
                        yield (*path, name), data[name]
            elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
                yield (*path, int(part)), data[int(part)]


def _containers(data: Any, path: ValuePath) -> Iterator[tuple[ValuePath, Any]]:
    """A value and every object and array in it, parents before children."""
    pending = [(path, data)]
    while pending:
        path, data = pending.pop()
        yield path, data
        inner = [((*path, key), value) for key, value in _members(data) if isinstance(value, (dict, list))]
        pending.extend(reversed(inner))


def _members(data: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(data, dict):
        return data.items()
    return enumerate(data) if isinstance(data, list) else ()
