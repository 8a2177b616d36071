"""``aind-lint demo``: checks and publishes example assets with the real commands on real files."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import click

from aind_lint.cli.terminal import show
from aind_lint.errors import AindLintError, UsageError, os_error_reason
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree

#: A raw and a derived asset for each generation of metadata. From 2.x on, instrument.json replaces rig.json.
_PAIRS = {
    "0.x": ("founding-raw-0x", "founding-derived-0x"),
    "1.x": ("founding-raw-1x", "founding-derived-1x"),
    "2.x": ("raw-2x", "derived-2x"),
}

_ACQUISITION_NOTE = (
    "In metadata {generation}, acquisition.json can describe only imaging. In these two assets it is the closest "
    "valid file: it has no tiles, and its notes explain why."
)


@click.command("demo")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--metadata",
    "generation",
    type=click.Choice(list(_PAIRS)),
    default="0.x",
    show_default=True,
    help="Metadata generation of the example assets.",
)
def command(directory: Path | None, generation: str) -> None:
    """Create two example assets in DIR (a new folder by default), check them, publish them, and audit the result.

    The assets are a raw electrophysiology session and its spike sorting. The demo runs the real commands and shows
    their output. DIR must not exist yet.
    """
    folder = _new_folder(directory)
    raw, derived = (base_tree(base) for base in _PAIRS[generation])
    for tree in (raw, derived):
        tree.write(folder)
    for name, tree in (("broken", broken_copy(raw)), ("altered", _altered(raw))):
        (folder / name).mkdir()
        tree.write(folder / name)
    step = _Steps(folder)
    step.heading(f"Two example assets in {folder}: a raw electrophysiology session and its spike sorting.")
    if generation != "2.x":
        show(f"\n{textwrap.fill(_ACQUISITION_NOTE.format(generation=generation), 79)}")
    step.heading("1. Check both assets. Nothing is written.")
    step.run(0, "check", raw.name, derived.name)
    step.heading("2. Check a copy with four errors, as they happen on a rig.")
    step.run(1, "check", f"broken/{raw.name}")
    step.heading("3. Publish both assets to a folder that is used as a bucket.")
    step.run(0, "publish", raw.name, derived.name, "--to", "./bucket", "--yes")
    step.heading("4. Publish them again: nothing is sent twice.")
    step.run(0, "publish", raw.name, derived.name, "--to", "./bucket", "--yes")
    step.heading("5. Publish a copy of the raw asset with one changed value: a published asset is never overwritten.")
    step.run(5, "publish", f"altered/{raw.name}", "--to", "./bucket", "--yes")
    step.heading("6. Compare every checksum of the published asset with the local copy.")
    step.run(0, "verify", raw.name, "--in", "./bucket", "--deep")
    step.heading("7. The content of the bucket:")
    show("\n".join(_tree(folder / "bucket")))
    if all(find_spec(package) for package in ("duckdb", "pyarrow")):
        step.heading("8. Audit the whole bucket.")
        step.run(0, "audit", "./bucket", "--jobs", "1")
    else:
        step.heading(
            "8. To audit the whole bucket: pip install 'aind-lint[audit]', then run 'aind-lint audit ./bucket'."
        )
    step.heading(f"Done. All files are in {folder}; delete it when you no longer need it.")


def _new_folder(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="aind-lint-demo-"))
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{directory} exists already; name a folder that does not exist") from None
    except OSError as error:
        raise UsageError(f"cannot create {directory}: {os_error_reason(error)}") from None
    return directory


def broken_copy(tree: Tree) -> Tree:
    """A copy with four errors: a wrong subject, a missing, a misnamed and a truncated sidecar."""
    files = dict(tree.files)
    subject, processing = files["subject.json"], files["processing.json"]
    assert isinstance(subject, bytes) and isinstance(processing, bytes)
    files["subject.json"] = subject.replace(b'"123456"', b'"654321"')
    files["processing.json"] = processing[:-40]
    files["Data_Description.json"] = files.pop("data_description.json")
    del files["procedures.json"]
    return replace(tree, files=files)


def _altered(tree: Tree) -> Tree:
    files = dict(tree.files)
    trials = files["behavior/trials.csv"]
    assert isinstance(trials, bytes)
    files["behavior/trials.csv"] = trials.replace(b"0,0.250,0", b"0,0.251,0")
    return replace(tree, files=files)


class _Steps:
    """Prints headings and runs the real commands in the folder of the demo."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def heading(self, text: str) -> None:
        show(f"\n{click.style(text, bold=True)}")

    def run(self, expected: int, *arguments: str) -> None:
        shown = " ".join(arguments)
        show(click.style(f"\n$ aind-lint {shown}", fg="cyan"))
        environment = dict(os.environ, AIND_LINT_STATE_DIR=str((self._folder / "state").absolute()))
        command = [sys.executable, "-m", "aind_lint", *arguments]
        code = subprocess.run(command, cwd=self._folder, env=environment, check=False).returncode  # noqa: S603 - our own command
        show(click.style(f"(exit code {code})", dim=True))
        if code != expected:
            raise AindLintError(f"'aind-lint {shown}' exited with {code}; expected {expected}")


def _tree(folder: Path, indent: str = "  ") -> list[str]:
    lines = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name)):
        lines.append(f"{indent}{path.name}{'/' if path.is_dir() else ''}")
        if path.is_dir():
            lines += _tree(path, indent + "  ")
    return lines
