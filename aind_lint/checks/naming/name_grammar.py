"""Does the asset's name have a certain problem?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.repair import rename, sentence, suggested_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """Which problem to report: a code of `aind_lint.asset.naming.asset_name.NameProblem`."""

    problem: Literal[
        "too-long",
        "forbidden-character",
        "non-ascii",
        "no-date-time",
        "malformed-date-time",
        "impossible-date-time",
        "transitional-date-time",
        "missing-subject",
        "empty-part",
        "extra-part",
        "unknown-prefix",
        "missing-label",
        "label-underscore",
        "unfinished-derived",
        "daisy-chain",
    ]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield the fault if the name has it."""
    if asset.upload is not None and not asset.upload.manifest.names_asset(asset.listing.name):
        yield Unchecked("the manifest gives the asset no name", blocked_by=("RIG104", "RIG105"))
        return
    for problem in asset.name.problems:
        if problem.code == options.problem:
            suggestion = suggested_name(asset, problem.suggestion, context.zone)
            fix = sentence(rename(asset, suggestion)) if suggestion else None
            yield Fault(problem.message, found=problem.found, expected=problem.expected, fix=fix)
