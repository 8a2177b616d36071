"""Does everything that is named exist?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.asset.reference import Place, Reference, all_places, files_of, unreadable_files
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.characters import one_line
from aind_lint.text.suggestions import closest

#: Faults that are told; the rest is counted.
_SHOWN = 20


class Options(verb.Options):
    """What is named, and where it must exist.

    Attributes:
        what: What a name stands for, for the message: "device".
        names: Where the names are; empty ones are passed over.
        pool: Where the named things are.
        pool_not_below: Members of the pool's files below which names are of something else.
        synonyms: Older words, with the ones that took their place.
        enough: Places of which one must say something for the pool to be complete; a sidecar of an era that has no such
            place is passed over.
        without: What is said when the sidecars of those places are all absent.
    """

    what: str
    names: list[Reference] = Field(min_length=1)
    pool: list[Reference] = Field(min_length=1)
    pool_not_below: list[str] = []
    synonyms: dict[str, str] = {}
    enough: list[Reference] = Field(min_length=1)
    without: Literal["not-checked", "nothing"] = "not-checked"


def check(asset: Asset, options: Options, world: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every name that leads to nothing, once for each name and file."""
    named: dict[tuple[str | None, str], list[Place]] = {}
    for place in all_places(asset, options.names):
        if isinstance(place.value, str) and place.value:
            named.setdefault((place.file, place.value), []).append(place)
    unreadable = unreadable_files(asset, (*options.names, *options.pool))
    for file in unreadable:
        yield Unchecked("it could not be read", file)
    if not named or any(file in unreadable for file in files_of(*options.pool)):
        return
    files = files_of(*options.enough)
    if options.without == "not-checked" and not any(file in asset.listing.files for file in files):
        yield Unchecked(f"neither {' nor '.join(files)} is there" if len(files) > 1 else f"{files[0]} is not there")
        return
    if not all_places(asset, options.enough):
        return
    pool = _pool(asset, options)
    missing = [places for (_, name), places in named.items() if options.synonyms.get(name, name) not in pool]
    for places in missing[:_SHOWN]:
        yield _fault(places, pool, options, [file for file in files_of(*options.pool) if file in asset.listing.files])
    if len(missing) > _SHOWN:
        yield Fault(f"{len(missing) - _SHOWN:,} more of them do not exist", missing[0][0].file)


def _pool(asset: Asset, options: Options) -> set[str]:
    excluded = set(options.pool_not_below)
    return {
        options.synonyms.get(place.value, place.value)
        for place in all_places(asset, options.pool)
        if isinstance(place.value, str) and not excluded.intersection(place.path[:-1])
    }


def _fault(places: list[Place], pool: set[str], options: Options, files: list[str]) -> Fault:
    place, *others = places
    meant = closest(place.value, pool)
    hint = f"; did you mean '{one_line(meant)}'?" if meant else ""
    times = f" (named {len(places)} times)" if others else ""
    message = (
        f"the {options.what} '{one_line(place.value)}' of {place.file}{times} is not in {' or '.join(files)}{hint}"
    )
    return Fault(message, place.file, place.pointer, found=place.value, expected=meant)
