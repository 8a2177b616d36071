"""Rule files: right ones are loaded in order, and every wrong one is refused in one line that says what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aind_lint.engine.rules import compiled_rules, rule_loader
from aind_lint.engine.rules.compiled_rules import read_compiled, write_compiled
from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.rule_catalog import shipped_rule_files
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rule, load_rules
from aind_lint.errors import UsageError
from tests.engine.sample_rules import rule_content, write_rule

GOOD = rule_content()["examples"]


def refusal(path) -> str:
    with pytest.raises(UsageError) as caught:
        load_rule(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_a_valid_file_is_loaded(tmp_path):
    one = load_rule(write_rule(tmp_path, rule_content()))
    assert (one.id, one.rule.name, one.rule.family) == ("TST101", "test-rule", "TST")


def test_own_rules_are_added_to_those_that_ship_with_the_tool(tmp_path):
    write_rule(tmp_path, rule_content())
    (tmp_path / "deeper").mkdir()
    write_rule(tmp_path / "deeper", rule_content("TST102", "other-rule"))
    own = {one.id for one in load_rules([tmp_path])} - {one.id for one in load_rules()}
    assert own == {"TST101", "TST102"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nid: [}\n", ":2: did not find expected node content"),
        ("a: 1\nb: 2\na: 3\n", ":3: the key 'a' occurs twice"),
        ("with:\n  a: 1\n  a: 2\n", ":3: the key 'a' occurs twice"),
        ("- a\n- b\n", ": the file contains no rule"),
        ("", ": the file contains no rule"),
        ("a: 1\n---\nb: 2\n", ":2: but found another document"),
        ("a: !!python/object/apply:os.system [ls]", ":1: could not determine a constructor"),
        ("[a, b]: 1\n", ":1: found unhashable key"),
        ("now: 2024-13-45\n", ": not YAML: month must be in 1..12"),
        ("[" * 2_000 + "]" * 2_000, ":"),  # newer PyYAML names the line
        ("a: \x07", ": not YAML"),
    ],
    ids=[
        "broken",
        "duplicate key",
        "nested duplicate key",
        "list",
        "empty",
        "two documents",
        "Python object",
        "list as a key",
        "impossible date",
        "many brackets",
        "control character",
    ],
)
def test_what_is_no_yaml_mapping_is_refused_with_its_line(tmp_path, text, expected):
    path = tmp_path / "TST101-test-rule.yaml"
    path.write_text(text, encoding="utf-8")
    assert refusal(path).startswith(expected)


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    path = tmp_path / "TST101-test-rule.yaml"
    path.write_bytes(b"why: M\xfcll\n")
    assert refusal(path) == ": the file is not UTF-8"


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert refusal(tmp_path / "TST101-test-rule.yaml") == ": no such file or directory"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("unknown key", {"sevrity": "error"}, ": sevrity: unknown key; did you mean 'severity'?"),
    ("key of nothing", {"zzz": 1}, ": zzz: unknown key; known are id, name, severity,"),
    ("unknown key of when", {"when": {"levle": ["raw"]}}, ": when.levle: unknown key; did you mean 'level'?"),
    (
        "unknown key of an example",
        {"examples": [*GOOD, {"name": "abc", "base": "raw-2x", "expct": []}]},
        ": examples.2.expct: unknown key; did you mean 'expect'?",
    ),
    (
        "unknown key of an addition",
        {"examples": [*GOOD, {"name": "abc", "base": "raw-2x", "expect": [], "add": {"x": {"txt": ""}}}]},
        ": examples.2.add.x.txt: unknown key; did you mean 'text'?",
    ),
    ("missing key", {"why": None}, ": why: this key is required and missing"),
    ("bad severity", {"severity": "fatal"},
     ": severity: \"fatal\" is not allowed; it must be 'error', 'warning' or 'info'"),
    ("no source", {"sources": []}, ": sources: [] is not allowed; it must be a list of at least 1"),
    ("bad generation", {"when": {"generation": ["4.x"]}},
     ": when.generation.0: \"4.x\" is not allowed; it must be '0.x', '1.x', '2.x' or '3.x'"),
    ("unknown verb", {"check": "wanted"}, ": there is no check called 'wanted'"),
    ("verb that is a path", {"check": "os.path"}, ': check: "os.path" is not allowed; it must be the name of a verb'),
    ("private verb", {"check": "_x"}, ': check: "_x" is not allowed; it must be the name of a verb'),
    ("unknown option", {"with": {"pahts": ["x"], "message": "x", "paths": ["x"]}}, ": with.pahts: unknown key; did"),
    ("wrong option", {"with": {"paths": "x", "message": "x"}}, ': with.paths: "x" is not allowed; it must be a list'),
    ("missing option", {"with": {"paths": ["x"]}}, ": with.message: this key is required and missing"),
    ("unknown option of a case", {"with": {"paths": ["x"], "message": "x", "applies_to": {"if_any_presen": []}}},
     ": with.applies_to.if_any_presen: unknown key; did you mean 'if_any_present'?"),
    ("part that no name has",
     {"check": "values_agree", "with": {"described_as": "x", "reference": "name:subjekt", "compared": ["name:text"]}},
     ': with.reference: "name:subjekt" is not allowed; it must be a reference, such as subject.json#/subject_id'),
    ("no text", {"why": 7}, ": why: 7 is not allowed; it must be a text"),
    ("short text", {"why": "x"}, ': why: "x" is not allowed; it must be a text of at least 3 characters'),
    ("long text", {"fix": "x" * 700}, ': fix: "xxxxx'),
    ("no mapping", {"when": ["raw"]}, ': when: ["raw"] is not allowed; it must be a mapping'),
    ("no number", {"check": "times_in_order", "with": {"orders": [], "tolerance_seconds": "x"}}, ": with.orders: []"),
    ("word of another option", {"check": "value_exists_in", "with": {"described_as": "x", "values": ["name:text"],
     "defined_in": ["name:text"], "requires_any": ["name:text"], "synonyms": "modality"}},
     ': with.synonyms: "modality" is not allowed'),
    ("neither paths nor words", {"with": {"message": "x"}}, ": with: 'paths' or 'vocabulary' is required"),
    ("no failing example", {"examples": GOOD[:1]}, ": examples: a rule needs at least one example that passes and one"),
    ("no passing example", {"examples": GOOD[1:]}, ": examples: a rule needs at least one example that passes and one"),
    ("no example", {"examples": []}, ": examples: a rule needs at least one example that passes and one"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), [pytest.param(c, e, id=i) for i, c, e in WRONG])
def test_a_wrong_rule_is_refused_with_the_key_and_the_fault(tmp_path, changes, expected):
    assert refusal(write_rule(tmp_path, rule_content(**changes))).startswith(expected)


@pytest.mark.parametrize("file_name", ["test-rule.yaml", "TST1-x.yaml", "TST101.yaml", "tst101-x.yaml", "TST101-x.yml"])
def test_a_file_name_without_id_and_name_is_refused(tmp_path, file_name):
    path = write_rule(tmp_path, rule_content(), file_name)
    assert refusal(path).startswith(": a rule file is named <ID>-<name>.yaml")


@pytest.mark.parametrize("file_name", ["TST102-test-rule.yaml", "TST101-other-rule.yaml"])
def test_a_file_name_that_differs_from_the_rule_is_refused(tmp_path, file_name):
    path = write_rule(tmp_path, rule_content(), file_name)
    assert refusal(path).endswith(", but its content is TST101-test-rule")


@pytest.mark.parametrize("id_", ["TST1012", "tst101", "TST101\n"])
def test_a_bad_id_is_refused(tmp_path, id_):
    path = write_rule(tmp_path, rule_content(id_), "TST101-test-rule.yaml")
    assert refusal(path).startswith(": id: ")


@pytest.mark.parametrize(
    ("id_", "name"), [("TST101", "other-name"), ("TST102", "test-rule"), ("NAM101", "x-y"), ("TST102", "not-json")]
)
def test_an_id_or_name_that_another_rule_has_is_refused(tmp_path, id_, name):
    write_rule(tmp_path, rule_content())
    (tmp_path / "more").mkdir()
    write_rule(tmp_path / "more", rule_content(id_, name))
    with pytest.raises(UsageError, match=f"another rule has the id {id_} or the name {name}"):
        load_rules([tmp_path])


def test_a_requirement_that_does_not_exist_is_refused(tmp_path):
    write_rule(tmp_path, rule_content(requires=["TST999"]))
    with pytest.raises(UsageError, match="rule TST101 requires TST999, which does not exist"):
        load_rules([tmp_path])


def test_rules_that_require_one_another_are_refused(tmp_path):
    write_rule(tmp_path, rule_content("TST101", "first", requires=["TST102"]))
    write_rule(tmp_path, rule_content("TST102", "second", requires=["TST101"]))
    with pytest.raises(UsageError, match=r"a cycle: TST10\d → TST10\d → TST10\d"):
        load_rules([tmp_path])


def test_a_rule_that_requires_itself_is_refused(tmp_path):
    write_rule(tmp_path, rule_content(requires=["TST101"]))
    with pytest.raises(UsageError, match="a cycle: TST101 → TST101"):
        load_rules([tmp_path])


def test_a_folder_without_rules_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"contains no rule file \(\*\.yaml\)"):
        load_rules([tmp_path])


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="missing does not exist"):
        load_rules([tmp_path / "missing"])


def test_a_rule_file_with_another_ending_is_reported(tmp_path):
    write_rule(tmp_path, rule_content())
    write_rule(tmp_path, rule_content("TST102", "other"), "TST102-other.yml")
    with pytest.raises(UsageError, match="a rule file is named"):
        load_rules([tmp_path])


def test_every_rule_follows_the_rules_it_requires():
    seen: set[str] = set()
    for one in load_rules():
        assert seen.issuperset(one.rule.requires)
        seen.add(one.id)


def test_the_order_of_rules_does_not_depend_on_the_order_of_files(monkeypatch):
    order = [one.id for one in load_rules()]
    backwards = shipped_rule_files()[::-1]
    monkeypatch.setattr(rule_loader, "shipped_rule_files", lambda: backwards)
    rule_loader._load_shipped.cache_clear()
    try:
        assert [one.id for one in load_rules()] == order
    finally:
        rule_loader._load_shipped.cache_clear()


def test_a_compiled_rule_is_the_rule_of_its_file():
    files = shipped_rule_files()
    write_compiled(files, {path.name: load_rule(path).rule.content for path in files})
    compiled = read_compiled(files)
    assert compiled is not None
    for path in files:
        from_file, trusted = load_rule(path), LoadedRule(Rule(compiled[path.name]))
        assert (repr(trusted.options), vars(trusted.rule)) == (repr(from_file.options), vars(from_file.rule))
        assert vars(Rule(read_rule_file(path))) | {"content": None} == vars(from_file.rule) | {"content": None}


def test_a_compiled_rule_of_another_content_is_not_read(tmp_path):
    path = write_rule(tmp_path, rule_content())
    write_compiled([path], {path.name: {}})
    assert read_compiled([path]) == {path.name: {}}
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert read_compiled([path]) is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b'{"source": ', b"[]", b"null", b"[" * 200_000, b'{"source": "SOURCE"}', b'{"source": "SOURCE", "rules": []}',
     b'{"source": "SOURCE", "rules": {}}'],
)  # fmt: skip
def test_damaged_compiled_rules_are_not_read(tmp_path, monkeypatch, damaged):
    path = write_rule(tmp_path, rule_content())
    compiled = tmp_path / "cache/rules.json"
    monkeypatch.setattr(compiled_rules, "_cache_file", lambda: compiled)
    write_compiled([path], {path.name: {}})
    assert [file.name for file in compiled.parent.iterdir()] == ["rules.json"]
    source = json.loads(compiled.read_bytes())["source"].encode()
    compiled.write_bytes(damaged.replace(b"SOURCE", source))
    assert read_compiled([path]) is None
