"""What a stranger gets: the wheel, the hooks, the action, the README."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from aind_lint._version import __version__
from aind_lint.asset.discovery import SIDECAR_PATH
from aind_lint.cli.main import cli
from aind_lint.engine.rules.compiled_rules import COMPILED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_contains_every_rule_and_example(wheel, tmp_path):
    names = zipfile.ZipFile(wheel).namelist()
    rules = {path.name for path in (ROOT / "rules").glob("[a-z]*/*")}
    assert {Path(name).name for name in names if name.startswith("aind_lint/_rules/")} == rules | {
        COMPILED,
        "vocabulary.yaml",
        "vocabulary.json",
    }
    examples = {str(path.relative_to(ROOT)) for path in (ROOT / "aind_lint" / "examples").rglob("*.json")}
    assert examples <= {str(Path(name)) for name in names}
    assert "aind_lint/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


@pytest.mark.slow
def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    command = [sys.executable, "-c", "from aind_lint.cli.main import main; main()", "demo", str(tmp_path / "demo")]
    environment = {"PYTHONPATH": str(tmp_path / "installed"), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert f"is already published in {tmp_path.as_posix()}/demo/bucket" in done.stdout


def test_the_conda_recipe_has_the_requirements_of_the_package():
    """For CPython on x86_64 and arm64, where every compiled package has a wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [Requirement(text) for text in project["dependencies"]]
    machine = {"platform_machine": "x86_64", "sys_platform": "linux", "python_version": "3.10"}
    expected = {one.name: str(one.specifier) for one in needed if one.marker is None or one.marker.evaluate(machine)}
    recipe = yaml.safe_load((ROOT / "conda/recipe.yaml").read_text(encoding="utf-8"))
    listed = dict(line.partition(" ")[::2] for line in recipe["requirements"]["run"])
    assert str(SpecifierSet(listed.pop("python"))) == str(SpecifierSet(project["requires-python"]))
    assert {name: str(SpecifierSet(bounds)) for name, bounds in listed.items()} == expected
    assert recipe["context"]["version"] == __version__


def test_the_rules_of_the_wheel_are_those_of_their_files(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "from aind_lint.engine.rules.rule_catalog import rule_files\n"
        "from aind_lint.engine.rules.rule_loader import load_rules\n"
        "from aind_lint.engine.rules.compiled_rules import packaged_rules\n"
        "from aind_lint.engine.rules.rule_file import _read_yaml\n"
        "read = {path.name: _read_yaml(path) for path in rule_files()}\n"
        "loaded = {f'{one.id}-{one.name}.yaml': one.rule.content for one in load_rules()}\n"
        "assert len(read) == len(packaged_rules()) > 100\n"
        "assert {name: rule['with'] for name, rule in read.items() if 'with' in rule} == {\n"
        "    name: rule['with'] for name, rule in loaded.items() if 'with' in rule}"
    )
    environment = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


def hooks():
    return {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}


def test_the_hook_matches_every_kind_of_sidecar_and_nothing_else():
    assert hooks()["aind-lint"]["files"] == SIDECAR_PATH


def test_the_hook_manifest_is_valid():
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True)


def test_the_readme_names_only_commands_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^[$>] aind-lint (\w+)", text, re.MULTILINE))
    assert commands and commands <= set(cli.list_commands(None))
