"""Can every program read the sidecar?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.sidecar.reader import NOT_READ
from aind_lint.sidecar.text_problems import SidecarProblem

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


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every sidecar with the problem. One that was not read cannot be checked."""
    for sidecar in asset.sidecars():
        for problem in sidecar.problems:
            if problem.code == NOT_READ:
                yield Unchecked("the file could not be read", sidecar.key)
            elif problem.code == options.problem:
                yield Fault(
                    problem.message,
                    sidecar.key,
                    line=problem.line,
                    column=problem.column,
                    found=problem.found,
                    fix=_fix(sidecar.key, problem),
                )


def _fix(key: str, problem: SidecarProblem) -> str | None:
    """How to fix text that is not JSON; the fix of the rule for other problems."""
    if problem.code != "not-json":
        return None
    if problem.line is None:
        return f"Write {key} again with the program that made it, or copy it again"
    return f"Write {key} again with the program that made it, or correct the JSON at line {problem.line}"
