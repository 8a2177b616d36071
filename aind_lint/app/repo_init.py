"""What a repository needs to be checked: a configuration, hooks for pre-commit, a workflow for GitHub.

A file that is there is never overwritten. The hooks are appended to an existing configuration of pre-commit only when
that is sure to add them and to change nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from aind_lint._version import __version__
from aind_lint.asset.asset import Asset
from aind_lint.asset.discovery import discover
from aind_lint.asset.listing.listing import scan_folder
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.errors import NoAssetError

REPOSITORY = "https://github.com/AllenNeuralDynamics/aind-lint"
CONFIGURATION = "aind-lint.toml"
HOOKS = ".pre-commit-config.yaml"
WORKFLOW = ".github/workflows/aind-lint.yml"

_CONFIGURATION = """\
# How aind-lint checks this repository. 'aind-lint config schema' says everything that can stand here.
{data}
# Findings to live with, each for a reason and until a day:
# [[suppressions]]
# rule = "CON104"
# assets = "old/*"
# reason = "the clock of the rig was wrong that week"
# until = 2027-01-01
"""
_DATA_ABSENT = """
# No asset here has data beside its sidecars, so what would need the data is reported as not checked. Remove this line
# when the data is kept here too: an asset without any is an error then.
data = "absent"
"""
#: The rule that says what data is.
_NO_DATA = "LAY101"
_ASSETS_ABSENT = """
# Set this where only the metadata of assets is kept, and the data elsewhere:
# data = "absent"
"""
_WORKFLOW = """\
# Nothing is merged while an asset or a sidecar of this repository has an error.
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
    """What was done for one file, or is left to do.

    Attributes:
        file: The file, from the root of the repository.
        done: What was done with it, as the end of the sentence "aind-lint.toml: …".
        changed: Whether it was written.
        to_do: Lines that a person has to add by hand; none when nothing is left.
    """

    file: str
    done: str
    changed: bool = False
    to_do: str = ""


def adopt(root: Path, rev: str = f"v{__version__}", branch: str = "main") -> list[Step]:
    """Write what is missing for a repository to be checked.

    Args:
        root: The root of the repository.
        rev: The release of aind-lint that the hooks and the workflow use.
        branch: The branch that the workflow checks as well as pull requests.

    Raises:
        OSError: A file cannot be written.
        UsageError: The repository cannot be read.
    """
    hooks = [{"id": "aind-lint"}, {"id": "aind-lint-all"}]
    return [
        _configure(root),
        _add_hooks(root, {"repo": REPOSITORY, "rev": rev, "hooks": hooks}),
        _write_new(root, WORKFLOW, _WORKFLOW.format(rev=rev, branch=branch)),
    ]


def _configure(root: Path) -> Step:
    metadata_only = _holds_metadata_only(root)
    step = _write_new(
        root, CONFIGURATION, _CONFIGURATION.format(data=_DATA_ABSENT if metadata_only else _ASSETS_ABSENT)
    )
    if step.changed and metadata_only:
        return replace(step, done='written, with data = "absent": no asset here has data beside its sidecars')
    return step


def _holds_metadata_only(root: Path) -> bool:
    """Whether there are assets or sidecars, but no data with any of them."""
    try:
        found = discover(root)
    except NoAssetError:
        return False
    rule = next(one for one in load_rules() if one.id == _NO_DATA)
    return all(any(rule.verb.check(Asset(scan_folder(path)), rule.options, CheckContext())) for path in found.assets)


def _write_new(root: Path, file: str, text: str) -> Step:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError:
        return Step(file, "is there already and was left as it is")
    return Step(file, "written", changed=True)


def _add_hooks(root: Path, entry: dict[str, Any]) -> Step:
    item = _as_item(entry)
    step = _write_new(root, HOOKS, f"repos:\n{_indented(item, 2)}")
    if step.changed:
        return step
    path = root / HOOKS
    text = path.read_text(encoding="utf-8")
    before = _load(text)
    repos = before.get("repos") if isinstance(before, dict) else None
    if not isinstance(repos, list):
        return Step(HOOKS, "is there, but is not what pre-commit expects; it was left as it is", to_do=item)
    if any(isinstance(repo, dict) and "aind-lint" in str(repo.get("repo")) for repo in repos):
        return step
    for indent in (2, 0):
        longer = f"{text.rstrip()}\n{_indented(item, indent)}"
        if _load(longer) == {**before, "repos": [*repos, entry]}:
            path.write_text(longer, encoding="utf-8", newline="\n")
            return Step(HOOKS, "the hooks were added at the end", changed=True)
    return Step(HOOKS, "is there already; add these lines to its repos", to_do=item)


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
