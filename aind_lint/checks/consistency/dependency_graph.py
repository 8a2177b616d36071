"""Is the dependency graph of processing.json free of cycles?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import one_line
from aind_lint.text.json_position import join_pointer

SCOPE = "sidecar"

_FILE, _KEY = "processing.json", "dependency_graph"
#: Inputs of a cycle that a fix lists: removing any of them ends the cycle.
_MAX_STEPS = 3


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if a process depends, by way of others, on its own output."""
    try:
        graph = asset.value(_FILE, f"/{_KEY}")
    except LookupError:
        return
    if not isinstance(graph, dict):
        return
    inputs = {name: _texts(listed) for name, listed in graph.items()}
    try:
        TopologicalSorter(inputs).prepare()
    except CycleError as error:
        cycle = list(reversed(error.args[1]))
        steps = [
            f"{json.dumps(needed, ensure_ascii=False)} from {join_pointer([_KEY, name])} in {_FILE}"
            for name, needed in pairwise(cycle)
        ]
        fix = one_line(f"Remove {', or remove '.join(steps[:_MAX_STEPS])}", 600)
        message = f"{_KEY} has a cycle: {one_line(' needs '.join(cycle), 160)}"
        yield Fault(message, _FILE, join_pointer([_KEY, cycle[0]]), found=cycle[0], fix=fix)


def _texts(listed: Any) -> list[str]:
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
