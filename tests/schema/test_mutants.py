"""Mutants of valid sidecars are rejected, with an error at the changed value. ``-s`` prints the figures.

``benchmarks/mutants.py`` prints them for each mutation and for other files.
"""

from __future__ import annotations

import json
from functools import cache

from aind_lint.examples.bases import base_tree
from tests.schema.mutant_results import MutantResult, check_mutants
from tests.schema.mutation import MUTATIONS

LIMIT = 6


@cache
def results() -> list[MutantResult]:
    files = base_tree("raw-2x").files | {"processing.json": base_tree("derived-2x").files["processing.json"]}
    sidecars = {key.removesuffix(".json"): json.loads(bytes(files[key])) for key in files if key.endswith(".json")}
    return [result for kind, data in sidecars.items() for result in check_mutants(kind, data, LIMIT)]


def test_nearly_all_of_the_twenty_one_mutations_apply():
    assert len(MUTATIONS) == 21
    assert len({one.mutant.mutation for one in results()}) >= 20


def test_mutants_that_the_models_reject_are_rejected():
    rejected_by_model = [result for result in results() if result.model_rejects]
    missed = [one for one in rejected_by_model if not one.rejected]
    print(
        f"\nrejected by the models: {len(rejected_by_model)} of {len(results())} mutants; accepted here: {len(missed)}"
    )
    assert len(rejected_by_model) > 200
    assert len(missed) <= 0.01 * len(rejected_by_model), missed


def test_the_first_error_names_the_changed_field():
    rejected = [result for result in results() if result.rejected]
    named = sum(one.first_error_is_at_fault for one in rejected)
    print(f"\nfirst line names the broken field: {named} of {len(rejected)} ({named / len(rejected):.1%})")
    assert named >= 0.95 * len(rejected)


def test_an_end_before_its_start_is_always_rejected():
    swapped = [result for result in results() if result.mutant.mutation == "end before start"]
    assert len(swapped) >= 4
    assert [one.mutant.path for one in swapped if not one.rejected] == []


def test_no_message_is_longer_than_a_line():
    for one in results():
        for finding in one.findings:
            assert len(finding.message) <= 240 and "\n" not in finding.message
