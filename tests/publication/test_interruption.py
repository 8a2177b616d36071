"""Every write of a publication fails once, before or after it took effect; running again completes it."""

from __future__ import annotations

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.bucket.control_objects import Claim
from aind_lint.bucket.destination.destination_state import find_destination_state
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.errors import BucketError
from aind_lint.examples.bases import base_tree
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.protocol import commit_plan

CONTROL = ("claim", "manifest", "end")


class FailingStore(MemoryStore):
    """A store whose n-th write fails, once: before anything is stored, or after (the reply is lost)."""

    def __init__(self, failing: int, stored: bool) -> None:
        super().__init__()
        self.failing = failing
        self.stored = stored
        self.writes = 0
        self.order: list[str] = []

    def create(self, key, body):
        self.writes += 1
        fails = self.writes == self.failing
        if fails and not self.stored:
            raise BucketError("connection reset")
        created = super().create(key, body)
        if created:
            self.order.append(key)
        if fails:
            raise BucketError("the reply was lost")
        return created


def plan_of(base="raw-2x"):
    return plan_publication(Asset(base_tree(base).listing()))


def run(plan, store):
    claim = Claim(plan.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "test")
    return commit_plan(plan, store, claim, lambda: plan.asset.listing.files)


WRITES = len(base_tree("raw-2x").files) + len(CONTROL)


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("failing", range(1, WRITES + 1))
def test_a_failed_write_is_completed_by_running_again(failing, stored):
    plan, store = plan_of(), FailingStore(failing, stored)
    with pytest.raises(BucketError):
        run(plan, store)
    visible = f"{plan.name}/data_description.json" in store.objects
    assert not visible or find_destination_state(store, plan.name, lambda: plan.manifest).status == "same"
    sent = set(store.order)
    commit = run(plan, store)
    assert len(store.order) == len(set(store.order)) == WRITES
    assert commit.objects_sent == len({k for k in store.order if "/.aind-lint/" not in k} - sent)
    assert find_destination_state(store, plan.name, lambda: plan.manifest).status == "same"


def test_the_order_of_writes_makes_the_asset_visible_last():
    plan, store = plan_of(), FailingStore(0, stored=False)
    run(plan, store)
    names = [key.removeprefix(f"{plan.name}/") for key in store.order]
    assert names[:2] == [".aind-lint/claim-1.json", ".aind-lint/manifest-1.json"]
    assert names[-2:] == [".aind-lint/end-1.json", "data_description.json"]
    sidecars = [name for name in names[2:-2] if "/" not in name]
    assert names[-2 - len(sidecars) : -2] == sidecars
