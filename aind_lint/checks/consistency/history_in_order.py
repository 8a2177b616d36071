"""Are the entries of a history in the order of their times?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY
from aind_lint.text.json_position import join_pointer
from aind_lint.text.timestamps import to_timestamp

SCOPE = "sidecar"


class Options(verb.Options):
    """References to the histories: lists of objects with ``timestamp``."""

    histories: Annotated[list[Reference], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for the first entry of each history that is earlier than the one before it."""
    yield from report_limited(_faults(asset, options, context), "more histories like this")


def _faults(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    for entry in resolve_references(asset, options.histories):
        items = entry.value if isinstance(entry.value, list) else []
        written = [item.get("timestamp") if isinstance(item, dict) else None for item in items]
        for index in range(1, len(items)):
            before, after = to_timestamp(written[index - 1]), to_timestamp(written[index])
            if before and after and before.is_after(after, asset.zone or context.zone):
                pointer = join_pointer([*entry.path, index, "timestamp"])
                message = f"{entry.path[-1]} goes back in time: {written[index]} follows {written[index - 1]}"
                yield Fault(message, entry.file, pointer, found=str(written[index]))
                break
