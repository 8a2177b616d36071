"""``aind-lint new``: only what it lists is missing, nothing is invented, and nothing is overwritten."""

from __future__ import annotations

import json
import re

import pytest

from aind_lint import check
from aind_lint.examples.bases import BASES, base_tree
from tests.cli.run_command import run_here

NOW = "2026-02-13T18:31:13"
SOURCE_2X = "123456_2022-12-12_05-06-07"


def findings(folder):
    report = check([folder], cache=False).assets[0]
    return {(one.location.file, one.location.pointer) for one in report.all_findings if one.rule != "LAY101"}


def listed(text):
    return {
        (file, pointer or None) for file, pointer in re.findall(r"^  ([a-z_]+\.json)#?(/\S*)?: ", text, re.MULTILINE)
    }


@pytest.mark.parametrize("base", BASES)
def test_only_the_listed_blanks_of_a_derived_asset_are_findings(base, tmp_path):
    source = base_tree(base).write(tmp_path)
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    done = run_here(tmp_path, "new", "derived", source.name, "--label", "nwb", "--processed", NOW)
    assert done.returncode == 0, done.stderr
    name = done.stdout.strip()
    raw = source.name.partition("_sorted")[0]
    assert name == f"{raw}_nwb_2026-02-13_18-31-13", "derived assets are named by the first raw asset"
    new = tmp_path / name
    # An acquisition.json instead of a session.json, as in the founding document, is a warning for the source, too.
    from_source = {("acquisition.json", None)} if base.startswith("founding") and base.endswith("1x") else set()
    assert findings(new) - from_source <= listed(done.stderr)
    assert bool(from_source) == ("in what follows from the source" in done.stderr)
    if from_source:
        assert "warning[SID111]" in done.stderr
    required = {(file, pointer) for file, pointer in listed(done.stderr) if not pointer.endswith("/code/version")}
    assert required <= findings(new), "a blank is really missing"
    description = json.loads((new / "data_description.json").read_bytes())
    assert source.name in (description.get("source_data") or [description.get("input_data_name")])
    for kind in ("subject", "procedures", "rig", "session", "instrument", "acquisition"):
        copied = (source / f"{kind}.json").read_bytes() if (source / f"{kind}.json").exists() else None
        assert (new / f"{kind}.json").read_bytes() == copied if copied else not (new / f"{kind}.json").exists()
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before
    blanks = (tmp_path / f"{name}.blanks.txt").read_text(encoding="utf-8")
    assert all(pointer in blanks for _, pointer in listed(done.stderr))


def test_filled_blanks_make_a_valid_asset(tmp_path):
    base_tree("raw-1x").write(tmp_path)
    name = run_here(
        tmp_path, "new", "derived", f"ecephys_{SOURCE_2X}", "--label", "nwb", "--processed", NOW
    ).stdout.strip()
    path = tmp_path / name / "processing.json"
    processing = json.loads(path.read_bytes())
    processing["processing_pipeline"]["processor_full_name"] = "Ada Sample"
    processing["processing_pipeline"]["data_processes"][0] |= {
        "name": "File format conversion",
        "start_date_time": NOW + "-08:00",
        "end_date_time": NOW + "-08:00",
        "code_url": "https://example.org/nwb",
    }
    path.write_text(json.dumps(processing), encoding="utf-8")
    (tmp_path / name / "nwb").mkdir()
    (tmp_path / name / "nwb" / "units.csv").write_text("unit,spikes\n1,2\n", encoding="utf-8")
    done = run_here(tmp_path, "check", name)
    assert done.returncode == 0 and "0 findings" in done.stdout, done.stdout


def test_2x_is_written_in_the_version_of_the_installed_models(tmp_path):
    source = base_tree("raw-2x").write(tmp_path)
    path = source / "data_description.json"
    description = json.loads(path.read_bytes()) | {"schema_version": "2.3.3", "tags": 7}
    path.write_text(json.dumps(description), encoding="utf-8")
    done = run_here(tmp_path, "new", "derived", source.name, "--label", "nwb", "--processed", NOW)
    new = json.loads((tmp_path / done.stdout.strip() / "data_description.json").read_bytes())
    assert new["schema_version"] == "2.4.2" and "tags" not in new
    assert "note: /tags of the source is not valid for version 2.4.2 and was left out" in done.stderr


@pytest.mark.parametrize("modalities", [["ecephys"], ["behavior", "ecephys"], ["SPIM"], ["fib", "behavior-videos"]])
def test_only_the_listed_blanks_of_a_raw_asset_are_findings(modalities, tmp_path):
    options = [part for modality in modalities for part in ("--modality", modality)]
    done = run_here(tmp_path, "new", "raw", *options, "--subject", "123456", "--acquired", NOW)
    assert (done.returncode, done.stdout.strip()) == (0, "123456_2026-02-13_18-31-13"), done.stderr
    new = tmp_path / done.stdout.strip()
    assert findings(new) == listed(done.stderr)
    description = json.loads((new / "data_description.json").read_bytes())
    assert [one["abbreviation"] for one in description["modalities"]] == modalities
    assert all(one["name"] for one in description["modalities"])


