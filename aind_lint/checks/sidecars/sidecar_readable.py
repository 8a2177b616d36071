"""Can every program read the sidecar?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

SCOPE = "sidecar"


class Options(verb.Options):
    """Which problem to report: a code of `aind_lint.sidecar.text_problems.SidecarProblem`."""

    problem: Literal[
        "not-json",
        "not-utf8",
        "byte-order-mark",
        "duplicate-key",
        "not-a-number",
        "huge-number",
        "too-deep",
        "too-large",
        "not-an-object",
    ]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every sidecar with the problem."""
    for sidecar in asset.sidecars():
        for problem in sidecar.problems:
            if problem.code == options.problem:
                yield Fault(problem.message, sidecar.key, line=problem.line, column=problem.column, found=problem.found)
