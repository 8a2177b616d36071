"""Faults to be planted into valid assets, one at a time: ``planted.yaml`` says which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from aind_lint.app.rule_examples.example_upload import manifest_bytes
from aind_lint.examples.tree import Tree
from tests.generator.edits import EDITS, NAME, NotApplicableError

TABLE = Path(__file__).with_name("planted.yaml")
#: Folders at the root that no manifest can list under this name; the service makes those of ecephys.
_NO_MODALITIES = {"logs", "derivatives", "original_metadata", "ecephys_clipped", "ecephys_compressed"}


@dataclass(frozen=True)
class Planted:
    """One kind of planted fault.

    Attributes:
        name: What is wrong, in a few words.
        rule: The rule that must report it.
        generation: Generations in which it is planted; all if empty.
        level: "raw" or "derived" according to the name; all if empty.
        bucket: The content of the destination besides the source: "before", the asset without the fault; "lost", the
            same without a sidecar; "foreign", an unrelated file under its prefix; "nothing", not even the source.
        inside: Whether the asset is in the folder of its source.
        manifest: Changes of the upload manifest, if the asset is uploaded with one. A list that starts with "+" extends
            the existing list.
        edits: The edits of the asset, in order: pairs of the kind of edit and its arguments.
    """

    name: str
    rule: str
    generation: list[str] = field(default_factory=list)
    level: str = ""
    bucket: str | None = None
    inside: bool = False
    manifest: dict[str, Any] | None = None
    edits: list[dict[str, Any]] = field(default_factory=list)

    def plant(self, tree: Tree) -> Tree:
        """A copy of an asset with the fault.

        Raises:
            NotApplicableError: The asset has no value that the fault can change.
        """
        tree = replace(tree, files=dict(tree.files), links=dict(tree.links), empty_folders=list(tree.empty_folders))
        for edit in self.edits:
            ((kind, arguments),) = edit.items()
            EDITS[kind](tree, arguments)
        return tree

    def upload(self, tree: Tree) -> bytes:
        """The upload manifest of an asset, with the fault.

        Raises:
            NotApplicableError: The watchdog service could not upload that asset.
        """
        content = upload_manifest(tree)
        _overlay(content, self.manifest or {})
        return yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode("utf-8")


def upload_manifest(tree: Tree) -> dict[str, Any]:
    """The manifest with which the watchdog service uploads a raw asset in the same folder.

    Raises:
        NotApplicableError: Its subject id is not a number, or it has folders that are not modalities.
    """
    subject = NAME.fullmatch(tree.name)
    folders = {key.partition("/")[0] for key in tree.files if "/" in key}
    if subject is None or not subject["subject"].isdecimal() or folders & _NO_MODALITIES:
        raise NotApplicableError(tree.name)
    content: dict[str, Any] = yaml.safe_load(manifest_bytes(tree, {}))
    return content


def _overlay(content: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            _overlay(content.setdefault(key, {}), value)
        elif isinstance(value, list) and value[0] == "+":
            if key not in content:
                raise NotApplicableError(key)
            content[key] = content[key] + value[1:]
        else:
            content[key] = value


def planted_faults() -> list[Planted]:
    """All planted faults."""
    return [Planted(**row) for row in yaml.safe_load(TABLE.read_text(encoding="utf-8"))]
