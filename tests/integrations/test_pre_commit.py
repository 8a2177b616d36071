"""The hooks, run by the real pre-commit in real repositories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from aind_lint.examples.bases import base_tree
from tests.cli.run_command import RAW_2X, edited, environment

ROOT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")]


class Repository:
    """A git repository whose commits the hooks watch over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scripts = str(Path(sys.executable).parent)
        self.environment = environment(
            folder.parent,
            PATH=os.pathsep.join([scripts, os.environ["PATH"]]),
            PRE_COMMIT_HOME=str(folder.parent / "pre-commit"),
            GIT_CONFIG_GLOBAL=str(folder.parent / "gitconfig"),
            GIT_CONFIG_NOSYSTEM="1",
        )
        # A hook that runs these tests names its own repository to all the git commands below it.
        for name in [name for name in self.environment if name.startswith("GIT_") and "CONFIG" not in name]:
            del self.environment[name]
        (folder.parent / "gitconfig").write_text("[user]\nname = Tester\nemail = tester@example.org\n")
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", *arguments)

    def run(self, *command: str, timeout: int = 120) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        assert "Traceback" not in done.stdout, done.stdout
        return done

    def install(self, *ids: str) -> None:
        """Use these hooks as the manifest defines them, except that this very code is run and nothing is installed."""
        hooks = [{**hook, "language": "system", "verbose": True} for hook in HOOKS if hook["id"] in ids]
        for hook in hooks:
            # Without the schema models, which take a second to load.
            hook["entry"] = hook["entry"].replace("aind-lint check", f"'{sys.executable}' -m aind_lint check --fast", 1)
        config = {"repos": [{"repo": "local", "hooks": hooks}]}
        (self.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        done = self.run(sys.executable, "-m", "pre_commit", "install")
        assert done.returncode == 0, done.stdout

    def commit(self) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        return self.git("commit", "--message", "a change")

    @property
    def commits(self) -> int:
        return len(self.git("log", "--oneline").stdout.splitlines())


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "a repository")


def test_a_commit_of_a_valid_asset_passes(repository):
    repository.install("aind-lint", "aind-lint-all")
    base_tree("raw-2x").write(repository.folder)
    done = repository.commit()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("1 asset, ") == 2


def test_a_commit_of_a_faulty_sidecar_is_refused_with_a_reason(repository):
    repository.install("aind-lint")
    base_tree("raw-2x").write(repository.folder)
    assert repository.commit().returncode == 0
    faulty = edited("raw-2x", "subject.json", subject_id="654321").files["subject.json"]
    assert isinstance(faulty, bytes)
    (repository.folder / RAW_2X / "subject.json").write_bytes(faulty)
    done = repository.commit()
    assert done.returncode == 1
    assert "CON103" in done.stdout and "--> subject.json:" in done.stdout
    assert repository.commits == 1


def test_the_hooks_that_init_adds_show_each_finding_once(repository):
    edited("raw-2x", "subject.json", subject_id="654321").write(repository.folder)
    assert repository.run(sys.executable, "-m", "aind_lint", "init").returncode == 0
    (entry,) = yaml.safe_load((repository.folder / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    repository.install(*(hook["id"] for hook in entry["hooks"]))
    done = repository.commit()
    assert done.returncode == 1
    assert done.stdout.count("error[CON103]") == 1, done.stdout


def test_only_the_assets_of_changed_sidecars_are_checked(repository):
    repository.install("aind-lint")
    for folder in ("good one", "other"):
        (repository.folder / folder).mkdir()
        base_tree("raw-2x").write(repository.folder / folder)
    (repository.folder / "other" / RAW_2X / "subject.json").unlink()
    repository.git("add", "--all")
    repository.git("commit", "--no-verify", "--message", "a fault from before")
    sidecar = repository.folder / "good one" / RAW_2X / "subject.json"
    sidecar.write_bytes(sidecar.read_bytes() + b"\n")
    done = repository.commit()
    assert done.returncode == 0, done.stdout
    assert "1 asset, " in done.stdout


def test_only_the_hook_for_every_asset_notices_a_deleted_sidecar(repository):
    repository.install("aind-lint")
    base_tree("raw-2x").write(repository.folder)
    assert repository.commit().returncode == 0
    (repository.folder / RAW_2X / "data_description.json").unlink()
    unnoticed = repository.commit()
    assert unnoticed.returncode == 0 and "Skipped" in unnoticed.stdout
    repository.install("aind-lint-all")
    refused = repository.commit()
    assert refused.returncode == 1 and "SID101" in refused.stdout


def test_hundreds_of_files_are_one_run_with_every_asset_once(repository):
    repository.install("aind-lint")
    copies = 60
    for number in range(copies):
        (repository.folder / f"mouse {number:02}").mkdir()
        base_tree("raw-2x").write(repository.folder / f"mouse {number:02}")
    done = repository.commit()
    assert done.returncode == 0, done.stdout
    assert f"{copies} assets, " in done.stdout
    assert len(list(repository.folder.rglob("*.json"))) > 300


def test_a_repository_of_rigs_and_procedures_without_an_asset(repository):
    repository.install("aind-lint", "aind-lint-all")
    files = base_tree("raw-2x").files
    for place, name in {"instruments": "instrument.json", "mice/123456": "procedures.json"}.items():
        (repository.folder / place).mkdir(parents=True)
        content = files[name]
        assert isinstance(content, bytes)
        (repository.folder / place / name).write_bytes(content)
    done = repository.commit()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("2 sidecars, ") == 2
    instrument = repository.folder / "instruments" / "instrument.json"
    instrument.write_text(json.dumps({**json.loads(instrument.read_text()), "instrument_id": 7}))
    refused = repository.commit()
    assert refused.returncode == 1 and "SCH201" in refused.stdout and "SID" not in refused.stdout


def test_a_repository_without_anything_to_check_passes_with_a_message(repository):
    repository.install("aind-lint", "aind-lint-all")
    (repository.folder / "notes.md").write_text("nothing")
    done = repository.commit()
    assert done.returncode == 0, done.stdout
    assert "no asset found; nothing was checked" in done.stdout
    base_tree("raw-2x").write(repository.folder)
    (repository.folder / RAW_2X / "data_description.json").unlink()
    refused = repository.commit()
    assert refused.returncode == 1 and "SID101" in refused.stdout


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs from a git repository; this is none")
def test_the_hooks_are_installed_by_pre_commit_and_work(repository):
    base_tree("raw-2x").write(repository.folder)
    faulty = base_tree("derived-2x").write(repository.folder)
    (faulty / "data_description.json").unlink()
    repository.git("add", "--all")
    # pip finds all dependencies here and installs only the project. The test of the action installs everything.
    repository.environment |= {
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_COMPILE": "1",
    }
    try_repo = (sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "--all-files", "--verbose")
    done = repository.run(*try_repo, timeout=600)
    assert done.returncode == 1, done.stdout
    assert done.stdout.count("2 assets: 1 error") == done.stdout.count("error[SID101]") == 2, done.stdout
