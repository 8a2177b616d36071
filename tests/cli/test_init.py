"""What ``init`` writes for a repository, and what it leaves alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml

from aind_lint.app.editor_init import SETTINGS_FILE, TASKS_FILE
from aind_lint.app.repo_init import CONFIGURATION, HOOKS, WORKFLOW
from aind_lint.examples.bases import base_tree
from aind_lint.text.separators import native_path
from tests.cli.run_command import run_here


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/master\n")
    return root


def hooks(root):
    return yaml.safe_load((root / HOOKS).read_text(encoding="utf-8"))


def test_a_repository_with_assets_gets_everything(repository):
    base_tree("raw-2x").write(repository)
    done = run_here(repository, "init", "--rev", "v9.9")
    assert done.returncode == 0, done.stderr
    (entry,) = hooks(repository)["repos"]
    assert entry["rev"] == "v9.9" and [hook["id"] for hook in entry["hooks"]] == ["aind-lint-all"]
    workflow = yaml.safe_load((repository / WORKFLOW).read_text(encoding="utf-8"))
    assert workflow[True]["push"]["branches"] == ["master"]
    assert run_here(repository, "check", ".").returncode == 0


def test_it_works_from_a_folder_inside_the_repository(repository):
    (repository / "deep").mkdir()
    assert run_here(repository / "deep", "init").returncode == 0
    assert (repository / CONFIGURATION).exists()


@pytest.mark.parametrize("base", ["raw-2x", "founding-raw-1x"])
def test_a_repository_of_metadata_only_is_recognized(base, repository):
    _without_data(base).write(repository)
    (repository / "README.md").write_text("mice", encoding="utf-8")
    done = run_here(repository, "init")
    assert 'with data = "absent", because no asset here has data' in done.stdout
    assert 'data = "absent"' in run_here(repository, "config", "show").stdout
    assert run_here(repository, "check").returncode == 0


@pytest.mark.parametrize("key", ["behavior/performance.json", "ecephys/recording.dat", "session.nwb"])
def test_data_with_one_asset_is_data(key, repository):
    tree = _without_data("raw-2x")
    tree.write(repository)
    tree.name = tree.name.replace("123456", "654321")
    tree.files[key] = b"{}"
    tree.write(repository)
    assert "absent" not in run_here(repository, "init").stdout
    assert 'data = "present"' in run_here(repository, "config", "show").stdout


def _without_data(base):
    tree = base_tree(base)
    for key in [key for key in tree.files if "/" in key]:
        del tree.files[key]
    return tree


def test_a_repository_without_assets_gets_everything_and_passes(repository):
    done = run_here(repository, "init")
    (entry,) = hooks(repository)["repos"]
    assert [hook["id"] for hook in entry["hooks"]] == ["aind-lint-all"]
    assert "absent" not in done.stdout
    (step,) = [step for step in _steps(repository) if "with" in step and "paths" in step["with"]]
    allowed = run_here(repository, "check", step["with"]["paths"], step["with"]["args"])
    assert (allowed.returncode, allowed.stderr) == (0, "no asset found; nothing was checked\n")


def _steps(root):
    return yaml.safe_load((root / WORKFLOW).read_text(encoding="utf-8"))["jobs"]["assets"]["steps"]


def test_the_example_in_the_configuration_is_valid(repository):
    run_here(repository, "init")
    path = repository / CONFIGURATION
    text = path.read_text(encoding="utf-8")
    head, example = text.split("a last day:\n")
    path.write_text(head + "\n" + example.replace("# ", ""), encoding="utf-8")
    done = run_here(repository, "config", "show")
    assert done.returncode == 0 and "CON104" in done.stdout, done.stderr


def test_existing_files_are_not_changed(repository):
    run_here(repository, "init")
    files = [CONFIGURATION, HOOKS, WORKFLOW, SETTINGS_FILE, TASKS_FILE]
    for file in files:
        (repository / file).write_text(f"# mine\nrepos: [{{repo: 'https://x/aind-lint'}}]  # {file}\n")
    before = [(repository / file).read_bytes() for file in files]
    done = run_here(repository, "init")
    assert [(repository / file).read_bytes() for file in files] == before
    assert done.stdout.count("exists already, not changed") == 5


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: https://github.com/x/y # why\n  rev: v1\n  hooks:\n  - id: z\n",
        "# top\nrepos:\n  - repo: local\n    hooks:\n      - {id: z, name: z, entry: z, language: system}",
        "fail_fast: true\nrepos:\n    -   repo: https://github.com/x/y\n        rev: v1\n        hooks: []\n",
    ],
)
def test_hooks_are_added_to_others(repository, text):
    (repository / HOOKS).write_text(text, encoding="utf-8")
    before = yaml.safe_load(text)["repos"]
    done = run_here(repository, "init")
    after = (repository / HOOKS).read_text(encoding="utf-8")
    if "added at the end" in done.stdout:
        assert after.startswith(text.rstrip())
        assert hooks(repository)["repos"][:-1] == before
        assert hooks(repository)["repos"][-1]["hooks"] == [{"id": "aind-lint-all"}]
    else:
        assert after == text and "- repo: https://github.com/AllenNeuralDynamics/aind-lint" in done.stdout


@pytest.mark.parametrize("text", ["repos: []\nfail_fast: true\n", "", "- a list", "repos: [", "repos: text"])
def test_where_they_cannot_be_added_safely_the_lines_are_shown(repository, text):
    (repository / HOOKS).write_text(text, encoding="utf-8")
    done = run_here(repository, "init")
    assert done.returncode == 0 and "  rev: v" in done.stdout
    assert (repository / HOOKS).read_text(encoding="utf-8") == text


def test_outside_a_repository_nothing_is_written(tmp_path):
    done = run_here(tmp_path, "init")
    assert done.returncode == 2 and "not in a git repository" in done.stderr
    assert not list(tmp_path.glob("*"))


@pytest.mark.skipif(find_spec("pre_commit") is None, reason="pre-commit is not installed")
def test_github_and_pre_commit_would_accept_what_is_written(repository):
    base_tree("raw-2x").write(repository)
    run_here(repository, "init")
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    for command in ([*judge, WORKFLOW], [sys.executable, "-m", "pre_commit", "validate-config", HOOKS]):
        done = subprocess.run(command, cwd=repository, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="it reads the same file everywhere")
def test_zizmor_reports_only_that_the_action_of_the_workflow_is_not_pinned_by_hash(repository):
    run_here(repository, "init")
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [str(zizmor), "--offline", "--no-config", "--format=json", WORKFLOW]
    done = subprocess.run(command, cwd=repository, capture_output=True, encoding="utf-8", check=False)
    findings = json.loads(done.stdout)
    assert {finding["ident"] for finding in findings} <= {"unpinned-uses"}, done.stdout


def test_vs_code_gets_schemas_settings_and_a_task(repository):
    base_tree("raw-1x").write(repository)
    assert run_here(repository, "init").returncode == 0
    settings = json.loads((repository / SETTINGS_FILE).read_text(encoding="utf-8"))
    schemas = {match: entry["url"] for entry in settings["json.schemas"] for match in entry["fileMatch"]}
    schema = json.loads((repository / schemas["subject.json"]).read_text(encoding="utf-8"))
    subject = json.loads(base_tree("raw-1x").files["subject.json"])
    assert jsonschema.Draft7Validator(schema).is_valid(subject)
    assert not jsonschema.Draft7Validator(schema).is_valid({**subject, "sex": "?"})
    assert schemas["instrument_*.json"] == schemas["instrument.json"]


def test_the_problem_matcher_reads_every_finding(repository):
    asset = base_tree("raw-1x").write(repository)
    (asset / "procedures.json").unlink()
    (asset / "subject.json").write_text("{", encoding="utf-8")
    run_here(repository, "init")
    task = json.loads((repository / TASKS_FILE).read_text(encoding="utf-8"))["tasks"][0]
    lines = run_here(repository, *task["args"]).stdout.splitlines()
    patterns = [matcher["pattern"] for matcher in task["problemMatcher"]]
    found = {}
    for line in lines:
        for pattern in patterns:
            if match := re.search(pattern["regexp"], line):
                assert line not in found, "two matchers read the line"
                found[line] = {
                    key: match[pattern[key]] for key in pattern.keys() & {"file", "line", "code", "severity"}
                }
    assert {"file": asset.name, "code": "SID104", "severity": "error"} in found.values()
    file = native_path(f"{asset.name}/subject.json")
    assert {"file": file, "line": "1", "code": "SID201", "severity": "error"} in found.values()
    assert len(found) == sum("[" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{\n  "editor.tabSize": 2\n}\n', "settings added at the start"),
        ("{}", "settings added at the start"),
        ('{\n  // tabs\n  "editor.tabSize": 2,\n}\n', "exists already, not changed; add these lines"),
        ('{"json.schemas": []}', "exists already, not changed; add these lines"),
    ],
)
def test_existing_settings_are_kept(text, result, repository):
    (repository / ".vscode").mkdir()
    (repository / SETTINGS_FILE).write_text(text, encoding="utf-8")
    (repository / TASKS_FILE).write_text('{"tasks": []}', encoding="utf-8")
    done = run_here(repository, "init")
    after = (repository / SETTINGS_FILE).read_text(encoding="utf-8")
    assert f"{SETTINGS_FILE}: {result}" in done.stdout
    assert (after == text) == ("not changed" in result)
    if after != text:
        assert json.loads(text).items() <= json.loads(after).items() and "json.schemas" in json.loads(after)
    assert f"{TASKS_FILE}: exists already, not changed; add this to its tasks" in done.stdout
    assert (repository / TASKS_FILE).read_text(encoding="utf-8") == '{"tasks": []}'
    once = run_here(repository, "init")
    assert (repository / SETTINGS_FILE).read_text(encoding="utf-8") == after and once.returncode == 0
