"""The destination of an example: a bucket in memory, in the state that the example names."""

from __future__ import annotations

import json

from aind_lint.app.rule_examples.example_asset import example_tree
from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import INDEXER_FILE, INDEXER_FOLDER
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, AttemptOutcome, Claim, End, claim_key, encode, end_key
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.bucket.store import Store
from aind_lint.engine.rules.rule_format import Example
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.protocol import commit_plan


def example_destination(example: Example, asset: Asset) -> Store:
    """A bucket that contains what the example says."""
    store = MemoryStore()
    name = asset.listing.name
    for published in example.published:
        store.create(f"{published}/{DATA_DESCRIPTION}", Body.of_bytes(b"{}"))
    if example.bucket in ("same", "indexed", "damaged"):
        _publish(asset, store)
        if example.bucket == "damaged":
            del store.objects[f"{name}/subject.json"]
        if example.bucket == "indexed":
            _index(asset, store)
    elif example.bucket == "different":
        other = example_tree(example)
        other.files["behavior/trials.csv"] = b"trial\n"
        _publish(Asset(other.listing()), store)
    elif example.bucket in ("partial", "interrupted", "abandoned"):
        content_id = "0" * 64 if example.bucket == "partial" else plan_publication(asset).manifest.content_id
        store.create(f"{name}/{claim_key(1)}", Body.of_bytes(encode(_claim(content_id))))
        if example.bucket == "abandoned":
            store.create(f"{name}/{end_key(1)}", Body.of_bytes(encode(End(AttemptOutcome.ABANDONED, content_id))))
    elif example.bucket == "foreign":
        store.create(f"{name}/ecephys/left.dat", Body.of_bytes(b"left"))
    elif example.bucket == "source":
        store.create(f"{asset.name.source}/{DATA_DESCRIPTION}", Body.of_bytes(b"{}"))
    store.url = example.destination or store.url
    return store


def _index(asset: Asset, store: MemoryStore) -> None:
    """Do what the bucket's indexer does: write the record, rewrite the sidecars, keep their first copies."""
    for sidecar in asset.sidecars():
        key = f"{asset.listing.name}/{sidecar.key}"
        copy = f"{asset.listing.name}/{INDEXER_FOLDER}/{sidecar.kind}.20260101.json"
        store.objects[copy] = store.objects[key]
        store.objects[key] = json.dumps(sidecar.data, indent=3, sort_keys=True).encode("utf-8")
    store.objects[f"{asset.listing.name}/{INDEXER_FILE}"] = b"{}"


def _publish(asset: Asset, store: Store) -> None:
    plan = plan_publication(asset)
    commit_plan(plan, store, _claim(plan.manifest.content_id), lambda: asset.listing.files)


def _claim(content_id: str) -> Claim:
    return Claim(content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "aind-lint")
