"""The page for other laboratories: its files, its commands and their output, with a real S3 server.

After a change that is meant, write the output anew and read the difference::

    AIND_LINT_UPDATE_SNAPSHOTS=1 pytest tests/test_other_laboratories.py && git diff docs/other-laboratories.md
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from aind_lint.bucket.address import Connection
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here
from tests.servers import SeaweedFS

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "other-laboratories.md"
_NAME = "labscope_123456_2022-12-12_05-06-07"
_BUCKETS = ("our-lab-data", "aind-open-data")
_BLOCK = re.compile(r'```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)```', re.DOTALL)


@pytest.mark.skipif(os.sep != "/", reason="the page shows the output of other systems")
def test_commands_of_the_page_have_the_shown_output(
    tmp_path: Path, s3: Connection, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweedfs.endpoint_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    for bucket in _BUCKETS:
        with suppress(ClientError):  # from an earlier run against a server that the environment names
            place = {"LocationConstraint": "us-west-2"}
            seaweedfs.client.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    _prepare(tmp_path)
    page = _PAGE.read_text(encoding="utf-8")
    made = _BLOCK.sub(lambda block: _block(block, tmp_path), page)
    if os.environ.get("AIND_LINT_UPDATE_SNAPSHOTS"):
        _PAGE.write_text(made, encoding="utf-8", newline="\n")
    assert _without_counts(made) == _without_counts(page)


def _prepare(folder: Path) -> None:
    tree = base_tree("raw-1x")
    content = tree.files["data_description.json"]
    assert isinstance(content, bytes)
    description = {**json.loads(content), "name": _NAME}
    tree.name = _NAME
    tree.files["data_description.json"] = json.dumps(description, indent=2).encode()
    tree.files["labscope/frames.csv"] = b"frame,time\n0,0.00\n1,0.03\n"
    tree.write(folder)
    (folder / "rig").mkdir()
    calibration = folder / "rig" / "calibration.csv"
    calibration.write_text("axis,micrometers\nx,0.65\ny,0.65\n", encoding="utf-8")
    os.utime(calibration, (1_700_000_000, 1_700_000_000))  # publish waits for files that may still be written


def _block(block: re.Match[str], folder: Path) -> str:
    """A block of the page: a file is written, and commands are run and shown with their output."""
    if title := block["title"]:
        (folder / title).parent.mkdir(exist_ok=True)
        (folder / title).write_text(block["text"], encoding="utf-8")
        return block[0]
    commands = [line.removeprefix("$ ") for line in block["text"].splitlines() if line.startswith("$ ")]
    return "```console\n" + "".join(f"$ {command}\n{_output(command, folder)}" for command in commands) + "```"


def _output(command: str, folder: Path) -> str:
    program, *arguments = shlex.split(command)
    if program == "ls":
        return "".join(f"{path.name}\n" for path in sorted((folder / arguments[0]).iterdir()))
    if program == "cp":
        shutil.copy2(folder / arguments[0], folder / arguments[1])
        return ""
    done = run_here(folder, *arguments, AIND_LINT_COLUMNS="96")
    shown = done.stdout + done.stderr
    return re.sub(r"(?m)^Receipt: .*\n", "", shown).replace(folder.as_posix(), "…")


def _without_counts(text: str) -> str:
    """How many rules were run says nothing about a command."""
    return re.sub(r"\b[0-9]+ rules\b", "… rules", text)
