"""Do the keys of a sidecar contain characters that the metadata database cannot store?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import join_pointer

SCOPE = "sidecar"


class Options(verb.Options):
    """The characters."""

    characters: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such key, once for each file and key."""
    for sidecar in asset.sidecars():
        if sidecar.data is None or sidecar.is_record:
            continue
        names = "\n".join(sidecar.names)
        if any(character in names for character in options.characters):
            yield from report_limited(_faults(sidecar.key, sidecar.data, options.characters), "more keys", sidecar.key)


def _faults(file: str, data: dict[str, Any], characters: str) -> Iterator[Fault]:
    seen = set()
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while pending:
        path, value = pending.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in members:
            if isinstance(key, str) and key not in seen and (found := [c for c in characters if c in key]):
                seen.add(key)
                message = f"the key '{one_line(key, 60)}' contains '{found[0]}'"
                pointer = join_pointer([*path, key])
                better = "".join("_" if one in characters else one for one in key)
                fix = f'Rename {one_line(pointer)} in {file}, for example to "{one_line(better, 60)}"'
                yield Fault(message, file, pointer, found=key, fix=fix)
            if isinstance(inner, (dict, list)):
                pending.append(((*path, key), inner))
