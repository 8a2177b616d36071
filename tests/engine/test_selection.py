"""--select and --ignore take ids, names and families."""

from __future__ import annotations

import pytest

from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.engine.selection import select_rules, with_required
from aind_lint.errors import UsageError
from tests.engine.sample_rules import make_rule

RULES = load_rules()
ALL = {one.id for one in RULES}
NAMING = {id_ for id_ in ALL if id_.startswith("NAM")}


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ([], [], ALL),
        (["CON103"], [], {"CON103"}),
        (["subject-mismatch"], [], {"CON103"}),
        (["NAM"], [], NAMING),
        (["NAM", "CON103"], ["NAM101"], NAMING - {"NAM101"} | {"CON103"}),
        ([], ["NAM"], ALL - NAMING),
        ([], ["no-date-time"], ALL - {"NAM101"}),
    ],
)
def test_rules_are_chosen_by_id_name_and_family(select, ignore, expected):
    assert select_rules(RULES, select, ignore) == expected


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("con103", "did you mean CON103?"),
        ("subject-missmatch", "did you mean subject-mismatch?"),
        ("nam", "did you mean NAM?"),
        ("zzzzzz", "'aind-lint rules' lists them"),
        ("", "'aind-lint rules' lists them"),
    ],
)
@pytest.mark.parametrize("option", ["select", "ignore"])
def test_a_word_that_names_no_rule_is_refused_with_a_suggestion(option, word, hint):
    with pytest.raises(UsageError) as caught:
        select_rules(RULES, **{option: [word]})
    assert str(caught.value) == f"no rule has the id, name or family '{word}'; {hint}"


@pytest.mark.parametrize(("select", "ignore"), [(["NAM"], ["NAM"]), (["CON103"], ["subject-mismatch"])])
def test_a_choice_that_leaves_no_rule_is_refused_and_no_pass(select, ignore):
    with pytest.raises(UsageError, match="no rule is left to check"):
        select_rules(RULES, select, ignore)


def test_what_a_rule_requires_is_run_before_it_through_every_step():
    rules = [
        make_rule("TST101"),
        make_rule("TST102", requires=["TST101"]),
        make_rule("TST103"),
        make_rule("TST104", requires=["TST102"]),
    ]
    assert [one.id for one in with_required(rules, {"TST104"})] == ["TST101", "TST102", "TST104"]
