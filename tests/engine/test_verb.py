"""Verbs: ours are complete, and installed packages add theirs by entry point."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.engine.rules.verb import Options, load_verb, may_apply_to_data, shipped_verbs
from aind_lint.errors import UsageError
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.examples.tree import Tree
from tests.engine.sample_rules import make_asset, make_asset_with, rule_content, write_rule

SOURCE = """
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.verb import Fault

SCOPE = "sidecar"


class Options(verb.Options):
    word: str


def check(asset, options, context):
    yield Fault(f"{asset.listing.name} is {options.word}")
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a distribution that registers checks, each as a module with that source."""

    def install(entry_points: str, **modules: str) -> None:
        info = tmp_path / "lint_extra-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lint-extra\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[aind_lint.checks]\n{entry_points}\n")
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)

    load_verb.cache_clear()
    yield install
    load_verb.cache_clear()


def test_an_installed_package_adds_a_verb(install, tmp_path):
    install("greeting = lint_extra_greeting", lint_extra_greeting=SOURCE)
    (tmp_path / "rules").mkdir()
    write_rule(tmp_path / "rules", rule_content(check="greeting", **{"with": {"word": "odd"}}))
    rules = load_rules([tmp_path / "rules"])
    report = RuleRunner(rules, {"TST101"}).run(make_asset("x"), CheckContext(), "candidate")
    assert [finding.message for finding in report.findings] == ["x is odd"]
    assert load_verb("greeting").sidecar_scope


def test_the_options_of_an_added_verb_are_checked(install, tmp_path):
    install("greeting = lint_extra_greeting", lint_extra_greeting=SOURCE)
    (tmp_path / "rules").mkdir()
    write_rule(tmp_path / "rules", rule_content(check="greeting", **{"with": {"wort": "odd", "word": "x"}}))
    with pytest.raises(UsageError, match=r"with\.wort: unknown key; did you mean 'word'\?"):
        load_rules([tmp_path / "rules"])


DECORATED = """
    @pydantic.field_validator("word")
    def check_word(cls, value):
        return value
"""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (f"class Options(verb.Options):\n    word: str\n{DECORATED}", "check_word would never be called: override"),
        (
            f"class Base(verb.Options):\n    word: str\n{DECORATED}\nclass Options(Base):\n    pass",
            "check_word would never be called: override",
        ),
        ("class Options(verb.Options):\n    word: 'Unknown'", "NameError: name 'Unknown' is not defined"),
    ],
    ids=["decorator", "decorator of a base", "unknown type"],
)
def test_options_that_pydantic_cannot_validate_are_refused_in_one_line(install, monkeypatch, tmp_path, options, reason):
    monkeypatch.delitem(__import__("sys").modules, "lint_extra_options", raising=False)
    source = f"import pydantic\nfrom aind_lint.engine.rules import verb\n{options}\ndef check(*_):\n    yield"
    install("greeting = lint_extra_options", lint_extra_options=source)
    (tmp_path / "rules").mkdir()
    path = write_rule(tmp_path / "rules", rule_content(check="greeting", **{"with": {"word": "odd"}}))
    with pytest.raises(UsageError) as caught:
        load_rules([tmp_path / "rules"])
    assert str(caught.value).startswith(f"{path}: the class of the options of the check cannot be used: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry_point", "source", "reason"),
    [
        ("lint_extra_missing", "", "cannot be loaded from lint_extra_missing: ModuleNotFoundError"),
        ("lint_extra_broken", "import nothing_of_that_name", "cannot be loaded from lint_extra_broken: ModuleNotFound"),
        ("lint_extra_broken", "1 / 0", "cannot be loaded from lint_extra_broken: ZeroDivisionError"),
        ("lint_extra_broken:check", "check = 1", "is no module with a class Options and a function check"),
        ("lint_extra_broken", "class Options: pass\ncheck = 1", "is no module with a class Options"),
    ],
    ids=["no module", "missing dependency", "raises", "no module but an object", "wrong members"],
)
def test_a_broken_package_is_refused_in_one_line(install, monkeypatch, entry_point, source, reason):
    monkeypatch.delitem(__import__("sys").modules, "lint_extra_broken", raising=False)
    install(f"greeting = {entry_point}", lint_extra_broken=source)
    with pytest.raises(UsageError, match="the check 'greeting' ") as caught:
        load_verb("greeting")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_installed_package_cannot_replace_a_built_in_verb(install):
    install("sidecar_present = lint_extra_greeting", lint_extra_greeting=SOURCE)
    assert load_verb("sidecar_present").check.__module__ == "aind_lint.checks.sidecars.sidecar_present"


def test_nothing_is_imported_from_the_folder_that_is_checked(install, tmp_path, monkeypatch):
    (tmp_path / "hostile.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no check called 'hostile'"):
        load_verb("hostile")


@pytest.mark.parametrize("name", list(shipped_verbs()))
def test_every_built_in_verb_is_complete_and_used(name):
    verb = load_verb(name)
    assert issubclass(verb.options, Options)
    assert name in {one.rule.check for one in load_rules()}


@pytest.mark.parametrize("name", list(shipped_verbs()))
def test_the_module_of_a_verb_shows_whether_it_may_apply_to_data_outside_any_asset(name):
    assert may_apply_to_data(name) or not load_verb(name).data_scope


SEARCHING = [rule for rule in load_rules() if rule.searched]


@pytest.mark.parametrize("rule", SEARCHING, ids=lambda rule: rule.id)
def test_a_verb_yields_nothing_without_a_match_of_the_globs_that_it_searches(rule):
    # Without files, and with folders only: an empty folder at the root can match a glob.
    for tree in (*map(base_tree, BASES), Tree("x", {}), Tree("x", {}, empty_folders=["a", "slap2", "b/c.harp"])):
        asset = Asset(tree.listing())
        if asset.listing.key_index.globs_worth_searching(rule.searched).isdisjoint(rule.searched):
            assert list(rule.verb.check(asset, rule.options, CheckContext())) == []


def test_a_search_finds_an_empty_folder_at_the_root():
    rule = next(rule for rule in SEARCHING if rule.id == "SID124")
    asset = Asset(replace(base_tree("raw-2x"), empty_folders=[".AIND-lint"]).listing())
    assert len(RuleRunner([rule]).run(asset, CheckContext(), "candidate").findings) == 1


def test_a_verb_is_not_called_without_a_match_of_its_globs():
    rule, called = next(rule for rule in SEARCHING if rule.id == "LAY503"), []

    def check(asset, options, context):
        called.append(list(asset.listing.files))
        return iter(())

    rule = LoadedRule(rule.rule, replace(rule.verb, check=check), rule.options)
    for key in ("behavior/raw.harp/x.bin", "behavior/x.bin"):
        assert RuleRunner([rule]).run(make_asset_with([key]), CheckContext(), "candidate").rules_run == 1
    assert called == [["behavior/raw.harp/x.bin"]]
