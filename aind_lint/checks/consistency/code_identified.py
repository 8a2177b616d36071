"""Does every description of code state a version or a commit?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import Reference, ReferencedValue, resolve_references
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import one_line
from aind_lint.text.constraint import NOT_EMPTY

SCOPE = "sidecar"


class Options(verb.Options):
    """References to the descriptions of code."""

    code: Annotated[list[Reference], NOT_EMPTY]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every description without both, once for each file and address."""
    found: dict[tuple[str | None, str], ReferencedValue] = {}
    for entry in resolve_references(asset, options.code):
        code = entry.value
        if isinstance(code, dict) and "url" in code and not code.get("version") and not code.get("commit_hash"):
            found.setdefault((entry.file, str(code["url"])), entry)
    faults = (
        Fault(f"the code {one_line(url, 80)} in {file} has neither version nor commit_hash", file, entry.pointer)
        for (file, url), entry in found.items()
    )
    yield from report_limited(faults, "more descriptions of code like this")
