"""Valid sidecars, each broken in one place in one of twenty-one ways. Run with ``-s`` to read the figures.

``benchmarks/mutants.py`` prints them for each way, and for other files.
"""

from __future__ import annotations

import json
from functools import cache

from aind_lint.examples.bases import base_tree
from tests.schema.mutation import WAYS
from tests.schema.verdicts import Judgement, judge_mutants

EACH = 6


@cache
def judgements() -> list[Judgement]:
    files = base_tree("raw-2x").files | {"processing.json": base_tree("derived-2x").files["processing.json"]}
    sidecars = {key.removesuffix(".json"): json.loads(bytes(files[key])) for key in files if key.endswith(".json")}
    return [one for kind, data in sidecars.items() for one in judge_mutants(kind, data, EACH)]


def test_there_are_twenty_one_ways_and_nearly_all_can_be_gone():
    assert len(WAYS) == 21
    assert len({one.mutant.way for one in judgements()}) >= 20


def test_what_the_models_reject_is_rejected():
    refused = [one for one in judgements() if one.upstream_rejects]
    missed = [one for one in refused if not one.rejected]
    print(f"\nrejected by the models: {len(refused)} of {len(judgements())} mutants; accepted here: {len(missed)}")
    assert len(refused) > 200
    assert len(missed) <= 0.01 * len(refused), missed


def test_the_first_line_names_the_field_that_was_broken():
    rejected = [one for one in judgements() if one.rejected]
    named = sum(one.first_names_it for one in rejected)
    print(f"\nfirst line names the broken field: {named} of {len(rejected)} ({named / len(rejected):.1%})")
    assert named >= 0.95 * len(rejected)


def test_an_end_before_its_start_is_always_rejected():
    swapped = [one for one in judgements() if one.mutant.way == "end before start"]
    assert len(swapped) >= 4
    assert [one.mutant.path for one in swapped if not one.rejected] == []


def test_no_message_is_longer_than_a_line():
    for one in judgements():
        for finding in one.findings:
            assert len(finding.message) <= 240 and "\n" not in finding.message
