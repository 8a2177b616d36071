"""Upload manifests: both dialects, read leniently, and what no manifest should be able to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.asset.upload.upload_manifest import parse_upload_manifest, read_upload_manifest
from aind_lint.errors import UsageError
from aind_lint.text.yaml_reader import MAX_BYTES

PATH = Path("manifest_x.yml")
OLDER = """\
name: behavior_123456_2023-10-01_17-00-00
processor_full_name: Ada Lovelace
subject_id: 123456
acquisition_datetime: 2023-10-01 17:00:00
platform: behavior
capsule_id:
mount:
s3_bucket: private
destination: \\\\server\\uploads
modalities:
  behavior:
  - C:\\data\\behavior
  behavior-videos: C:\\data\\videos
schemas:
- C:\\data\\subject.json
"""
NEWER = """\
subject_id: M2501
acquisition_datetime: '2023-10-01T17:00:00.250-07:00'
project_name: An imaginary project
modalities: {behavior: [/data/behavior]}
transfer_service_job_type: default
"""


def parse(text):
    return parse_upload_manifest(text.encode(), PATH)


def prefixes(text):
    manifest = parse(text)
    return [job.computed_name for job in manifest.jobs]


def test_older_dialect():
    manifest = parse(OLDER)
    assert prefixes(OLDER) == ["behavior_123456_2023-10-01_17-00-00"]
    assert [(s.folder, s.path, s.pointer) for s in manifest.sources] == [
        ("behavior", "C:\\data\\behavior", "/modalities/behavior/0"),
        ("behavior-videos", "C:\\data\\videos", "/modalities/behavior-videos"),
    ]
    assert [s.path for s in manifest.schemas] == ["C:\\data\\subject.json"]
    assert manifest.position_of("/subject_id") == (3, 13, 6)
    assert manifest.position_of("/modalities/behavior/7") == manifest.position_of("/modalities/behavior")


def test_newer_dialect():
    assert parse(NEWER).stated_name is None
    assert prefixes(NEWER) == ["M2501_2023-10-01_17-00-00"]


@pytest.mark.parametrize(
    ("written", "stamp"),
    [
        ("2023-10-01 17:00:00", "2023-10-01_17-00-00"),
        ("'2023-10-01T17:00:00'", "2023-10-01_17-00-00"),
        ("2023-10-01T17:00:00+02:00", "2023-10-01_17-00-00"),
        ("10/01/2023 5:00:00 PM", "2023-10-01_17-00-00"),
        ("2023-13-01 17:00:00", None),
        ("soon", None),
        ("17", None),
    ],
)
def test_time_is_taken_as_it_is_written(written, stamp):
    expected = stamp and f"123456_{stamp}"
    assert prefixes(f"subject_id: 123456\nacquisition_datetime: {written}\n") == [expected]


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("123456", "123456"),
        ("'123456'", "123456"),
        ("M2501", "M2501"),
        ("a mouse", None),
        ("a_b", None),
        ("123456.0", None),
        ("true", None),
        ("", None),
    ],
)
def test_subject(written, subject):
    manifest = parse(f"force_cloud_sync: false\nsubject_id: {written}\n")
    assert [job.subject_id for job in manifest.jobs] == [subject]


def test_jobs_of_the_transfer_service_count_instead_of_the_manifest():
    job = "{subject_id: '7', acq_datetime: 2023-10-01 17:00:00, platform: {abbreviation: FIP}}"
    assert prefixes(NEWER + f"transfer_service_args: {{upload_jobs: [{job}]}}\n") == ["FIP_7_2023-10-01_17-00-00"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "manifest_x.yml:1: "),
        ("- a\n- b\n", "not a mapping"),
        ("", "not a mapping"),
        ("a: 1\nb: 2\na: 3\n", "manifest_x.yml:3: the key 'a' occurs twice"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: !!timestamp 2023-99-99", "not YAML"),
        ("a: &a [*a]", "leads back into itself"),
        ("a: &k0 [x]\n" + "".join(f"k{i + 1}: &k{i + 1} [{f'*k{i},' * 9}]\n" for i in range(9)), "more than"),
        ("a: " + "[" * 5000, ""),
        ("a: 1\0", ""),
    ],
)
def test_files_that_are_no_manifest(text, reason):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path):
    path = tmp_path / "manifest.yml"
    with path.open("wb") as stream:
        stream.truncate(100 * MAX_BYTES)
    with pytest.raises(UsageError, match="larger than"):
        read_upload_manifest(path)


def test_bytes_that_are_no_utf8():
    with pytest.raises(UsageError, match="UTF-8"):
        parse_upload_manifest(b"name: caf\xe9\n", PATH)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["name", "subject_id", "acquisition_datetime", "platform", "modalities", "schemas", "transfer_service_args"]


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_any_values_are_read(content):
    manifest = parse(yaml.safe_dump(content, allow_unicode=False))
    assert all(isinstance(source.path, str) for source in [*manifest.sources, *manifest.schemas])
    assert all(job.computed_name is None or job.subject_id for job in manifest.jobs)
    for pointer in filter(None, manifest.positions):
        place = manifest.position_of(pointer)
        assert place and place[0] <= len(manifest.lines)
