"""`check` with lists of jobs for the transfer service, with other YAML files, and with two sidecars at once."""

from __future__ import annotations

import json

import openpyxl  # type: ignore[import-untyped]
import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here

JOB = {
    "job_type": "ecephys",
    "project_name": "Ephys Platform",
    "platform": {"name": "Electrophysiology platform", "abbreviation": "ecephys"},
    "modalities": [{"name": "Extracellular electrophysiology", "abbreviation": "ecephys"}],
    "subject_id": "655019",
    "acq_datetime": "2023-04-03T18:17:07",
    "s3_prefix": "ecephys_655019_2023-04-03_18-17-07",
    "tasks": {
        "modality_transformation_settings": {"ecephys": {"job_settings": {"input_source": "/nowhere/655019/ecephys"}}},
        "gather_preliminary_metadata": {"job_settings": {"metadata_dir": "/nowhere/655019"}},
    },
}
ROW = ["ecephys", "Ephys Platform", "ecephys", "2023-04-03 18:17:07", "655019", "ecephys", "/nowhere/655019"]
HEADER = ["job_type", "project_name", "platform", "acq_datetime", "subject_id", "modality0", "modality0.input_source"]


def check(tmp_path, *names):
    result = run_here(tmp_path, "check", *(str(tmp_path / name) for name in names), "--format", "json")
    return result, json.loads(result.stdout)["assets"] if result.stdout else []


def test_a_correct_request_has_no_finding_and_its_paths_are_not_checked_here(tmp_path):
    (tmp_path / "request.json").write_text(json.dumps({"user_email": "a@example.com", "upload_jobs": [JOB]}))
    result, (report,) = check(tmp_path, "request.json")
    assert (result.returncode, report["findings"]) == (0, [])
    assert [item["rule"] for item in report["not_checked"]] == ["RIG101"]


def test_a_request_that_overwrites_is_reported_at_its_line(tmp_path):
    job = {**JOB, "tasks": {"check_s3_folder_exists": {"skip_task": True}}}
    text = json.dumps({"upload_jobs": [job]}, indent=2)
    (tmp_path / "request.json").write_text(text)
    result, (report,) = check(tmp_path, "request.json")
    (finding,) = report["findings"]
    assert (result.returncode, finding["rule"]) == (1, "RIG107")
    assert '"skip_task": true' in text.split("\n")[finding["line"] - 1]


def test_a_spreadsheet_is_read_like_a_table(tmp_path):
    workbook = openpyxl.Workbook()
    for row in (HEADER, ROW, [None] * len(HEADER), ROW):
        workbook.active.append(row)
    workbook.save(tmp_path / "jobs.xlsx")
    _, (report,) = check(tmp_path, "jobs.xlsx")
    assert [(f["rule"], f["line"]) for f in report["findings"]] == [("RIG109", 4)]


@pytest.mark.parametrize("name", ["jobs.xlsx", "jobs.csv", "request.json"])
def test_a_damaged_file_is_one_line(tmp_path, name):
    (tmp_path / name).write_bytes(b'subject_id,acq_datetime\n"upload_jobs"\xff\n')
    result, _ = check(tmp_path, name)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("flag_dir: C:/manifests\nmanifest_complete: C:/done\n", "configuration of the watchdog service"),
        ("data_dir: C:/data\ndebug_mode: true\n", "none of the keys"),
    ],
)
def test_another_yaml_file_is_no_manifest(tmp_path, content, said):
    (tmp_path / "manifest_config.yml").write_text(content)
    result = run_here(tmp_path, "check", str(tmp_path / "manifest_config.yml"))
    assert result.returncode == 3 and said in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_rig_and_a_session_as_two_files_are_compared(tmp_path):
    files = base_tree("raw-1x").files
    (tmp_path / "rig.json").write_bytes(files["rig.json"])
    (tmp_path / "session.json").write_bytes(files["session.json"].replace(b"EX1_EPHYS-A", b"EX2_EPHYS-B"))
    _, reports = check(tmp_path, "rig.json", "session.json")
    assert [finding["rule"] for report in reports for finding in report["findings"]] == ["CON107"]
    _, (alone,) = check(tmp_path, "session.json")
    assert not alone["findings"]
