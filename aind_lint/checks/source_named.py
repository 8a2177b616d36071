"""Does a derived asset name the asset it was made from?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.grammar import parse_name
from aind_lint.engine import verb
from aind_lint.engine.verb import Fault, Unchecked
from aind_lint.engine.world import World

_FILE = "data_description.json"
#: Where 0.x and 1.x, and 2.x on, write it.
_POINTERS = ("/input_data_name", "/source_data")


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, world: World) -> Iterator[Fault | Unchecked]:
    """Yield a fault if no source is named, or another one than the name's."""
    source = asset.name.source
    sidecar = asset.sidecar(_FILE)
    if source is None or sidecar is None or sidecar.data is None:
        yield Unchecked(f"{_FILE} could not be read" if source else "the name holds no source")
        return
    stated, pointer = _stated(sidecar.data)
    if not stated:
        expected = "/source_data" if asset.generation in ("2.x", "3.x") else "/input_data_name"
        yield Fault(f"{_FILE} does not name the asset this one was derived from", _FILE, expected, expected=source,
                    fix=f"Set {expected} to {source}")  # fmt: skip
    elif not any(name == source or _anchor(name) == source for name in stated):
        message = f"{_FILE} names {', '.join(stated[:3])} as the source, but the asset's name says {source}"
        yield Fault(message, _FILE, pointer, found=", ".join(stated[:3]), expected=source)


def _stated(data: dict[str, object]) -> tuple[list[str], str]:
    for pointer in _POINTERS:
        value = data.get(pointer[1:])
        names = [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str) and name]
        if names:
            return names, pointer
    return [], _POINTERS[0]


def _anchor(name: str) -> str | None:
    """The raw asset a derived one goes back to: names of derived assets are anchored there, whatever came between."""
    return parse_name(name).source
