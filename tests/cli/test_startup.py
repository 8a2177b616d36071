"""Light commands import nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_0X, environment

_HEAVY = {
    "aind_data_schema",
    "aind_data_schema_models",
    "awscrt",
    "boto3",
    "botocore",
    "filelock",
    "platformdirs",
    "tomli_w",
    "pydantic",
    "rich",
}


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        (["name", RAW_0X], {"yaml"}),
        (["name", "X"], set()),
        (["--help"], {"yaml"}),
        (["--version"], {"yaml"}),
        (["explain", "CON103"], set()),
    ],
)
def test_imports(arguments: list[str], also: set[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aind_lint", *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    imported = {name.partition(".")[0] for name in re.findall(r"(?m)^import time:.*\| +(\S+)$", done.stderr)}
    assert "click" in imported
    assert not imported & (_HEAVY | also)


def test_the_package_itself_imports_nothing(tmp_path: Path) -> None:
    code = "import sys, aind_lint; print(*(m for m in sys.modules if m.startswith(('aind_lint.', 'click', 'yaml'))))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["aind_lint._version"]


def test_a_check_without_models_imports_no_pydantic(tmp_path: Path) -> None:
    asset = base_tree("raw-2x").write(tmp_path)
    load_rules()  # compiles the rules of a checkout
    code = (
        f"import sys; from aind_lint import check; check([{str(asset)!r}], fast=True, cache=False); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=True)
    assert "aind_lint.engine.rule_runner" in done.stdout
    assert not set(done.stdout.split()) & (_HEAVY | {"yaml"})


def test_a_check_of_a_store_imports_only_the_verbs_of_formats(tmp_path: Path) -> None:
    store = tmp_path / "image.zarr"
    store.mkdir()
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    load_rules()
    code = f"import sys; from aind_lint import check; check([{str(store)!r}], cache=False); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=True)
    families = {name.split(".")[2] for name in done.stdout.split() if name.startswith("aind_lint.checks.")}
    assert families == {"format_problems", "formats"}
    assert "aind_lint.fix.proposal" not in done.stdout.split()
