"""What is configured, where it is found, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from aind_lint import UsageError, check
from aind_lint.config.asset_glob import matches
from aind_lint.config.config_file import find_settings, read_settings, to_toml
from aind_lint.config.settings import Override, RigSettings, Settings, Suppression
from aind_lint.config.settings_format import json_schema
from aind_lint.config.vocabulary import AddedVocabulary
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, RAW_2X, edited, run_here
from tests.links import make_link

_FULL = """
select = ["CON", "NAM"]
ignore = ["label-underscore"]
extend-rules = ["rules/own"]
fail-on = "warning"
bucket = "../bucket"
zone = "Europe/Berlin"
data = "absent"
not-flat-buckets = ["aind-benchmark-data"]
baseline = "old.json"

[vocabulary]
prefixes = ["labscope"]
modalities = ["lab_scope"]
labels = ["denoised"]
buckets = ["s3://our-lab-data"]
public_buckets = ["s3://our-public-data"]

[rig]
data_roots = ["D:/data"]

[[overrides]]
assets = "archive/**"
ignore = ["NAM"]

[[suppressions]]
rule = "CON104"
reason = 'the clock of "rig 4" was off\\'
assets = "ecephys_*"
until = 2027-01-31

[[suppressions]]
rule = "NAM"
reason = "a\tb 鼠"
"""


def _write(folder: Path, text: str, name: str = "aind-lint.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_every_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _write(tmp_path / "repo", _FULL)
    monkeypatch.chdir(tmp_path)
    assert read_settings(file) == Settings(
        file=file,
        select=("CON", "NAM"),
        ignore=("label-underscore",),
        extend_rules=("repo/rules/own",),
        fail_on="warning",
        bucket="bucket",
        zone="Europe/Berlin",
        data="absent",
        not_flat_buckets=("aind-benchmark-data",),
        overrides=(Override("archive/**", ignore=("NAM",)),),
        suppressions=(
            Suppression("CON104", 'the clock of "rig 4" was off\\', "ecephys_*", date(2027, 1, 31), 26),
            Suppression("NAM", "a\tb 鼠", line=32),
        ),
        baseline="repo/old.json",
        vocabulary=AddedVocabulary(
            ("labscope",), ("lab_scope",), ("denoised",), ("s3://our-lab-data",), ("s3://our-public-data",)
        ),
        rig=RigSettings(("D:/data",)),
    )


def test_shown_settings_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _write(tmp_path, _FULL.replace("鼠", "鼠\\u001b\\u202e🐁"))
    monkeypatch.chdir(tmp_path)
    settings = read_settings(file)
    shown = to_toml(settings)
    assert all(line.isprintable() for line in shown.splitlines())
    file.write_text(shown, encoding="utf-8")
    again = read_settings(file)
    assert [(one.rule, one.reason, one.until) for one in again.suppressions] == [
        (one.rule, one.reason, one.until) for one in settings.suppressions
    ]
    assert (again.select, again.overrides, again.bucket) == (settings.select, settings.overrides, settings.bucket)
    assert (again.vocabulary, again.rig) == (settings.vocabulary, settings.rig)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('slect = ["CON"]', "unknown key 'slect'; did you mean 'select'?"),
        ("frobnicate = 1", "unknown key 'frobnicate'; the allowed keys are select, ignore,"),
        ('select = "CON"', "select is 'CON'; it must be a list of strings: select = [\"CON\"]"),
        ("ignore = [1]", "ignore[0] is 1; it must be text in quotes"),
        ('fail-on = "errors"', "fail-on is 'errors'; it must be error, warning or never; did you mean 'error'?"),
        ("fail-on = 1", "fail-on is 1; it must be error, warning or never"),
        ('data = "missing"', "data is 'missing'; it must be present or absent"),
        ('zone = "America/Seattle"', "zone is 'America/Seattle'; it must be an IANA time zone"),
        ('zone = "../../etc/passwd"', "it must be an IANA time zone such as America/Los_Angeles"),
        ('bucket = ""', "bucket is ''; it must be text in quotes that is not empty"),
        ('suppressions = "CON"', "suppressions is 'CON'; it must be a list of tables, each under [[suppressions]]"),
        ('[[suppressions]]\nrule = "CON104"', "suppressions[0] lacks the key 'reason'"),
        (
            '[[suppressions]]\nrule = "CON104"\nreason = " "',
            "suppressions[0].reason is ' '; it must be text in quotes that is not empty",
        ),
        (
            '[[suppressions]]\nrule = "CON104"\nreason = "x"\nuntill = 2027-01-01',
            "'suppressions[0].untill'; did you mean 'until'?",
        ),
        (
            '[[suppressions]]\nrule = "CON104"\nreason = "x"\nuntil = "soon"',
            "suppressions[0].until is 'soon'; it must be a date such as 2027-01-31",
        ),
        (
            '[[suppressions]]\nrule = "CON104"\nreason = "x"\nuntil = 2027-01-31T10:00:00',
            "until is 2027-01-31 10:00:00; it must be a date",
        ),
        ("[[overrides]]\nignore = []", "overrides[0] lacks the key 'assets'"),
        ("select = [", "invalid TOML: "),
        ("a = 1\na = 2", "invalid TOML: "),
    ],
)
def test_invalid_settings_are_refused(text: str, message: str, tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    _write(tmp_path, text)
    done = run_here(tmp_path, "check", RAW_2X)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("error: aind-lint.toml: ")
    assert message in done.stderr
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "aind-lint.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"aind-lint.toml: the file is not UTF-8"):
        find_settings([str(tmp_path)])
    (tmp_path / "aind-lint.toml").write_text("a = " + "[" * 5000, encoding="utf-8")
    with pytest.raises(UsageError, match=r"aind-lint.toml: invalid TOML"):
        find_settings([str(tmp_path)])
    with pytest.raises(UsageError, match="cannot read"):
        check([tmp_path], config=tmp_path / "missing.toml")


def test_the_schema_matches_the_settings() -> None:
    try:
        import tomllib
    except ImportError:
        import tomli as tomllib
    content = tomllib.loads(_FULL)
    content["suppressions"][0]["until"] = "2027-01-31"
    schema = json.loads(run_here(Path(), "config", "schema").stdout)
    jsonschema.validate(content, schema)
    for wrong in ({"slect": []}, {"fail-on": "x"}, {"suppressions": [{"rule": "CON104"}]}, {"data": None}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    assert set(schema["properties"]) == {
        "select", "ignore", "extend-rules", "fail-on", "bucket", "zone", "data", "not-flat-buckets", "overrides",
        "suppressions", "vocabulary", "baseline", "rig",
    }  # fmt: skip


def test_it_is_found_upwards_but_not_inside_an_asset(tmp_path: Path) -> None:
    top = _write(tmp_path / "repo", "")
    asset = base_tree("raw-2x").write(tmp_path / "repo/deep")
    _write(asset, 'ignore = ["CON"]')
    _write(asset / "ecephys", 'ignore = ["CON"]')
    for path in (asset, asset / "ecephys", asset / "subject.json", asset / "gone.json", tmp_path / "repo"):
        assert find_settings([str(path)]).file == top.resolve()
    assert find_settings([str(tmp_path / "elsewhere/x")]).file is None
    nearer = _write(tmp_path / "repo/deep", "[tool.aind-lint]\nignore = []\n", "pyproject.toml")
    assert find_settings([str(asset)]).file == nearer.resolve()
    nearer.write_text("[tool.ruff]\n# not for aind-lint\n", encoding="utf-8")
    assert find_settings([str(asset)]).file == top.resolve()


def test_a_link_does_not_lead_into_an_asset(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path / "store")
    _write(asset / "ecephys", 'ignore = ["CON"]')
    make_link(tmp_path / "link", asset / "ecephys")
    assert find_settings([str(tmp_path / "link")]).file is None


def test_two_in_one_folder_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, "")
    _write(tmp_path, "[tool.aind-lint]\n", "pyproject.toml")
    with pytest.raises(UsageError, match="remove one of them"):
        find_settings([str(tmp_path)])


def test_paths_with_different_configurations_are_refused(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path / "one")
    base_tree("raw-2x").write(tmp_path / "two")
    _write(tmp_path / "one", "")
    done = run_here(tmp_path, "check", "one", "two")
    assert done.returncode == 2
    assert "one: one/aind-lint.toml; two: none" in done.stderr
    assert run_here(tmp_path, "check", "one", "two", "--config", "one/aind-lint.toml").returncode == 0


def test_the_file_is_named_in_the_report(tmp_path: Path) -> None:
    _write(tmp_path, "[tool.aind-lint]\nzone = 'Europe/Berlin'\n", "pyproject.toml")
    base_tree("raw-2x").write(tmp_path)
    done = run_here(tmp_path, "check", RAW_2X, "--format", "json")
    assert json.loads(done.stdout)["run"]["configuration"] == "pyproject.toml"
    assert run_here(tmp_path, "config", "show").stdout.splitlines() == [
        f"# {tmp_path.resolve() / 'pyproject.toml'}",
        'fail-on = "error"',
        'zone = "Europe/Berlin"',
        'data = "present"',
    ]
    assert run_here(tmp_path / RAW_2X, "config", "show", "..", "--config", "../nothing.toml").returncode == 2


def test_options_and_keys_together(tmp_path: Path) -> None:
    _write(tmp_path, 'ignore = ["CON104"]\nselect = ["CON", "SID"]\nfail-on = "warning"\n')
    tree = edited("raw-2x", "data_description.json", name="123456_2022-12-12_05-04-07")
    tree.name = "123456_2022-12-12_05-04-07"
    tree.write(tmp_path)
    assert run_here(tmp_path, "check").returncode == 0
    assert run_here(tmp_path, "check", "--select", "start-time-differs").returncode == 2  # nothing is left
    _write(tmp_path, 'fail-on = "warning"\n')
    assert run_here(tmp_path, "check").returncode == 1
    assert run_here(tmp_path, "check", "--fail-on", "error").returncode == 0
    assert run_here(tmp_path, "check", "--ignore", "CON104").returncode == 0


def test_unknown_rules_are_refused(tmp_path: Path) -> None:
    base_tree("raw-2x").write(tmp_path)
    for text in ('ignore = ["CON99"]', '[[overrides]]\nassets = "*"\nignore = ["CON99"]'):
        _write(tmp_path, text)
        assert "no rule has the id, name or family 'CON99'" in run_here(tmp_path, "check").stderr


def test_overrides(tmp_path: Path) -> None:
    for folder in ("new", "archive/deep"):
        edited("raw-2x", "subject.json", subject_id="7").write(tmp_path / folder)
    _write(tmp_path, '[[overrides]]\nassets = "archive/**"\nignore = ["CON103"]\n')
    found = {asset.path: [f.rule for f in asset.findings] for asset in check([tmp_path]).assets}
    assert found == {
        (tmp_path / f"new/{RAW_2X}").as_posix(): ["CON103"],
        (tmp_path / f"archive/deep/{RAW_2X}").as_posix(): [],
    }


@pytest.mark.parametrize(
    ("glob", "fitting"),
    [
        ("*", True),
        ("ecephys_*", True),
        ("ecephys_*_05-06-0[67]", True),
        ("behavior_*", False),
        ("Ecephys_*", False),
        ("data/*/ecephys_*", True),
        ("data/*", False),
        ("data/**", True),
        ("**/ecephys_*", True),
        ("**/**/ecephys_*", True),
        ("data/**/2022/**", True),
        ("./data/**", False),
        ("s3://**", False),
    ],
)
def test_globs(glob: str, fitting: bool, tmp_path: Path) -> None:
    where = (tmp_path / "data/2022" / RAW_0X).as_posix()
    assert matches(glob, where, RAW_0X, tmp_path) is fitting


def test_globs_of_addresses() -> None:
    assert matches("s3://aind-open-data/*", f"s3://aind-open-data/{RAW_0X}", RAW_0X, Path())
    assert not matches("s3://aind-private-*/*", f"s3://aind-open-data/{RAW_0X}", RAW_0X, Path())


def test_data_that_is_absent(tmp_path: Path) -> None:
    _write(tmp_path, 'data = "absent"\n')
    base_tree("raw-2x").write(tmp_path)
    assert run_here(tmp_path, "check").returncode == 0
