"""Are sidecars that were copied from the source asset the same as the source's?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import ValuePath
from aind_lint.bucket.source_asset import find_source, sidecar_versions
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.finding import NO_BUCKET
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.json_position import join_pointer

_ABSENT = object()


class Options(verb.Options):
    """Which sidecars are compared.

    Attributes:
        files: Compared by content; a copy with another schema version was converted and is ignored.
    """

    files: Annotated[list[str], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every copy that differs, at the first place where it does."""
    source = find_source(asset, context.store)
    if source is None:
        if context.store is None:
            yield Unchecked(NO_BUCKET)
        return  # another rule reports a source that is not in the destination
    for file in options.files:
        sidecar = asset.sidecar(file)
        if sidecar is None or sidecar.data is None:
            continue
        originals = list(sidecar_versions(source, file))
        if not originals or sidecar.data in originals:
            continue
        if any(original.get("schema_version") == sidecar.data.get("schema_version") for original in originals):
            yield _fault(file, sidecar.data, originals[0], source.listing.address)


def _fault(file: str, copy: dict[str, Any], original: dict[str, Any], where: str) -> Fault:
    places = list(_differences(copy, original))
    path, found, expected = places[0]
    more = f" and {len(places) - 1:,} more places" if len(places) > 1 else ""
    message = f"{file} differs at {join_pointer(path)}{more} from that in {where}"
    return Fault(message, file, join_pointer(path), found=_text(found), expected=_text(expected))


def _differences(left: Any, right: Any, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Any, Any]]:
    """The innermost places at which two JSON values differ, with both values."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys([*left, *right]):
            yield from _differences(left.get(key, _ABSENT), right.get(key, _ABSENT), (*path, key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, items in enumerate(zip(left, right, strict=True)):
            yield from _differences(*items, (*path, index))
    elif left != right:
        yield path, left, right


def _text(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    return value if isinstance(value, str) else one_line(str(value), 40)
