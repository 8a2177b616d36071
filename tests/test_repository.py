"""The files for GitHub and for people who work on aind-lint, as far as they can be validated offline."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aind_lint import __version__
from tests.development_programs import development_program

ROOT = Path(__file__).resolve().parent.parent
GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "ci.yml"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
FILES_BY_SCHEMA = {
    "github-workflows": [WORKFLOW],
    "dependabot": [GITHUB / "dependabot.yml"],
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "github-issue-forms": FORMS,
    "citation-file-format": [ROOT / "CITATION.cff"],
}


@pytest.mark.parametrize("schema", FILES_BY_SCHEMA)
def test_files_match_their_schema(schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    command += map(str, FILES_BY_SCHEMA[schema])
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_reports_nothing():
    command = [
        development_program("zizmor"),
        "--offline",
        "--persona=auditor",
        "--strict-collection",
        "--format=json",
        str(GITHUB),
    ]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0 and json.loads(done.stdout) == [], done.stdout + done.stderr


def test_workflow_tests_every_system_and_python_that_the_package_supports():
    matrix = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["test"]["strategy"]["matrix"]
    classifiers = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', _read("pyproject.toml"))
    assert matrix["python"] == classifiers
    assert matrix["os"] == ["ubuntu-latest", "windows-latest", "macos-latest"]


def test_workflow_pins_actions_by_hash():
    used = re.findall(r"uses: (\S+)", WORKFLOW.read_text(encoding="utf-8"))
    assert used and all(re.search(r"@[0-9a-f]{40}$", action) for action in used)


def test_code_owners_are_of_paths_that_exist():
    lines = [line.split() for line in _read(".github/CODEOWNERS").splitlines() if line and not line.startswith("#")]
    assert lines[0][0] == "*"
    for pattern, *owners in lines[1:]:
        assert (ROOT / pattern.strip("/")).exists(), pattern
        assert owners and all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners)


def test_citation_names_this_version():
    assert yaml.safe_load(_read("CITATION.cff"))["version"] == __version__


def test_pre_commit_configuration_is_valid_and_needs_no_download():
    pytest.importorskip("pre_commit")
    path = ROOT / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(path)], check=True)
    configuration = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in configuration["repos"]] == ["local"]
    scripts = Path(sys.executable).parent
    for hook in configuration["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert shutil.which(hook["entry"].split()[0], path=str(scripts)), hook["entry"]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_names_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", _read("Makefile"), re.MULTILINE)[1].split())  # type: ignore[index]
    assert set(re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE)) == targets


def test_no_test_asserts_how_long_something_takes():
    timing = re.compile(r"assert .*(monotonic|perf_counter|process_time|time\.time)\(\) -")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [path.name for path in tests if timing.search(path.read_text(encoding="utf-8"))] == []


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
