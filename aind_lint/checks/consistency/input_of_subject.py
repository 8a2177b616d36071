"""Do processes read assets of this subject only?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.value_reference import Reference, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY


class Options(verb.Options):
    """References to the names or addresses of the inputs."""

    inputs: Annotated[list[Reference], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every input of another animal; none for an asset of several subjects."""
    subject = asset.name.subject_id
    if subject is not None and subject.isdigit():
        allowed = {subject, *(parse_name(source, vocabulary=asset.vocabulary).subject_id for source in asset.sources)}
        yield from report_limited(_faults(asset, options, allowed), "more inputs like this")


def _faults(asset: Asset, options: Options, allowed: set[str | None]) -> Iterator[Fault]:
    for entry in resolve_references(asset, options.inputs):
        if not isinstance(entry.value, str):
            continue
        for part in entry.value.replace("\\", "/").split("/"):
            other = parse_name(part, vocabulary=asset.vocabulary).subject_id if "_" in part else None
            # Animals have numbers; an atlas has none.
            if other is not None and other.isdigit() and other not in allowed:
                message = f"a process in {entry.file} reads {part}, an asset of another subject, {other}"
                yield Fault(message, entry.file, entry.pointer, found=entry.value)
                break
