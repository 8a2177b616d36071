"""Whatever an asset holds: what is published is what was there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aind_lint.asset.asset import Asset
from aind_lint.bucket.control_objects import Claim
from aind_lint.bucket.destination.destination_state import find_destination_state
from aind_lint.bucket.directory.store import DirectoryStore
from aind_lint.examples.bases import base_tree
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.protocol import commit_plan

pytestmark = pytest.mark.slow

NAMES = st.text("aZ09 .#%+-_é漢", min_size=1, max_size=12).filter(lambda name: name not in (".", ".."))
KEYS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(KEYS, st.binary(max_size=3000), max_size=6)


def without_collisions(files):
    """A file system holds a name either as a file or as a folder."""
    return {
        key: content
        for key, content in files.items()
        if not any(other != key and other.startswith(f"{key}/") for other in files)
    }


def publish(asset, store):
    plan = plan_publication(asset)
    claim = Claim(plan.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
    return plan, commit_plan(plan, store, claim, lambda: asset.listing.files)


@settings(max_examples=60, deadline=None)
@given(FILES.map(without_collisions))
def test_any_files_arrive_as_they_are(files):
    tree = base_tree("raw-2x")
    tree.files.update({f"behavior/{key}": content for key, content in files.items()})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = DirectoryStore(Path(folder))
        plan, commit = publish(Asset(tree.listing()), store)
        assert commit.objects_sent == len(tree.files)
        stored = {item.key.removeprefix(f"{tree.name}/"): item for item in store.scan(f"{tree.name}/")}
        for key, content in tree.files.items():
            with store.open(f"{tree.name}/{key}") as stream:
                assert stream.read() == content
        assert {key for key in stored if not key.startswith(".aind-lint/")} == set(tree.files)
        assert find_destination_state(store, tree.name, lambda: plan.manifest).status == "same"


@settings(max_examples=40, deadline=None)
@given(FILES.map(without_collisions), FILES.map(without_collisions))
def test_content_is_equal_exactly_when_every_file_is(first, second):
    trees = []
    for files in (first, second):
        tree = base_tree("raw-2x")
        tree.files.update({f"behavior/{key}": content for key, content in files.items()})
        trees.append(tree)
    ids = [plan_publication(Asset(tree.listing())).manifest.content_id for tree in trees]
    assert (ids[0] == ids[1]) is (trees[0].files == trees[1].files)
