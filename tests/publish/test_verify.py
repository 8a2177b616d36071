"""Verifying what is published, against a local copy or against its own manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint import ConflictError, NoAssetError, publish
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing import scan_folder
from aind_lint.bucket.store import Body
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.verify import verify_copy, verify_published
from tests.publish.conftest import write_asset


def manifest_of(folder: Path):
    return plan_publication(Asset(scan_folder(folder))).manifest


def kinds(verification):
    return [(difference.key, difference.kind) for difference in verification.differences]


@pytest.mark.parametrize("deep", [False, True])
def test_a_published_asset_agrees_with_its_manifest_and_its_copy(destination, asset, deep):
    publish(asset, destination.address, connection=destination.connection)
    assert not verify_published(destination.store, asset.name, deep).differences
    assert not verify_copy(destination.store, manifest_of(asset), deep).differences


def test_a_changed_byte_is_found_by_looking_deep(directory, asset):
    publish(asset, directory.address)
    path = Path(directory.address) / asset.name / "behavior" / "trials.csv"
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert kinds(verify_published(directory.store, asset.name)) == []
    assert kinds(verify_published(directory.store, asset.name, deep=True)) == [("behavior/trials.csv", "content")]


def test_missing_extra_and_truncated_objects_are_found_by_listing(directory, asset):
    publish(asset, directory.address)
    root = Path(directory.address) / asset.name
    (root / "ecephys" / "settings.xml").unlink()
    (root / "behavior" / "trials.csv").write_bytes(b"")
    (root / "behavior" / "extra.csv").write_bytes(b"x")
    assert kinds(verify_published(directory.store, asset.name)) == [
        ("behavior/extra.csv", "extra"),
        ("behavior/trials.csv", "size"),
        ("ecephys/settings.xml", "missing"),
    ]


def test_an_altered_copy_differs_from_what_is_published(destination, asset, tmp_path):
    publish(asset, destination.address, connection=destination.connection)
    altered = write_asset(tmp_path / "altered", **{"behavior/trials.csv": b"x"})
    assert kinds(verify_copy(destination.store, manifest_of(altered))) == [("behavior/trials.csv", "size")]


def test_what_the_bucket_does_not_hold_is_no_difference_but_no_asset(destination):
    with pytest.raises(NoAssetError):
        verify_published(destination.store, "123456_2022-12-12_05-06-07")


def test_an_unfinished_asset_is_not_verified(destination):
    destination.store.create("123456_2022-12-12_05-06-07/.aind-lint/claim-1.json", Body.of_bytes(b"{}"))
    with pytest.raises(ConflictError, match="not finished"):
        verify_published(destination.store, "123456_2022-12-12_05-06-07")


def test_an_asset_of_another_tool_is_compared_with_a_copy_only(destination, asset):
    for path in asset.rglob("*"):
        if path.is_file():
            key = f"{asset.name}/{path.relative_to(asset).as_posix()}"
            destination.store.create(key, Body.of_bytes(path.read_bytes()))
    with pytest.raises(ConflictError, match="no manifest"):
        verify_published(destination.store, asset.name)
    assert not verify_copy(destination.store, manifest_of(asset), deep=True).differences
