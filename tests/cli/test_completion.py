"""Completion, in the shells themselves; PowerShell's script is driven by what the shell would ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.run_command import environment, run


def shell(name: str) -> str:
    if (found := shutil.which(name)) is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def here(tmp_path):
    """A folder, and an environment in which a shell finds the command."""
    scripts = str(Path(sys.executable).parent)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "dumb"}
    return tmp_path, environment(tmp_path, PATH=os.pathsep.join([scripts, os.environ["PATH"]]), **home)


#: What is typed, and what must be offered.
CASES = [
    ("wat", "watch"),
    ("explain CON10", "CON103"),
    ("explain subject-m", "subject-mismatch"),
    ("check --sel", "--select"),
]


@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_bash(here, typed, offered):
    folder, env = here
    words = f"aind-lint {typed}".split()
    script = f"""
        eval "$(aind-lint completion bash)"
        COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}
        _aind_lint_completion aind-lint
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    command = [shell("bash"), "--norc", "--noprofile", "-c", script]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    assert offered in done.stdout.split(), done.stderr


@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_fish(here, typed, offered):
    folder, env = here
    script = f"aind-lint completion fish | source; complete -C 'aind-lint {typed}'"
    command = [shell("fish"), "--no-config", "-c", script]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
    assert offered in done.stdout.split(), done.stderr


@pytest.mark.parametrize(("typed", "offered"), [("wat", "watch"), ("explain folder-n", "folder-name-mismatch")])
def test_zsh(here, typed, offered):
    pty = pytest.importorskip("pty")
    folder, env = here
    path = shell("zsh")
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execve(path, ["zsh", "-f", "-i"], env)
    setup = "PS1='ready> '; autoload -Uz compinit; compinit -u; eval \"$(aind-lint completion zsh)\"; echo s''et"
    try:
        os.write(terminal, setup.encode() + b"\n")
        _until(terminal, b"set")
        os.write(terminal, f"aind-lint {typed}\t".encode())
        _until(terminal, f"aind-lint {typed.split()[0] + ' ' if ' ' in typed else ''}{offered}".encode())
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def _until(terminal: int, expected: bytes, seconds: float = 30) -> None:
    seen, deadline = b"", time.monotonic() + seconds
    os.set_blocking(terminal, False)
    while expected not in seen.replace(b"\x07", b"").replace(b"\x08", b""):
        assert time.monotonic() < deadline, seen
        try:
            seen += os.read(terminal, 4096)
        except BlockingIOError:
            time.sleep(0.02)


@pytest.mark.parametrize(("typed", "offered"), CASES)
def test_powershell(here, typed, offered):
    folder, _ = here
    *words, word = f"aind-lint {typed}".split()
    asked = {"_AIND_LINT_COMPLETE": "powershell_complete", "COMP_WORDS": "\n".join(words), "COMP_WORD": word}
    done = run(folder, **asked)
    assert offered in [line.split("\t")[0] for line in done.stdout.splitlines()]


def test_powershell_completes_files_itself(here):
    folder, _ = here
    (folder / "asset").mkdir()
    asked = {"_AIND_LINT_COMPLETE": "powershell_complete", "COMP_WORDS": "aind-lint\ncheck", "COMP_WORD": "as"}
    assert run(folder, **asked).stdout.strip() == ""


def test_the_script_for_powershell_calls_the_command_correctly(here):
    folder, _ = here
    script = run(folder, "completion", "powershell").stdout
    assert "-CommandName aind-lint" in script and "$env:_AIND_LINT_COMPLETE = 'powershell_complete'" in script
    assert "%(" not in script
