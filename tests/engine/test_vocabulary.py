"""The vocabulary: one file, its compiled form, and what is no rule."""

from __future__ import annotations

import pytest

from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.engine.rules.rule_catalog import rule_files
from scripts.compile_vocabulary import FOLDER, compiled


def test_the_compiled_form_is_that_of_the_file():
    text = (FOLDER / "vocabulary.json").read_text(encoding="utf-8")
    assert text == compiled(), "run: python scripts/compile_vocabulary.py"


def test_the_vocabulary_is_not_a_rule():
    assert [path.name for path in rule_files() if path.name.startswith("vocabulary")] == []


def test_every_name_of_a_modality_means_a_modality_folder():
    meanings = {VOCABULARY.modality_of(word) for word in [*VOCABULARY.former_modalities, *VOCABULARY.modality_parts]}
    assert meanings <= VOCABULARY.modality_folders


def test_words_are_added_to_a_vocabulary_and_not_to_the_institutes():
    extended = VOCABULARY.extended(["labscope"], ["lab_scope"], ["denoised"])
    name = "labscope_123456_2022-12-12_05-06-07"
    assert parse_name(name, "raw", extended).problems == ()
    assert [problem.code for problem in parse_name(name, "raw").problems] == ["unknown-prefix"]
    assert extended.modality_of("Lab-Scope") == "lab_scope" and VOCABULARY.modality_of("Lab-Scope") is None
    assert "denoised" in extended.label_globs and "denoised" not in VOCABULARY.label_globs


@pytest.mark.parametrize("label", ["nwb", "sorted"])
def test_an_added_label_does_not_replace_one_of_the_institute(label):
    assert VOCABULARY.extended(labels=[label]).label_folders == VOCABULARY.label_folders
