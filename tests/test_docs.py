"""What the documentation says is so: its workflows, its own rule, its pages of commands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import aind_lint
from aind_lint.app.repo_init import init_repository
from aind_lint.asset.asset import Asset
from aind_lint.cli.main import cli
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rule, load_rules
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, run_here
from tests.development_programs import development_program
from tests.examples.run import read_examples, try_example

DOCS = Path(__file__).resolve().parent.parent / "docs"
WORKFLOWS = sorted((DOCS / "workflows").glob("*.yml"))


def test_every_command_has_its_page_in_the_navigation():
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"commands/([a-z-]+)\.md", navigation)) == {*cli.list_commands(None), "index"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_one_that_github_accepts(workflow):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_zizmor_reports_only_that_the_action_is_not_pinned_by_hash(workflow):
    command = [development_program("zizmor"), "--offline", "--no-config", "--format=json", str(workflow)]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    findings = json.loads(done.stdout)
    assert {finding["ident"] for finding in findings} <= {"unpinned-uses"}, done.stdout
    pins = re.findall(r"uses: (\S+)@(\S+)", workflow.read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"[0-9a-f]{40}", pin) or name == "AllenNeuralDynamics/aind-lint" for name, pin in pins)


def test_a_workflow_gives_the_action_only_inputs_that_it_has():
    inputs = set(yaml.safe_load((DOCS.parent / "action.yml").read_text(encoding="utf-8"))["inputs"])
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        for step in steps:
            if step.get("uses", "").startswith("AllenNeuralDynamics/aind-lint@"):
                assert set(step.get("with", {})) <= inputs


def test_init_writes_the_workflow_that_is_shown(tmp_path):
    init_repository(tmp_path)
    written = (tmp_path / ".github/workflows/aind-lint.yml").read_text(encoding="utf-8")
    assert written == (DOCS / "workflows" / "gate.yml").read_text(encoding="utf-8")


def test_the_example_of_an_own_rule_works(tmp_path):
    folder = DOCS / "example-rules"
    (path,) = folder.glob("*.yaml")
    rule, rules = load_rule(path), load_rules([folder])
    assert [difference for example in read_examples(path) if (difference := try_example(rule, rules, example))] == []


def test_the_example_of_a_configuration_is_valid(tmp_path):
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    (example,) = re.findall(r'```toml title="aind-lint.toml"\n(.*?)```', text, re.DOTALL)
    (tmp_path / "aind-lint.toml").write_text(example, encoding="utf-8")
    done = run_here(tmp_path, "config", "show")
    assert done.returncode == 0 and "NAM117" in done.stdout, done.stderr


def test_the_example_of_a_name_is_what_is_written(tmp_path):
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    shown = next(json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if '"form"' in block)
    assert json.loads(run_here(tmp_path, "name", shown["name"], "--format", "json").stdout) == shown


def test_the_example_of_an_upload_manifest_has_no_findings(tmp_path):
    page = (DOCS / "start/rig.md").read_text(encoding="utf-8")
    ((name, manifest),) = re.findall(r'title="(manifest_[0-9]+[.]yml)"\n(.*?)```', page, re.DOTALL)
    (tmp_path / name).write_text(manifest, encoding="utf-8")
    base_tree("raw-2x").write(tmp_path)
    (tmp_path / RAW_2X).rename(tmp_path / "data")
    (report,) = aind_lint.check([tmp_path / name]).assets
    assert (report.name, report.level) == (RAW_2X, "raw")
    assert report.findings == []


def test_the_example_of_an_own_verb_works(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "own-rules.md").read_text(encoding="utf-8"), re.DOTALL)
    module: dict[str, object] = {"__name__": "file_count"}
    exec(compile(code, "file_count.py", "exec", dont_inherit=True), module)
    asset = Asset(base_tree("raw-2x").listing())
    faults = [len([*module["check"](asset, module["Options"](most=most), CheckContext())]) for most in (1, 100)]  # type: ignore[operator]
    assert faults == [1, 0]


def test_page_of_the_python_api_has_every_public_name():
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    documented = re.findall(r"^::: aind_lint\.(\w+)$", page, re.MULTILINE)
    assert sorted(documented) == sorted(set(aind_lint.__all__) - {"__version__"})


def test_map_of_the_code_names_every_package_and_module_at_the_top_level():
    text = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("| package or module") : text.index("| other folder")]
    first_column = "".join(re.findall(r"^\|[^|]*\|", table, re.MULTILINE)[1:])
    named = {name.rstrip("/") for name in re.findall(r"`([\w.]+/?)`", first_column)}
    ignored = ("__pycache__", "_rules")
    assert named == {path.name for path in (DOCS.parent / "aind_lint").iterdir() if path.name not in ignored}


def test_modules_that_the_architecture_names_exist():
    pages = [DOCS / "architecture.md", DOCS / "decisions" / "0010-limits.md"]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    named = {name.removeprefix("aind_lint/") for name in re.findall(r"`([a-z_0-9]+/[\w/]+\.py)`", text)}
    assert named and [name for name in sorted(named) if not (DOCS.parent / "aind_lint" / name).is_file()] == []


def test_index_of_decisions_lists_every_record():
    index = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert re.findall(r"\((0.*?\.md)\)", index) == records
