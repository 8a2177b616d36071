"""Metadata 3.x, which has another package: it is validated like other metadata, by its models if they are installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import BASES, base_tree
from aind_lint.finding import AssetReport
from aind_lint.schema.versions import newest_version
from tests.schema.mutant_results import single_sidecar

KINDS = BASES["raw-2x"].kinds


def of_generation_3(kind: str) -> Any:
    """A sidecar of 2.x as 3.x has it: the classes of the example did not change but for their address and version."""
    content = base_tree("raw-2x").files[f"{kind}.json"]
    assert isinstance(content, bytes)
    data = json.loads(content)
    data["schema_version"] = newest_version("".join(word.capitalize() for word in kind.split("_")))
    data["describedBy"] = data["describedBy"].replace("aind-data", "biodata").replace("aind_data", "biodata")
    assert data["schema_version"].startswith("3.")
    return data


def check_sidecar(kind: str, data: Any) -> AssetReport:
    rules = [one for one in load_rules() if one.rule.family == "SCH"]
    return RuleRunner(rules).run(single_sidecar(f"{kind}.json", json.dumps(data).encode()), CheckContext(), "candidate")


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_sidecar_passes(kind):
    report = check_sidecar(kind, of_generation_3(kind))
    assert (report.generation, report.findings, report.not_checked) == ("3.x", [], [])


def test_a_violation_of_the_schema_is_reported():
    data = of_generation_3("subject")
    data["subject_details"]["sex"] = "Femal"
    (finding,) = check_sidecar("subject", data).findings
    assert (finding.rule, finding.location.pointer) == ("SCH201", "/subject_details/sex")


def test_a_field_of_metadata_2_that_is_null_is_not_renamed_to_one_that_cannot_be_null() -> None:
    data = of_generation_3("instrument")
    data["coordinate_system"] = None
    del data["global_coordinate_system"]
    (finding,) = check_sidecar("instrument", data).findings
    assert finding.fix == "Remove /coordinate_system in instrument.json, and add /global_coordinate_system"


def test_a_fix_for_many_places_names_whole_places() -> None:
    data = of_generation_3("instrument")
    for component in data["components"]:
        component["a_long_name_of_a_field_that_no_version_has"] = {}
    (finding,) = check_sidecar("instrument", data).findings
    places = finding.fix.partition("; also at ")[2]
    assert all(place.endswith("no_version_has") for place in places.split(", ")[:-1])
    assert re.search(r", and [0-9]+ other places$", places) and len(finding.fix) < 280


def test_a_violation_that_only_the_models_find_is_reported():
    data = of_generation_3("instrument")
    connection = {"object_type": "Connection", "source_device": "No such device", "target_device": "Neither"}
    data["connections"] = [connection]
    finding, *_ = check_sidecar("instrument", data).findings
    assert finding.rule == "SCH203" and finding.location.pointer.startswith("/connections/0/")


def test_the_fix_for_code_without_a_version_names_both_fields() -> None:
    data = of_generation_3("processing")
    data["data_processes"][0]["code"].pop("version")
    (finding,) = check_sidecar("processing", data).findings
    assert finding.fix == "Add /data_processes/0/code/commit_hash in processing.json, or version beside it"


def test_the_fix_for_two_components_of_one_name_is_not_to_correct_the_name_only() -> None:
    data = of_generation_3("instrument")
    data["components"].append(data["components"][0])
    place = f"/components/{len(data['components']) - 1}/name"
    (finding,) = check_sidecar("instrument", data).findings
    assert finding.fix == f"Change {place} in instrument.json, or remove the repeated entry"


def test_without_the_package_its_models_are_not_checked(tmp_path: Path) -> None:
    (tmp_path / "subject.json").write_text(json.dumps(of_generation_3("subject")), encoding="utf-8")
    # In a process of its own, because this one keeps the models that it has used.
    program = "import sys; sys.modules['biodata_schema'] = None; from aind_lint.cli.main import run; run()"
    command = [sys.executable, "-c", program, "check", "subject.json", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    (report,) = json.loads(done.stdout)["assets"]
    assert report["findings"] == []
    reasons = [item["because"] for item in report["not_checked"] if item["rule"] == "SCH203"]
    assert len(reasons) == 1 and reasons[0].startswith("biodata-schema is not installed")
