"""Adds to a repository what checks it: a configuration, a hook for pre-commit, and a workflow for GitHub.

Existing files are never overwritten. The hook is appended to an existing pre-commit configuration only if the result,
parsed as YAML, is the old configuration plus the hook.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from aind_lint._version import __version__
from aind_lint.asset.asset import Asset
from aind_lint.asset.discovery import discover
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.errors import NoAssetError
from aind_lint.system.output_file import write_text_file

REPOSITORY = "https://github.com/AllenNeuralDynamics/aind-lint"
CONFIGURATION = "aind-lint.toml"
HOOKS = ".pre-commit-config.yaml"
WORKFLOW = ".github/workflows/aind-lint.yml"

_CONFIGURATION = """\
# Configuration of aind-lint. 'aind-lint config schema' describes all keys.
{data}
# Known findings to ignore, each with a reason and a last day:
# [[suppressions]]
# rule = "CON104"
# assets = "old/*"
# reason = "the clock of the rig was wrong that week"
# until = 2027-01-01
"""
_DATA_ABSENT = """
# The assets of this repository have sidecars but no data, so rules that need the data are reported as not checked.
# Remove this line when the repository also contains the data: then an asset without data is an error.
data = "absent"
"""
#: The rule that finds assets without data.
_NO_DATA_RULE = "LAY101"
_ASSETS_ABSENT = """
# Set this if the repository contains only the metadata of assets:
# data = "absent"
"""
_WORKFLOW = """\
# Fails a pull request while an asset or a sidecar of this repository has an error.
name: aind-lint
on:
  pull_request:
  push:
    branches: [{branch}]
permissions:
  contents: read
jobs:
  assets:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: AllenNeuralDynamics/aind-lint@{rev}
        with:
          paths: .
          args: --allow-empty
"""


@dataclass(frozen=True)
class Step:
    """The result for one file.

    Attributes:
        file: Path of the file, relative to the root of the repository.
        result: What was done, as the end of the line "aind-lint.toml: …".
        written: Whether the file was written.
        to_add: Lines that the user has to add; empty if there are none.
    """

    file: str
    result: str
    written: bool = False
    to_add: str = ""


def init_repository(root: Path, rev: str = f"v{__version__}", branch: str = "main") -> list[Step]:
    """Write the missing files.

    Args:
        root: The root of the repository.
        rev: Tag or commit of aind-lint for the hook and the workflow.
        branch: The workflow checks pushes to this branch, and pull requests.

    Raises:
        OSError: A file cannot be written.
        UsageError: The repository cannot be read.
    """
    # The other hook would show the findings of a changed asset a second time, and does not notice a deleted sidecar.
    hooks = [{"id": "aind-lint-all"}]
    return [
        _configure(root),
        _add_hooks(root, {"repo": REPOSITORY, "rev": rev, "hooks": hooks}),
        write_new(root, WORKFLOW, _WORKFLOW.format(rev=rev, branch=branch)),
    ]


def _configure(root: Path) -> Step:
    metadata_only = _has_metadata_only(root)
    step = write_new(root, CONFIGURATION, _CONFIGURATION.format(data=_DATA_ABSENT if metadata_only else _ASSETS_ABSENT))
    if step.written and metadata_only:
        return replace(step, result='written, with data = "absent", because no asset here has data')
    return step


def _has_metadata_only(root: Path) -> bool:
    """Whether the repository contains assets or sidecars, but no data."""
    try:
        found = discover(root)
    except NoAssetError:
        return False
    if found.data:
        return False
    rule = next(rule for rule in load_rules() if rule.id == _NO_DATA_RULE)
    return all(any(rule.verb.check(Asset(scan_folder(path)), rule.options, CheckContext())) for path in found.assets)


def write_new(root: Path, file: str, text: str) -> Step:
    """Write a file of the repository, unless it exists.

    Raises:
        OSError: It cannot be written.
    """
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = path.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        return Step(file, "exists already, not changed")
    try:
        with stream:
            stream.write(text)
    except OSError:
        with suppress(OSError):
            path.unlink()  # this run created it, and the next one must not take a part of it for a configuration
        raise
    return Step(file, "written", written=True)


def _add_hooks(root: Path, entry: dict[str, Any]) -> Step:
    item = _as_item(entry)
    step = write_new(root, HOOKS, f"repos:\n{_indented(item, 2)}")
    if step.written:
        return step
    path = root / HOOKS
    text = path.read_text(encoding="utf-8")
    before = _load(text)
    repos = before.get("repos") if isinstance(before, dict) else None
    if not isinstance(repos, list):
        return Step(
            HOOKS,
            "not a valid pre-commit configuration, not changed; add these lines to its repos",
            to_add=item,
        )
    if any(isinstance(repo, dict) and "aind-lint" in str(repo.get("repo")) for repo in repos):
        return step
    for indent in (2, 0):
        extended = f"{text.rstrip()}\n{_indented(item, indent)}"
        if _load(extended) == {**before, "repos": [*repos, entry]}:
            write_text_file(path, extended)
            return Step(HOOKS, "hook added at the end", written=True)
    return Step(HOOKS, "exists already, not changed; add these lines to its repos", to_add=item)


def _as_item(entry: dict[str, Any]) -> str:
    lines = [f"- repo: {entry['repo']}", f"  rev: {entry['rev']}", "  hooks:"]
    return "\n".join([*lines, *(f"    - id: {hook['id']}" for hook in entry["hooks"])]) + "\n"


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def _load(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None
