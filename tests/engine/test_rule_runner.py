"""Running rules: what is found, what is not checked and what goes wrong is all in the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aind_lint import check
from aind_lint.asset.asset import Asset
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.engine.rule_runner import RuleRunner, choose_profile
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import BucketError
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.finding import NO_DATA, NotChecked, Report, Severity, Skipped
from aind_lint.sidecar.reader import read_small_sidecar
from tests.engine.sample_rules import make_asset, make_rule

DATA_DESCRIPTION_1X = {"schema_version": "1.0.4", "data_level": "raw"}


def run(*rules, asset=None, context=None, profile="candidate", report=None):
    return RuleRunner(rules, report).run(asset or make_asset(), context or CheckContext(), profile)


def exit_code(*reports):
    return Report(list(reports)).exit_code()


def test_a_finding_has_the_texts_of_the_rule_and_its_location():
    asset = make_asset(subject={"subject_id": "1"})
    fault = Fault("it is wrong", "subject.json", "/subject_id", found="1", expected="2", related=((NAME, None),))
    (finding,) = run(make_rule("TST101", fault), asset=asset).findings
    assert (finding.rule, finding.name, finding.severity) == ("TST101", "rule-tst101", Severity.ERROR)
    assert (finding.why, finding.fix) == ("They are left over.", "Remove them.")
    place = finding.location
    assert (place.line, place.column, place.excerpt) == (2, 17, '  "subject_id": "1"')
    assert place.excerpt[place.caret :][: place.width] == '"1"'


NAME = "data.bin"


def test_a_fix_of_the_verb_is_preferred_to_the_rule():
    (finding,) = run(make_rule("TST101", Fault("wrong", fix="Do that"))).findings
    assert finding.fix == "Do that"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_excerpt_of_a_long_line_is_cut_around_the_place(line_end):
    text = json.dumps({"a": "x" * 500, "subject_id": "1", "b": "y" * 500}) + line_end
    asset = make_asset(subject=text.encode())
    (finding,) = run(make_rule("TST101", Fault("wrong", "subject.json", "/subject_id")), asset=asset).findings
    place = finding.location
    assert place.excerpt is not None and len(place.excerpt) == 120
    assert place.excerpt[place.caret :][: place.width] == '"1"'


def test_a_fault_of_a_whole_sidecar_is_shown_at_its_beginning():
    (finding,) = run(make_rule("TST101", Fault("wrong", "subject.json")), asset=make_asset(subject={"a": 1})).findings
    assert (finding.location.line, finding.location.column) == (1, 1)


def test_a_file_that_is_no_sidecar_has_no_line():
    (finding,) = run(make_rule("TST101", Fault("wrong", "ecephys/x.dat"))).findings
    assert (finding.location.file, finding.location.line) == ("ecephys/x.dat", None)


def test_a_value_that_another_rule_reports_is_not_reported_again():
    asset = make_asset(subject={"subject_details": {"sex": "?"}, "subject_id": "1"})
    reporting = make_rule("TST101", Fault("wrong", "subject.json", "/subject_details"))
    inside, beside = (Fault("wrong", "subject.json", place) for place in ("/subject_details/sex", "/subject_id"))
    yielding = make_rule("TST102", inside, beside, yields_to=["TST101"])
    report = run(reporting, yielding, asset=asset)
    assert [(f.rule, f.location.pointer) for f in report.findings] == [
        ("TST101", "/subject_details"),
        ("TST102", "/subject_id"),
    ]
    assert len(run(reporting, yielding, asset=asset, report={"TST102"}).findings) == 2


def test_a_rule_does_not_yield_to_a_warning():
    fault = Fault("wrong", "subject.json", "/subject_id")
    report = run(
        make_rule("TST101", fault, severity="warning"),
        make_rule("TST102", fault, yields_to=["TST101"]),
        asset=make_asset(subject={"subject_id": "1"}),
    )
    assert [finding.rule for finding in report.findings] == ["TST101", "TST102"]


def test_a_rule_is_skipped_while_one_that_it_requires_fails():
    report = run(
        make_rule("TST101", Fault("wrong")),
        make_rule("TST102", Fault("wrong"), requires=["TST101"]),
        make_rule("TST103", Fault("wrong"), requires=["TST102", "TST101"]),
    )
    assert [finding.rule for finding in report.findings] == ["TST101"]
    assert report.skipped == [Skipped("TST102", ("TST101",)), Skipped("TST103", ("TST102", "TST101"))]
    assert report.rules_run == 1


def test_a_warning_does_not_keep_other_rules_from_running():
    report = run(make_rule("TST101", Fault("wrong"), severity="warning"), make_rule("TST102", requires=["TST101"]))
    assert (report.skipped, report.rules_run) == ([], 2)


def test_a_rule_that_does_not_apply_keeps_no_other_from_running():
    report = run(
        make_rule("TST101", Fault("wrong"), when={"name_form": ["analyzed"]}), make_rule("TST102", requires=["TST101"])
    )
    assert (report.findings, report.skipped, report.rules_run) == ([], [], 1)


@pytest.mark.parametrize(
    "error", [ValueError("bad\nvalue"), AssertionError(), RecursionError("deep"), SystemExit(0), MemoryError()]
)
def test_a_rule_that_raises_is_a_crash_and_the_others_are_run(error):
    report = run(
        make_rule("TST101", Fault("reported before"), error),
        make_rule("TST102", requires=["TST101"]),
        make_rule("TST103", Fault("wrong"), severity="warning"),
    )
    (crash,) = report.crashes
    assert crash.rule == "TST101"
    assert crash.error.startswith(f"{type(error).__name__}: ") and "\n" not in crash.error
    assert "Traceback" in crash.traceback
    assert {finding.rule for finding in report.findings} == {"TST101", "TST103"}
    assert report.skipped == [Skipped("TST102", ("TST101",))]
    assert report.rules_run == 1
    assert report.blockers == ["TST101"]
    assert exit_code(report) == 2


@pytest.mark.parametrize("returned", [None, ["text"], 7])
def test_a_verb_that_yields_something_else_is_a_crash_and_no_pass(returned):
    report = run(make_rule("TST101", check=lambda asset, options, context: returned))
    assert [crash.rule for crash in report.crashes] == ["TST101"]


def test_an_interruption_by_the_user_is_no_crash():
    with pytest.raises(KeyboardInterrupt):
        run(make_rule("TST101", KeyboardInterrupt()))


def test_an_unreadable_bucket_makes_a_rule_not_checked():
    report = run(make_rule("TST101", BucketError("no answer"), mandatory=True), make_rule("TST102", Fault("wrong")))
    assert report.not_checked == [NotChecked("TST101", "no answer", mandatory=True)]
    assert report.bucket_error == "no answer"
    assert report.crashes == []
    assert report.blockers == ["TST101", "TST102"]
    assert exit_code(report) == 4


@pytest.mark.parametrize("mandatory", [True, False])
def test_what_was_not_checked_blocks_publishing_only_when_it_is_mandatory(mandatory):
    report = run(make_rule("TST101", Unchecked("too large", "x.dat"), mandatory=mandatory))
    assert report.not_checked == [NotChecked("TST101", "too large", "x.dat", mandatory)]
    assert report.blockers == (["TST101"] if mandatory else [])
    assert exit_code(report) == 0


def test_without_a_bucket_a_rule_that_needs_one_is_not_checked():
    rule = make_rule("TST101", Fault("wrong"), needs_bucket=True)
    assert run(rule).not_checked == [NotChecked("TST101", "no bucket given")]
    assert len(run(rule, context=CheckContext(MemoryStore())).findings) == 1


@pytest.mark.parametrize(
    ("when", "asset", "reason"),
    [
        ({"generation": ["2.x"]}, make_asset(), "the generation of the metadata is unknown"),
        ({"level": ["raw"]}, make_asset("whatever"), "the data level is unknown"),
        ({"name_form": ["raw"]}, make_asset("whatever"), "the asset name is invalid"),
    ],
    ids=["generation", "level", "form"],
)
def test_an_undecidable_condition_makes_a_rule_not_checked(when, asset, reason):
    report = run(make_rule("TST101", Fault("wrong"), when=when, mandatory=True), asset=asset)
    assert report.not_checked == [NotChecked("TST101", reason, mandatory=True)]
    assert (report.findings, report.rules_run) == ([], 0)


def test_a_false_condition_outweighs_an_undecidable_one():
    report = run(make_rule("TST101", Fault("wrong"), when={"generation": ["2.x"], "name_form": ["derived"]}))
    assert (report.findings, report.not_checked) == ([], [])


@pytest.mark.parametrize(
    ("when", "applies"),
    [
        ({}, True),
        ({"generation": ["1.x"], "level": ["raw"], "name_form": ["raw"], "profile": ["archive"]}, True),
        ({"generation": ["2.x"]}, False),
        ({"level": ["derived"]}, False),
        ({"name_form": ["derived"]}, False),
        ({"profile": ["candidate", "published"]}, False),
    ],
)
def test_every_condition_must_hold(when, applies):
    asset = make_asset(data_description=DATA_DESCRIPTION_1X)
    report = run(make_rule("TST101", Fault("wrong"), when=when), asset=asset, profile="archive")
    assert len(report.findings) == applies
    assert report.not_checked == []


def test_severity_is_lower_where_the_rule_overrides_it():
    rule = make_rule(
        "TST101",
        Fault("wrong"),
        relaxed=[
            {"when": {"profile": ["published"]}, "severity": "info"},
            {"when": {"generation": ["1.x"]}, "severity": "warning"},
        ],
    )
    old = make_asset(data_description=DATA_DESCRIPTION_1X)
    assert [f.severity for f in run(rule).findings] == [Severity.ERROR]  # what is not known is not milder
    assert [f.severity for f in run(rule, asset=old).findings] == [Severity.WARNING]
    assert [f.severity for f in run(rule, asset=old, profile="published").findings] == [Severity.INFO]


def test_a_standalone_sidecar_is_checked_only_by_rules_about_sidecars():
    asset = make_asset("rig.json", sidecar_only=True, rig={"a": 1})
    report = run(
        make_rule("TST101", Fault("wrong")), make_rule("TST102", Fault("wrong"), sidecar_scope=True), asset=asset
    )
    assert [finding.rule for finding in report.findings] == ["TST102"]
    assert (report.name, report.level, report.rules_run) == (None, None, 1)


@pytest.mark.parametrize("name", ["rig.json", "rig_447.json", "notes.json", "metadata.nd.json"])
def test_any_json_file_can_be_checked_alone(name):
    kind = name.removesuffix(".json")
    for content in ({"schema_version": "2.0.0"}, {}, b"{", b"[]"):
        asset = make_asset(name, sidecar_only=True, **{kind: content})
        report = RuleRunner(load_rules()).run(asset, CheckContext(), "candidate")
        assert report.crashes == []
        assert report.findings or report.not_checked


def test_required_rules_run_without_being_reported():
    rules = [
        make_rule("TST101", Fault("wrong"), Unchecked("x")),
        make_rule("TST102", Fault("wrong"), requires=["TST101"]),
        make_rule("TST103", Fault("wrong")),
    ]
    report = run(*rules, report={"TST102"})
    assert report.findings == report.not_checked == []
    assert report.skipped == [Skipped("TST102", ("TST101",))]


def test_findings_are_sorted_by_file_place_and_rule():
    asset = make_asset(subject={"a": 1, "b": 2}, procedures={"a": 1})
    rules = [
        make_rule("TST101", Fault("m", "subject.json", "/b"), Fault("m", "subject.json", "/a"), Fault("m")),
        make_rule("TST102", Fault("m", "procedures.json", "/a"), Fault("m", "subject.json", "/a"), Fault("a")),
    ]
    expected = [
        ("TST101", None, None),
        ("TST102", None, None),
        ("TST102", "procedures.json", "/a"),
        ("TST101", "subject.json", "/a"),
        ("TST102", "subject.json", "/a"),
        ("TST101", "subject.json", "/b"),
    ]
    for order in (rules, rules[::-1]):
        findings = run(*order, asset=asset).findings
        assert [(f.rule, f.location.file, f.location.pointer) for f in findings] == expected


@pytest.mark.parametrize("base", BASES)
def test_two_runs_of_one_asset_have_the_same_findings(base):
    tree = base_tree(base)
    tree.files["subject.json"] = b'{"subject_id": 1, "schema_version": "2.0.0", "x": NaN}'
    first, second = (RuleRunner(load_rules()).run(Asset(tree.listing()), CheckContext(), "candidate") for _ in range(2))
    assert first == second
    assert first.crashes == []


@pytest.mark.parametrize(("base", "profile"), [("raw-0x", "archive"), ("raw-1x", "archive"), ("raw-2x", "candidate")])
def test_the_profile_follows_the_generation(base, profile):
    assert choose_profile(Asset(base_tree(base).listing())) == profile


def test_what_carries_the_control_files_is_published():
    tree = base_tree("raw-2x")
    tree.files[".aind-lint/claim.json"] = b"{}"
    assert choose_profile(Asset(tree.listing())) == "published"


def test_a_check_of_data_is_not_made_where_only_metadata_is_kept():
    rule = make_rule("TST101", Fault("no"))
    needy = LoadedRule(rule.rule, replace(rule.verb, needs_data=True), rule.options)
    report = RuleRunner([needy]).run(make_asset(), CheckContext(data="absent"), "candidate")
    assert (report.findings, [item.reason for item in report.not_checked]) == ([], [NO_DATA])
    assert RuleRunner([needy]).run(make_asset(), CheckContext(), "candidate").findings


@pytest.mark.parametrize(
    ("address", "flat"),
    [
        ("s3://aind-benchmark-data", False),
        ("s3://aind-benchmark-data/ephys-compression/aind-np2", False),
        ("s3://aind-benchmark-data-2", True),
        ("s3://aind-open-data/piled", False),
        ("s3://aind-open-data", True),
        ("local/bucket/piled", False),
        ("local/bucket", True),
    ],
)
def test_buckets_that_are_not_flat(address, flat):
    context = CheckContext(not_flat_buckets=("aind-benchmark-data", "s3://aind-open-data/piled/", "local/bucket/piled"))
    assert context.is_flat(address) is flat


def test_assets_that_share_sidecars_have_the_findings_that_each_has_alone(tmp_path):
    """What is computed of a sidecar holds for every asset that has it; what depends on the other files does not."""
    trees = [base_tree("raw-2x") for _ in range(3)]
    trees[1].name = trees[1].name.replace("123456", "654321")
    del trees[2].files["instrument.json"]
    folders = [tree.write(tmp_path / str(number)) for number, tree in enumerate(trees)]
    together = [asset.findings for asset in check(folders, cache=False).assets]
    alone = []
    for folder in folders:
        read_small_sidecar.cache_clear()
        alone.append(check([folder], cache=False).assets[0].findings)
    assert together == alone
    assert [len({finding.rule for finding in findings}) > 0 for findings in alone] == [False, True, True]
