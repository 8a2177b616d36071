"""Every rule on malformed assets: no rule crashes, and every message is one line."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.finding import AssetReport
from aind_lint.sidecar.kinds import SIDECARS
from aind_lint.text.json_position import join_pointer, resolve
from tests.engine.sample_rules import make_asset

pytestmark = pytest.mark.slow  # whole publications, or many generated assets

RULES = load_rules()
VALUES = [
    None, True, 0, -1.5, 2**70, float("nan"), "", "x", "é\n" * 300, "\ud800", [], {}, [None], [[]], {"a": 1},
    "2022-12-12", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "0001-01-01T00:00:00Z", "9.9.9",
    {"abbreviation": None}, {"abbreviation": ["x"]}, [{"abbreviation": "x\ny"}], {"x\n" * 300: 1},
]  # fmt: skip
NAMES = ["", "x", ".", "..", "é_2022-12-12_05-06-07", "a/b", "x" * 300, "\udc80", "123456_0001-01-01_00-00-00",
         "123456_9999-12-31_23-59-59", "123456_2022-12-12_05-06-07\n"]  # fmt: skip


def check(asset: Asset, profile: Any = "candidate") -> AssetReport:
    report = RuleRunner(RULES).run(asset, CheckContext(), profile)
    assert report.crashes == []
    for finding in report.findings:
        assert finding.message
        # A message contains a file name unchanged; the report escapes it.
        assert "\n" not in finding.message or "\n" in (finding.location.file or "")
        assert finding.why and finding.fix
    return report


def places(data: Any, depth: int, parts: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    inner = [place for key, value in members for place in places(value, depth - 1, (*parts, key))] if depth else []
    return [parts, *inner]


@settings(deadline=None)
@given(st.sampled_from(list(BASES)), st.sampled_from(["candidate", "archive", "published"]), st.data())
def test_no_value_in_a_sidecar_makes_a_rule_crash(base, profile, draw):
    tree = base_tree(base)
    file = draw.draw(st.sampled_from([key for key in SIDECARS if key in tree.files]))
    data = json.loads(tree.files[file])
    *parents, last = draw.draw(st.sampled_from(places(data, 3)[1:]))
    resolve(data, join_pointer(parents))[last] = copy.deepcopy(draw.draw(st.sampled_from(VALUES)))
    tree.files[file] = json.dumps(data, indent=1).encode()
    check(Asset(tree.listing()), profile)


@pytest.mark.parametrize(
    ("base", "file", "old", "rule"),
    [
        ("raw-1x", "session.json", '"daq_names": [\n    "', "CON301"),
        ("derived-1x", "data_description.json", '"input_data_name": "', "SEP102"),
    ],
)
def test_a_name_of_several_lines_is_reported_in_one(base, file, old, rule):
    tree = base_tree(base)
    text = json.dumps(json.loads(tree.files[file]), indent=1)
    assert old in text
    tree.files[file] = text.replace(old, old + "x\\n" * 300, 1).encode()
    reported = [finding.message for finding in check(Asset(tree.listing())).findings if finding.rule == rule]
    assert reported
    assert max(map(len, reported)) < 500


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("base", ["raw-0x", "derived-1x", "raw-2x"])
def test_no_name_makes_a_rule_crash(base, name):
    tree = base_tree(base)
    tree.name = name
    assert check(Asset(tree.listing())).findings


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(exclude_characters="\0"), min_size=1), st.integers(0, 2**50)))
def test_no_key_makes_a_rule_crash(files):
    tree = base_tree("raw-2x")
    tree.files.update({key: size for key, size in files.items() if key not in SIDECARS})
    check(Asset(tree.listing()))


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_a_start_beyond_the_calendar_is_not_checked(start):
    tree = base_tree("raw-2x")
    data = json.loads(tree.files["acquisition.json"])
    data["acquisition_start_time"] = start
    tree.files["acquisition.json"] = json.dumps(data).encode()
    report = check(Asset(tree.listing()))
    assert {"CON104", "CON105"} & ({f.rule for f in report.findings} | {n.rule for n in report.not_checked})


@pytest.mark.parametrize("name", ["ecephys_123456_2022-13-12_05-06-07", "ecephys_654321_2022-12-19_05-06-07"])
def test_no_name_is_suggested_in_a_zone_that_the_start_cannot_have(name):
    tree = base_tree("raw-1x")
    tree.name = name
    data = json.loads(tree.files["session.json"])
    tree.files["session.json"] = json.dumps({**data, "session_start_time": "0001-01-01T00:00:00Z"}).encode()
    assert check(Asset(tree.listing())).findings


@pytest.mark.parametrize("key", ["schema_version", "describedBy"])
@pytest.mark.parametrize("value", ["x" * 10_000, "é\n" * 10_000, ["x" * 10_000], {"a": {"b": "x" * 10_000}}, None])
def test_a_value_of_any_size_is_shown_in_a_short_line(key, value):
    report = check(make_asset(subject={"schema_version": "2.0.0", key: value}))
    reported = [finding for finding in report.findings if finding.location.pointer == f"/{key}"]
    assert reported
    for finding in reported:
        assert len(finding.message) < 200
        assert len(finding.found or "") <= 40


def test_json_is_shown_as_json_is_written():
    report = check(make_asset(subject={"schema_version": None}))
    assert any(finding.message.startswith("schema_version is null, not three") for finding in report.findings)


def test_many_faults_of_one_file_make_few_findings():
    members = ",\n".join(f'"k{i}": 1, "k{i}": {2**64 + i}' for i in range(50_000))
    report = check(make_asset(subject=f"{{{members}}}".encode()))
    assert len(report.findings) < 100
