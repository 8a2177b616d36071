"""What does a recording that SpikeInterface saved lack?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import report_problems
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

SCOPE = "data"
NEEDS_DATA = True


class Options(verb.Options):
    """What is reported.

    Attributes:
        problem: The kind of problem.
    """

    problem: Literal[
        "folder-json",
        "recording-files",
        "recording-counts",
        "recording-type",
        "recording-probe",
        "recording-property",
        "recording-objects",
        "loads-in",
        "recording",
    ]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every problem of this kind."""
    yield from report_problems(asset, context, "spikeinterface", options.problem)
