"""``aind-lint demo``: the whole way of an asset, with the real commands on real files."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from aind_lint.cli.terminal import show
from aind_lint.errors import AindLintError, UsageError, os_error_reason
from aind_lint.examples.bases import base_tree
from aind_lint.examples.tree import Tree

#: The pair of assets for each generation of metadata. From 2.x on an asset has instrument.json, not rig.json.
_PAIRS = {
    "0.x": ("founding-raw-0x", "founding-derived-0x"),
    "1.x": ("founding-raw-1x", "founding-derived-1x"),
    "2.x": ("raw-2x", "derived-2x"),
}

_ACQUISITION_NOTE = (
    "In metadata {generation} an acquisition can describe imaging only. acquisition.json of these two assets is the "
    "nearest valid one, without tiles, and says so in its notes."
)


@click.command("demo", short_help="Make example assets, check them and publish them into a folder.")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--metadata",
    "generation",
    type=click.Choice(list(_PAIRS)),
    default="0.x",
    show_default=True,
    help="The generation of the example's metadata.",
)
def command(directory: Path | None, generation: str) -> None:
    """Show check and publish at work on two example assets, in DIR (which must not exist yet) or a new folder.

    The assets are those of the founding document: a raw electrophysiology session and its spike sorting. Everything
    shown is what the commands print.
    """
    folder = _new_folder(directory)
    raw, derived = (base_tree(base) for base in _PAIRS[generation])
    for tree in (raw, derived):
        tree.write(folder)
    for name, tree in (("broken", broken_copy(raw)), ("altered", _altered(raw))):
        (folder / name).mkdir()
        tree.write(folder / name)
    step = _Steps(folder)
    step.say(f"Two assets are in {folder}: a raw electrophysiology session and its spike sorting.")
    if generation != "2.x":
        step.say(_ACQUISITION_NOTE.format(generation=generation))
    step.say("1. Check them. Nothing is written.")
    step.run(0, "check", raw.name, derived.name)
    step.say("2. A copy with four faults, as they happen on a rig.")
    step.run(1, "check", f"broken/{raw.name}")
    step.say("3. Publish both into a folder that behaves as a bucket.")
    step.run(0, "publish", raw.name, derived.name, "--to", "./bucket", "--yes")
    step.say("4. Publish again: nothing is sent twice.")
    step.run(0, "publish", raw.name, derived.name, "--to", "./bucket", "--yes")
    step.say("5. A copy of the raw asset in which one value of the data has changed: what is published stays.")
    step.run(5, "publish", f"altered/{raw.name}", "--to", "./bucket", "--yes")
    step.say("6. Compare the published asset with its manifest, down to every checksum.")
    step.run(0, "verify", raw.name, "--in", "./bucket", "--deep")
    step.say("7. The bucket now holds:")
    show("\n".join(_tree(folder / "bucket")))
    step.say(f"Everything is in {folder}; delete it when you have looked around.")


def _new_folder(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="aind-lint-demo-"))
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{directory} exists; the demo wants a folder of its own") from None
    except OSError as error:
        raise UsageError(f"cannot make {directory}: {os_error_reason(error)}") from None
    return directory


def broken_copy(tree: Tree) -> Tree:
    """Another mouse in one file, one file missing, one misnamed, and one cut off while it was written."""
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
    """Tells what comes next and runs the real command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def say(self, text: str) -> None:
        show(f"\n{click.style(text, bold=True)}")

    def run(self, expected: int, *arguments: str) -> None:
        shown = " ".join(arguments)
        show(click.style(f"\n$ aind-lint {shown}", fg="cyan"))
        environment = dict(os.environ, AIND_LINT_STATE_DIR=str((self._folder / "state").absolute()))
        command = [sys.executable, "-m", "aind_lint", *arguments]
        code = subprocess.run(command, cwd=self._folder, env=environment, check=False).returncode  # noqa: S603 - our own command
        show(click.style(f"(exit code {code})", dim=True))
        if code != expected:
            raise AindLintError(f"'aind-lint {shown}' was expected to exit with {expected}")


def _tree(folder: Path, indent: str = "  ") -> list[str]:
    lines = []
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name)):
        lines.append(f"{indent}{path.name}{'/' if path.is_dir() else ''}")
        if path.is_dir():
            lines += _tree(path, indent + "  ")
    return lines
