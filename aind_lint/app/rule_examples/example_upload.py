"""Examples with an upload manifest: the example's files are what lies on the rig, and the asset is what is uploaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import Listing
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.upload.upload_manifest import parse_upload_manifest
from aind_lint.asset.upload_assembly import assemble
from aind_lint.examples.tree import Tree

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_format import Example

#: How the manifest of every example is called.
MANIFEST = "manifest.yml"


def manifest_bytes(tree: Tree, edits: Mapping[str, Any]) -> bytes:
    """The manifest that uploads a tree as it is, with other values for some keys; None removes a key."""
    listing = tree.listing()
    name = parse_name(tree.name)
    assert name.subject_id is not None and name.acquired is not None
    folders = sorted(folder for folder in listing.folders if "/" not in folder)
    content: dict[str, Any] = {
        "name": tree.name,
        "processor_full_name": "Ada Lovelace",
        "subject_id": int(name.subject_id),
        "acquisition_datetime": f"{name.acquired:%Y-%m-%d %H:%M:%S}",
        "platform": name.prefix,
        "project_name": "An imaginary project",
        "destination": "//server/uploads",
        "modalities": {folder: [folder] for folder in folders},
        "schemas": list(listing.root_files),
        **edits,
    }
    kept = {key: value for key, value in content.items() if value is not None}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).encode("utf-8")


def assembled(tree: Tree, edits: Mapping[str, Any]) -> Asset:
    """The asset that the manifest uploads, in memory."""
    manifest = parse_upload_manifest(manifest_bytes(tree, edits), Path(MANIFEST))
    return assemble(manifest, lambda path: _look(tree.listing(), path))


def jobs_bytes(example: Example) -> tuple[str, bytes] | None:
    """Name and bytes of the job request or job table of an example; None if it has none."""
    if example.job_request is not None:
        return "jobs.json", json.dumps(example.job_request, indent=2).encode()
    return None if example.job_table is None else ("jobs.csv", example.job_table.encode())


def _look(listing: Listing, path: str) -> Listing | None:
    if path in listing.files:
        parent, _, name = path.rpartition("/")
        return Listing(parent, parent, {name: listing.files[path]}, lambda key: listing.open(path))
    if path not in listing.folders:
        return None
    start = f"{path}/"
    return Listing(
        name=path,
        address=path,
        files={key.removeprefix(start): entry for key, entry in listing.files.items() if key.startswith(start)},
        open=lambda key: listing.open(start + key),
        folders=[key.removeprefix(start) for key in listing.folders if key.startswith(start)],
        links=[key.removeprefix(start) for key in listing.links if key.startswith(start)],
        link_target=lambda key: listing.link_target(start + key),
        special_files=[key.removeprefix(start) for key in listing.special_files if key.startswith(start)],
    )
