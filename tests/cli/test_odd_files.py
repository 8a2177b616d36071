"""Files as editors, power failures and other systems leave them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, environment, run_here


def test_a_byte_order_mark_in_configuration_baseline_and_report(tmp_path: Path) -> None:
    base_tree("founding-raw-1x").write(tmp_path)
    assert run_here(tmp_path, "baseline", ".").returncode == 0
    assert run_here(tmp_path, "check", "--fast", "--format", "json=report.json").returncode == 0
    (tmp_path / "aind-lint.toml").write_text('fail-on = "warning"\n', encoding="utf-8-sig")
    for name in ("aind-lint-baseline.json", "report.json"):
        file = tmp_path / name
        file.write_text(file.read_text(encoding="utf-8"), encoding="utf-8-sig")
    baseline = ("--baseline", "aind-lint-baseline.json")
    assert run_here(tmp_path, "check", "--fast", "--config", "aind-lint.toml", *baseline).returncode == 0
    assert run_here(tmp_path, "check", "--fast").returncode == 1, "the configuration counts"
    assert run_here(tmp_path, "check", "--load", "report.json").returncode == 0


def test_a_sidecar_of_zero_bytes_only(tmp_path: Path) -> None:
    tree = base_tree("raw-2x")
    tree.files["subject.json"] = bytes(4096)
    tree.write(tmp_path)
    done = run_here(tmp_path, "check", "--fast", "--format", "concise")
    assert done.returncode == 1
    assert "the file contains only zero bytes, as after a power failure" in done.stdout
    assert "UTF-16" not in done.stdout


def test_addresses_of_s3_are_no_uris_in_sarif(tmp_path: Path) -> None:
    from aind_lint.finding import AssetReport, Finding, Location, Report, Severity
    from aind_lint.report.formats import render

    asset = AssetReport("s3://bucket/a", "a", "raw", "2.x", [], "published", 1, 2)
    asset.findings.append(Finding("CON103", "x", Severity.ERROR, "wrong", Location("subject.json", "/a", 1, 1)))
    result = json.loads(render("sarif", Report([asset])))["runs"][0]["results"][0]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "bucket/a/subject.json"}
    assert result["message"]["text"].startswith("s3://bucket/a/subject.json: wrong")


def test_a_folder_whose_name_is_an_option(tmp_path: Path) -> None:
    """As pre-commit calls the hook: its ``args`` end the options."""
    import yaml

    hook = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
    (tmp_path / "x").write_text("fail-on = 'never'\n", encoding="utf-8")
    tree = base_tree("raw-2x")
    tree.files["subject.json"] = b"{"
    tree.write(tmp_path)
    (tmp_path / "--config=x").mkdir()
    command = hook["entry"].split()[1:] + hook["args"]
    done = run_here(tmp_path, *command, "--config=x/subject.json", f"{RAW_2X}/subject.json")
    assert done.returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory differs")
@pytest.mark.slow
@pytest.mark.parametrize("more", ["", ', "a": 1', ', "b": 1e999, "c": "\\ud800"'])
def test_the_memory_for_32_mb_of_escapes_is_bounded(more: str, tmp_path: Path) -> None:
    (tmp_path / "subject.json").write_text('{"a": "' + '\\"' * 2**24 + f'"{more}}}', encoding="utf-8")
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
        "sys.argv = ['', 'check', 'subject.json', '--fast']; from aind_lint.cli.main import main; main()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Memory" not in done.stderr
