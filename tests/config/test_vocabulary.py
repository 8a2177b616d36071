"""The words that a configuration adds, and the destinations at which they count."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from aind_lint import UsageError, check
from aind_lint.bucket.address import Connection
from aind_lint.config.config_file import read_settings
from aind_lint.config.settings_format import json_schema
from aind_lint.config.vocabulary import AddedVocabulary
from tests.config.lab_asset import NAME, VOCABULARY, write_lab_asset


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('buckets = ["s3://aind-open-data"]', "s3://aind-open-data is a bucket of the institute"),
        ('buckets = ["s3://aind-"]', "vocabulary.buckets[0] must be the address of a bucket"),
        ('buckets = ["s3://lab", "our-lab"]', "vocabulary.buckets[1] must be the address of a bucket, s3://name"),
        ('buckets = ["s3://our-*"]', "must be the address of a bucket"),
        ('buckets = ["s3://our-lab/data"]', "must be the address of a bucket"),
        ('buckets = ["s3://our-lab-abc-s3alias"]', "must be the address of a bucket"),
        ('buckets = ["s3://our-lab--ol-s3"]', "must be the address of a bucket"),
        ('buckets = ["s3://arn:aws:s3:us-west-2:123456789012:accesspoint/lab"]', "must be the address of a bucket"),
        ('buckets = "s3://our-lab"', "vocabulary.buckets must be a list"),
        ('prefixes = ["lab_scope"]', "vocabulary.prefixes[0] must be a word of letters, digits and hyphens"),
        ('labels = ["*"]', "vocabulary.labels[0] must be a word"),
        ("modalities = [1]", "vocabulary.modalities[0] must be a word"),
        ('prefix = ["x"]', "unknown key 'vocabulary.prefix'; did you mean 'prefixes'?"),
    ],
)
def test_invalid_vocabularies_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "aind-lint.toml"
    file.write_text(f"[vocabulary]\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_settings(file)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_schema_refuses_buckets_of_the_institute() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid({"vocabulary": {"buckets": ["s3://our-lab"], "labels": ["denoised"]}})
    assert not validator.is_valid({"vocabulary": {"buckets": ["s3://aind-open-data"]}})
    assert not validator.is_valid({"vocabulary": {"labels": ["a_b"]}})


@pytest.mark.parametrize(
    ("destination", "endpoint", "applies"),
    [
        ("s3://our-lab", None, True),
        ("s3://our-lab/", None, True),
        ("s3://our-lab/lab", None, True),
        ("s3://our-lab", "http://127.0.0.1:8333", True),
        ("s3://our-lab-2", None, False),
        ("s3://our", None, False),
        ("s3://aind-open-data", None, False),
        ("our-lab", None, False),
        ("./our-lab", None, False),
        ("s3://our-lab", "https://x-123456789012.s3-accesspoint.us-west-2.amazonaws.com", False),
        ("s3://our-lab", "https://x-abc-s3alias.s3.us-west-2.amazonaws.com", False),
    ],
)
def test_the_vocabulary_counts_only_at_buckets_with_exactly_these_names(
    destination: str, endpoint: str | None, applies: bool
) -> None:
    added = AddedVocabulary(buckets=("s3://our-lab",))
    assert added.applies_to(destination, Connection(endpoint_url=endpoint)) is applies


def test_an_access_point_in_the_environment_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://x-1.s3-accesspoint.us-west-2.amazonaws.com")
    assert not AddedVocabulary(buckets=("s3://our-lab",)).applies_to("s3://our-lab", Connection())


def test_a_check_uses_the_vocabulary_of_the_configuration(tmp_path: Path) -> None:
    asset = write_lab_asset(tmp_path)
    before = {finding.rule for report in check([asset]).assets for finding in report.all_findings}
    assert {"NAM109", "LAY105", "CON109"} <= before
    (tmp_path / "aind-lint.toml").write_text(VOCABULARY, encoding="utf-8")
    after = {finding.rule for report in check([asset]).assets for finding in report.all_findings}
    assert not after & {"NAM109", "LAY105", "LAY103", "CON109"}


def test_a_missing_prefix_is_the_added_one_that_the_metadata_states(tmp_path: Path) -> None:
    asset = write_lab_asset(tmp_path)
    (tmp_path / "aind-lint.toml").write_text(VOCABULARY, encoding="utf-8")
    bare = asset.rename(tmp_path / NAME.removeprefix("labscope_"))
    (report,) = check([bare]).assets
    assert [one.fix for one in report.all_findings if one.rule == "NAM116"] == [f"Rename the folder to {NAME}"]


def test_an_older_prefix_that_the_configuration_adds_is_no_fault(tmp_path: Path) -> None:
    asset = write_lab_asset(tmp_path)
    older = asset.rename(tmp_path / NAME.replace("labscope", "barseq"))
    rules = []
    for prefix in ("labscope", "barseq"):
        (tmp_path / "aind-lint.toml").write_text(f'[vocabulary]\nprefixes = ["{prefix}"]\n', encoding="utf-8")
        (report,) = check([older]).assets
        rules.append({one.rule for one in report.all_findings} & {"NAM117", "CON109"})
    assert rules == [{"NAM117", "CON109"}, set()]


def test_a_folder_of_an_added_label_does_not_belong_into_a_raw_asset(tmp_path: Path) -> None:
    asset = write_lab_asset(tmp_path)
    (asset / "denoised").mkdir()
    (asset / "denoised" / "x.tif").write_bytes(b"1")
    (tmp_path / "aind-lint.toml").write_text(VOCABULARY, encoding="utf-8")
    (report,) = check([asset]).assets
    assert [finding.location.file for finding in report.findings if finding.rule == "SEP201"] == ["denoised"]
