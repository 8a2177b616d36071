"""Verifying what is published, against a local copy or against its own manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint import ConflictError, NoAssetError, publish
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import End, encode, end_key, manifest_key
from aind_lint.publication.plan import plan_publication
from aind_lint.publication.verification import verify_copy, verify_published
from tests.publication.conftest import write_asset
from tests.publication.test_abandon import give_up, publish_until, stop_abandoning
from tests.publication.test_publish import DD


def manifest_of(folder: Path):
    return plan_publication(Asset(scan_folder(folder))).manifest


def kinds(verification):
    return [(difference.key, difference.kind) for difference in verification.differences]


@pytest.mark.parametrize("deep", [False, True])
def test_a_published_asset_agrees_with_its_manifest_and_its_copy(destination, asset, deep):
    publish(asset, destination.address, connection=destination.connection)
    assert not verify_published(destination.store, asset.name, deep).differences
    assert not verify_copy(destination.store, manifest_of(asset), deep).differences


def test_a_changed_byte_is_found_by_deep_verification(directory, asset):
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
    expected = [("behavior/trials.csv", "size"), ("ecephys/settings.xml", "missing")]
    for found in (
        verify_published(directory.store, asset.name),
        verify_copy(directory.store, manifest_of(asset)),
    ):
        assert kinds(found) == expected
        assert [(one.key, one.kind) for one in found.unlisted] == [("behavior/extra.csv", "unlisted")]


def test_an_altered_copy_differs_from_what_is_published(destination, asset, tmp_path):
    publish(asset, destination.address, connection=destination.connection)
    altered = write_asset(tmp_path / "altered", **{"behavior/trials.csv": b"x"})
    assert kinds(verify_copy(destination.store, manifest_of(altered))) == [("behavior/trials.csv", "size")]


def test_an_asset_that_the_bucket_does_not_contain_is_no_asset(destination):
    with pytest.raises(NoAssetError):
        verify_published(destination.store, "123456_2022-12-12_05-06-07")


def both_ways(destination, asset):
    """Verifying by name and by copy, as functions without arguments."""
    local = manifest_of(asset)
    return [lambda: verify_published(destination.store, asset.name), lambda: verify_copy(destination.store, local)]


@pytest.mark.parametrize("last", ["subject.json", ".aind-lint/end-1.json"], ids=["sending", "undecided"])
def test_an_unfinished_asset_is_reported_with_its_start_and_what_to_do(destination, asset, monkeypatch, last):
    publish_until(destination, asset, last, monkeypatch)
    for verify in both_ways(destination, asset):
        with pytest.raises(ConflictError, match=r"is not finished, started at 20.*publish it again") as refused:
            verify()
        assert f"'aind-lint abandon {asset.name} --in {destination.store.url}'" in str(refused.value)


def test_for_a_committed_asset_abandoning_is_not_suggested(directory, asset, monkeypatch):
    publish_until(directory, asset, DD, monkeypatch)
    for verify in both_ways(directory, asset):
        with pytest.raises(
            ConflictError, match=r"is not finished.*publish it again, which sends only what is missing$"
        ):
            verify()


def test_for_an_asset_being_abandoned_completing_that_is_suggested(directory, asset, monkeypatch):
    publish_until(directory, asset, ".aind-lint/end-1.json", monkeypatch)
    stop_abandoning(directory, asset, monkeypatch)
    for verify in both_ways(directory, asset):
        with pytest.raises(ConflictError, match=r"an abandoned publication.*Run 'aind-lint abandon .*' again"):
            verify()
    give_up(directory, asset)
    for verify in both_ways(directory, asset):
        with pytest.raises(NoAssetError, match="does not contain"):
            verify()


@pytest.mark.parametrize("abandoned", [False, True])
def test_files_of_another_program_are_no_unfinished_asset(directory, asset, monkeypatch, abandoned):
    if abandoned:
        publish_until(directory, asset, ".aind-lint/end-1.json", monkeypatch)
        give_up(directory, asset)
    directory.store.create(f"{asset.name}/notes.txt", Body.of_bytes(b"by hand"))
    for verify in both_ways(directory, asset):
        with pytest.raises(ConflictError, match=r"that another program wrote, and no data_description\.json"):
            verify()


@pytest.mark.parametrize("outcome", ["abandoned", "superseded", "never decided"])
def test_a_data_description_of_another_program_commits_nothing(directory, asset, monkeypatch, outcome):
    publish_until(directory, asset, ".aind-lint/end-1.json", monkeypatch)
    if outcome != "never decided":
        end = End(outcome, manifest_of(asset).content_id)
        directory.store.create(f"{asset.name}/{end_key(1)}", Body.of_bytes(encode(end)))
    directory.store.create(f"{asset.name}/{DD}", Body.of_bytes((asset / DD).read_bytes()))
    for verify in both_ways(directory, asset):
        with pytest.raises(ConflictError, match=f"was {outcome}, so another program has written its {DD}"):
            verify()


def test_a_manifest_that_was_lost_is_not_taken_for_an_asset_of_another_tool(directory, asset):
    publish(asset, directory.address)
    (Path(directory.address) / asset.name / manifest_key(1)).unlink()
    with pytest.raises(ConflictError, match=r"manifest-1\.json in .* is missing.*the folder of the local copy"):
        verify_published(directory.store, asset.name)
    assert not verify_copy(directory.store, manifest_of(asset), deep=True).differences


def test_an_asset_of_another_tool_is_compared_with_a_copy_only(destination, asset):
    for path in asset.rglob("*"):
        if path.is_file():
            key = f"{asset.name}/{path.relative_to(asset).as_posix()}"
            destination.store.create(key, Body.of_bytes(path.read_bytes()))
    with pytest.raises(ConflictError, match="no manifest"):
        verify_published(destination.store, asset.name)
    assert not verify_copy(destination.store, manifest_of(asset), deep=True).differences
    destination.store.create(f"{asset.name}/notes.txt", Body.of_bytes(b"by hand"))
    assert kinds(verify_copy(destination.store, manifest_of(asset))) == [("notes.txt", "unlisted")]