@pytest.mark.parametrize("base", ["raw-1x", "raw-2x"])
def test_a_new_sidecar_follows_the_release_of_its_asset(base, tmp_path):
    asset = base_tree(base).write(tmp_path)
    before = json.loads((asset / "subject.json").read_bytes())
    (asset / "subject.json").unlink()
    done = run_here(tmp_path, "new", "sidecar", "subject", asset.name)
    after = json.loads((asset / "subject.json").read_bytes())
    for key in ("schema_version", "describedBy", "subject_id"):
        assert after[key] == before[key]
    assert listed(done.stderr) and findings(asset) == listed(done.stderr)
    assert (tmp_path / f"{asset.name}.subject.blanks.txt").is_file()


def test_a_sidecar_outside_any_asset(tmp_path):
    done = run_here(tmp_path, "new", "sidecar", "EphysRig", "--version", "0.7.20")
    assert done.returncode == 0 and done.stdout.strip() == "rig.json"
    assert json.loads((tmp_path / "rig.json").read_bytes())["schema_version"] == "0.7.20"
    assert (tmp_path / "rig.blanks.txt").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["derived", "source", "--label", "nwb"], "source does not exist"),
        (["derived", SOURCE_2X, "--label", "sorted_ks25"], "contains an underscore"),
        (["derived", SOURCE_2X, "--label", "a/b"], "the name contains '/'"),
        (["derived", SOURCE_2X, "--label", "nwb", "--processed", "today"], "'today' is no time"),
        (["derived", SOURCE_2X, "--label", "nwb", "--in", SOURCE_2X], "an asset never contains another"),
        (["derived", f"{SOURCE_2X}/subject.json", "--label", "nwb"], "is not the folder or the prefix of one asset"),
        (["raw", "--modality", "ephys", "--subject", "123456"], "there is no modality 'ephys'"),
        (["raw", "--modality", "ecephys", "--subject", "12_34"], "'12_34' is no subject id"),
        (["sidecar", "subjekt"], "did you mean 'subject'?"),
        (["sidecar", "subject", "--version", "2.3.9"], "the closest version is 2.3.3"),
        (["sidecar", "subject", SOURCE_2X], "exists already; nothing was written"),
    ],
)
def test_a_refused_request_writes_nothing(arguments, message, tmp_path):
    base_tree("raw-2x").write(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = run_here(tmp_path, "new", *arguments)
    assert done.returncode == 2 and message in done.stderr, done.stderr
    assert sorted(path for path in tmp_path.rglob("*") if "state" not in path.parts) == before


def test_nothing_is_overwritten(tmp_path):
    base_tree("raw-2x").write(tmp_path)
    arguments = ("new", "derived", SOURCE_2X, "--label", "nwb", "--processed", NOW)
    folder = tmp_path / run_here(tmp_path, *arguments).stdout.strip()
    (folder / "processing.json").write_text("mine", encoding="utf-8")
    assert "exists already; nothing was written" in run_here(tmp_path, *arguments).stderr
    assert (folder / "processing.json").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"schema_version": "2.99.0"}, "declares no released version (2.99.0)"),
        (None, "data_description.json of the source"),
    ],
)
def test_a_source_whose_release_is_unknown_is_refused(edit, message, tmp_path):
    source = base_tree("raw-2x").write(tmp_path)
    path = source / "data_description.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | edit) if edit else "{", encoding="utf-8")
    done = run_here(tmp_path, "new", "derived", source.name, "--label", "nwb")
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_a_published_source_may_contradict_itself(tmp_path):
    source = base_tree("raw-2x").write(tmp_path)
    path = source / "data_description.json"
    other = {"name": "123456_2022-12-12_05-06-08"}
    path.write_text(json.dumps(json.loads(path.read_bytes()) | other), encoding="utf-8")
    done = run_here(tmp_path, "new", "derived", source.name, "--label", "nwb", "--processed", NOW)
    assert f"note: the source is named {SOURCE_2X}, but 123456_2022-12-12_05-06-08 in its" in done.stderr
    assert findings(tmp_path / done.stdout.strip()) <= listed(done.stderr)


def test_the_source_can_be_in_another_folder(tmp_path):
    (tmp_path / "bucket").mkdir()
    source = base_tree("raw-1x").write(tmp_path / "bucket")
    done = run_here(tmp_path, "new", "derived", f"bucket/{source.name}", "--label", "nwb")
    assert done.returncode == 0 and (tmp_path / done.stdout.strip()).is_dir()
