"""The record of all sidecars, checked on its own: every core record against the version that it declares."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aind_lint import check
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.schema.versions import newest_version


def record_of(base: str) -> dict[str, Any]:
    files = {kind: json.loads(bytes(base_tree(base).files[f"{kind}.json"])) for kind in BASES[base].kinds}
    return {
        "name": BASES[base].name,
        "location": "s3://bucket",
        "schema_version": newest_version("Metadata"),
        "model": None,
        **files,
    }


def check_record(tmp_path, record):
    path = tmp_path / "metadata.nd.json"
    path.write_text(json.dumps(record, indent=3), encoding="utf-8")
    (asset,) = check([path]).assets
    return asset


@pytest.mark.parametrize("base", ["raw-0x", "raw-1x", "raw-2x", "derived-2x"])
def test_a_record_of_valid_sidecars_has_no_finding(tmp_path, base):
    asset = check_record(tmp_path, record_of(base))
    assert (asset.findings, asset.not_checked) == ([], [])


def test_a_fault_is_reported_in_the_file_of_the_record(tmp_path):
    record = record_of("raw-2x")
    record["subject"]["subject_details"]["sex"] = "Femal"
    del record["procedures"]["schema_version"]
    asset = check_record(tmp_path, record)
    reported = {(f.rule, f.location.file, f.location.pointer) for f in asset.findings}
    assert reported == {
        ("SCH201", "metadata.nd.json", "/subject/subject_details/sex"),
        ("SCH101", "metadata.nd.json", "/procedures/schema_version"),
    }
    text = (tmp_path / "metadata.nd.json").read_text(encoding="utf-8").split("\n")
    (sex,) = (f.location for f in asset.findings if f.rule == "SCH201")
    assert '"sex": "Femal"' in text[sex.line - 1]


def test_each_member_is_validated_by_its_own_generation(tmp_path):
    record = record_of("raw-2x") | {"rig": record_of("raw-1x")["rig"]}
    assert check_record(tmp_path, record).findings == []
    record["rig"]["mouse_platform"]["device_type"] = "Wheeel"
    (finding,) = check_record(tmp_path, record).findings
    assert finding.location.pointer == "/rig/mouse_platform/device_type"


def test_a_record_that_is_not_json_is_reported(tmp_path):
    path = tmp_path / "metadata.nd.json"
    path.write_text('{"subject": ', encoding="utf-8")
    (asset,) = check([path]).assets
    assert [finding.rule for finding in asset.findings] == ["SID201"]
