"""Another program modifies keys of the asset at the worst time: its content is never taken for ours."""

from __future__ import annotations

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import INDEXER_FOLDER
from aind_lint.bucket.control_objects import Claim, End, encode, end_key
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.errors import ConflictError
from aind_lint.examples.bases import base_tree
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.protocol import ProtocolOptions, commit_plan
from aind_lint.publication.upload import transfer
from aind_lint.publication.upload.transfer import TransferOptions

PLAN = plan_publication(Asset(base_tree("raw-2x").listing()))
DD = f"{PLAN.name}/data_description.json"
SIZE = PLAN.manifest["data_description.json"].size


class ModifiedStore(MemoryStore):
    """A store whose objects are modified before or after the write of one key."""

    def __init__(self, key, before=None, after=None):
        super().__init__()
        self.key, self.before, self.after = f"{PLAN.name}/{key}", before, after

    def create(self, key, body):
        if key == self.key and self.before:
            self.before(self.objects)
        created = super().create(key, body)
        if key == self.key and self.after:
            self.after(self.objects)
        return created


def run(store, *options):
    claim = Claim(PLAN.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
    return commit_plan(PLAN, store, claim, lambda: PLAN.asset.listing.files, *options)


@pytest.mark.parametrize("size", [SIZE, 1], ids=["of the same size", "of another size"])
def test_a_data_description_of_another_program_is_a_conflict(size):
    store = ModifiedStore("data_description.json", before=lambda objects: objects.update({DD: b"x" * size}))
    with pytest.raises(ConflictError, match=r"data_description\.json"):
        run(store)


def test_a_sidecar_rewritten_by_the_indexer_during_the_commit_is_no_conflict():
    def publish_elsewhere_and_index(objects):
        twin = MemoryStore()
        run(twin)
        objects.update(twin.objects)
        objects[f"{PLAN.name}/{INDEXER_FOLDER}/data_description.20260101.json"] = objects[DD]
        objects[DD] = b"{}"

    assert run(ModifiedStore("data_description.json", before=publish_elsewhere_and_index)).already_published


def test_an_unlisted_key_after_the_commit_is_no_failure():
    extra = {f"{PLAN.name}/notes.txt": b"by hand"}
    commit = run(ModifiedStore("data_description.json", after=lambda objects: objects.update(extra)))
    assert (commit.already_published, commit.objects_sent) == (False, len(PLAN.manifest))


def test_an_unlisted_key_before_the_commit_stops_it_by_name():
    extra = {f"{PLAN.name}/notes.txt": b"by hand"}
    store = ModifiedStore("subject.json", after=lambda objects: objects.update(extra))
    with pytest.raises(ConflictError, match=r"before the commit.*notes\.txt is in the bucket, but not in this asset"):
        run(store)
    assert DD not in store.objects and f"{PLAN.name}/{end_key(1)}" not in store.objects


@pytest.mark.parametrize("when", ["behavior/trials.csv", "subject.json"])
def test_a_key_that_another_program_removes_before_the_commit_stops_it_by_name(when):
    key = f"{PLAN.name}/{when}"
    store = ModifiedStore("procedures.json", after=lambda objects: objects.pop(key, None))
    with pytest.raises(ConflictError, match=rf"before the commit.*{when} is missing in the bucket"):
        run(store, ProtocolOptions(transfer=TransferOptions(jobs=1)))
    assert DD not in store.objects and f"{PLAN.name}/{end_key(1)}" not in store.objects


def test_a_decision_for_another_content_than_its_manifest_proves_nothing():
    store = MemoryStore()
    run(store)
    key = f"{PLAN.name}/{end_key(1)}"
    store.objects[key] = store.objects[key].replace(PLAN.manifest.content_id.encode(), b"0" * 64)
    with pytest.raises(ConflictError, match="damaged"):
        run(store)


def test_a_decision_of_this_run_is_not_mistaken_for_that_of_another(monkeypatch):
    monkeypatch.setattr(transfer, "MAX_INSPECTION_AGE", 0.0)
    store = MemoryStore()
    assert not run(store).already_published
    assert DD in store.objects


@pytest.mark.parametrize("fresh", [0.0, 1e9], ids=["looked at again", "not looked at"])
def test_a_publisher_that_was_abandoned_meanwhile_never_commits(monkeypatch, fresh):
    monkeypatch.setattr(transfer, "MAX_INSPECTION_AGE", fresh)
    end = {f"{PLAN.name}/{end_key(1)}": encode(End("abandoned", PLAN.manifest.content_id))}
    first = next(entry.key for entry in PLAN.manifest if "/" in entry.key)
    store = ModifiedStore(first, after=lambda objects: objects.update(end))
    with pytest.raises(ConflictError, match="abandoned meanwhile"):
        run(store, ProtocolOptions(transfer=TransferOptions(jobs=1)))
    assert DD not in store.objects
    data = [key for key in store.objects if "/.aind-lint/" not in key]
    assert (len(data) == 1) is (fresh == 0)
