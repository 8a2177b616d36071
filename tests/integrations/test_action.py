"""The GitHub Action: its steps are run as a runner runs them, and judged by GitHub's schema and by zizmor."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, edited, environment

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")]


class Runner:
    """What a runner does with a composite action, and nothing more: an expression it does not know is an error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "work space"
        self.temporary = folder / "temp"
        self.summary = folder / "summary.md"
        self.outputs: dict[str, dict[str, str]] = {"python": {"python-path": sys.executable}}
        self.workspace.mkdir()
        self.temporary.mkdir()

    def without_installing(self) -> Runner:
        """Take this environment for the one that the step 'install' makes."""
        (self.temporary / "made").mkdir()
        self.outputs["install"] = {"folder": str(self.temporary / "made"), "python": sys.executable}
        return self

    def run(self, step: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        # The schema models take a second to load; the test of the installation alone checks with them.
        inputs.setdefault("args", "--fast")
        inputs = {name: inputs.pop(name.replace("-", "_"), it["default"]) for name, it in ACTION["inputs"].items()}
        script, output = self.folder / f"{step}.sh", self.folder / f"{step}.output"
        script.write_text(STEPS[step]["run"], encoding="utf-8")
        output.touch()
        variables = {name: self._evaluate(str(value), inputs) for name, value in STEPS[step]["env"].items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                **environment(self.folder),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": str(self.temporary),
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        lines = output.read_text(encoding="utf-8").splitlines()
        self.outputs[step] = dict(line.split("=", 1) for line in lines)
        assert len(self.outputs[step]) == len(lines), "an output was written twice"
        return done

    def _evaluate(self, text: str, inputs: dict[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            if found := re.fullmatch(r"inputs\.([a-z-]+)", match[1]):
                return inputs[found[1]]
            if found := re.fullmatch(r"steps\.([a-z]+)\.outputs\.([a-z-]+)", match[1]):
                return self.outputs[found[1]][found[2]]
            raise AssertionError(f"unknown expression {match[0]}")

        return re.sub(r"\$\{\{ *(.*?) *\}\}", value, text)


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path).without_installing()


def test_installed_by_its_own_step_it_checks(tmp_path):
    runner = Runner(tmp_path)
    installed = runner.run("install")
    assert installed.returncode == 0, installed.stdout
    assert runner.outputs["install"]["python"].startswith(runner.outputs["install"]["folder"])
    base_tree("raw-2x").write(runner.workspace)
    done = runner.run("check", args="")
    assert done.returncode == 0, done.stdout
    assert runner.outputs["check"]["errors"] == "0"


def test_a_faulty_asset_fails_the_step_and_is_annotated_at_file_and_line(runner):
    (runner.workspace / "assets").mkdir()
    edited("raw-2x", "subject.json", subject_id="654321").write(runner.workspace / "assets")
    done = runner.run("check", paths="assets", sarif_file="aind-lint.sarif")
    assert done.returncode == 1
    assert re.search(rf"^::error file=assets/{RAW_2X}/subject\.json,line=\d+,.*CON103", done.stdout, re.MULTILINE)
    assert "--> subject.json:" in done.stdout, "the log is for people, too"
    outputs = runner.outputs["check"]
    assert set(outputs) == {"errors", "warnings", "report"} and outputs["errors"] == "1"
    assert json.loads(Path(outputs["report"]).read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert "CON103" in runner.summary.read_text(encoding="utf-8")
    sarif = json.loads((runner.workspace / "aind-lint.sarif").read_text(encoding="utf-8"))
    (result,) = [one for one in sarif["runs"][0]["results"] if one["ruleId"] == "CON103"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"assets/{RAW_2X}/subject.json" and place["region"]["startLine"]


def test_several_paths_one_per_line(runner):
    for folder in ("first folder", "second"):
        (runner.workspace / folder).mkdir()
        base_tree("raw-2x").write(runner.workspace / folder)
    done = runner.run("check", paths=f"\n  \nfirst folder\nsecond/{RAW_2X}\n")
    assert done.returncode == 0 and "2 assets, " in done.stdout, done.stdout


def test_fail_on_is_an_input(runner):
    edited("raw-2x", "subject.json", subject_id="654321").write(runner.workspace)
    assert runner.run("check", fail_on="never").returncode == 0
    assert runner.outputs["check"]["errors"] == "1"


def test_more_arguments_one_per_line(runner):
    edited("raw-2x", "subject.json", subject_id="654321").write(runner.workspace)
    done = runner.run("check", args="--fast\n--ignore=CON103\n\n--ignore=CON203\n")
    assert done.returncode == 0, done.stdout


def test_a_bucket_is_checked_against(runner):
    base_tree("raw-2x").write(runner.workspace)
    (runner.folder / "bucket").mkdir()
    done = runner.run("check", bucket=str(runner.folder / "bucket"), args="")
    assert done.returncode == 0 and "Ready to publish" in done.stdout, done.stdout


def test_a_summary_of_an_earlier_use_in_the_same_step_is_kept(runner):
    base_tree("raw-2x").write(runner.workspace)
    runner.summary.write_text("before\n", encoding="utf-8")
    assert runner.run("check").returncode == 0
    assert runner.summary.read_text(encoding="utf-8").startswith("before\n")


def test_what_cannot_be_checked_fails_the_step_with_a_reason(runner):
    assert runner.run("check").returncode == 3
    done = runner.run("check", paths="missing")
    assert done.returncode == 2 and "missing does not exist" in done.stdout
    assert runner.outputs["check"] == {}


HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "x && touch pwned",
    "x\ntouch pwned",
    "${PATH}",
    "*",
    "-x",
    "--help",
    "--",
    "x\n::error::hello",
    "x\nerrors=0",
    "\\",
    "$'\\x74ouch pwned'",
    "%0Aerrors=0",
    "x\rerrors=0",
]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, value) for name in ("paths", "args") for value in HOSTILE],
        # These are handed on in one way, so what breaks one value breaks all.
        *[(name, value) for name in ("fail_on", "bucket", "sarif_file") for value in HOSTILE[::6]],
    ],
)
def test_hostile_inputs_are_only_text(runner, name, value):
    base_tree("raw-2x").write(runner.workspace)
    before = sorted(runner.workspace.iterdir())
    done = runner.run("check", **{name: value})
    after = [path for path in sorted(runner.workspace.iterdir()) if name != "sarif_file" or path in before]
    assert after == before, done.stdout
    assert not list(runner.folder.rglob("pwned"))
    assert set(runner.outputs["check"]) <= {"errors", "warnings", "report"}
    assert not re.search(r"^::error::hello", done.stdout, re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_hostile_asset_is_only_text(runner):
    name = "ecephys_1_2022-12-12_05-06-07\n::error file=x::pwned\n"
    (runner.workspace / name).mkdir()
    (runner.workspace / name / "subject.json").write_text('{"schema_version": "</td>\\n::error::pwned ${{ x }}"}')
    done = runner.run("check")
    assert done.returncode == 1
    assert not re.search(r"^::error[^:\n]*::pwned", done.stdout, re.MULTILINE)
    assert "</td>" not in runner.summary.read_text(encoding="utf-8")


def test_no_module_beside_the_assets_is_imported(runner):
    base_tree("raw-2x").write(runner.workspace)
    for module in ("click", "yaml", "aind_lint", "json"):
        (runner.workspace / f"{module}.py").write_text("raise SystemExit('imported from the checked folder')")
    done = runner.run("check")
    assert done.returncode == 0, done.stdout


def test_no_script_contains_an_expression():
    assert all("${{" not in step.get("run", "") for step in STEPS.values())


def test_every_action_it_uses_is_pinned_by_hash():
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in STEPS.values() if "uses" in step)


def test_github_would_accept_it():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    done = subprocess.run([*command, str(ROOT / "action.yml")], capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing():
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [str(zizmor), "--offline", "--no-config", "--persona=auditor", "--format=json", str(ROOT / "action.yml")],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0 and json.loads(done.stdout) == [], done.stdout + done.stderr
