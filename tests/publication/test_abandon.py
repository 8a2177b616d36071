"""Abandoning an unfinished publication: only what was never committed, only what is ours, and then anew."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from aind_lint import ConflictError, NoAssetError, RefusedError, publish
from aind_lint.bucket.body import Body
from aind_lint.bucket.s3.small_objects.curl_client import PutRequest
from aind_lint.publication.abandonment import abandon, find_unfinished
from tests.publication.conftest import Destination, write_asset
from tests.publication.test_publish import DD, local_files, published_data


class Killed(BaseException):
    """The publisher dies."""


def publish_until(destination: Destination, asset: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A publication that dies when it is about to write ``key``."""
    store = type(destination.store)
    with monkeypatch.context() as patch:
        for name in ("create", "upload"):
            real = getattr(store, name)

            def dying(self, where, *arguments, real=real):
                if where == f"{asset.name}/{key}":
                    raise Killed
                return real(self, where, *arguments)

            patch.setattr(store, name, dying)
        prepare = PutRequest.prepare

        def dying_request(self, context, where, *arguments):
            if where == f"{asset.name}/{key}":
                raise Killed
            prepare(self, context, where, *arguments)

        patch.setattr(PutRequest, "prepare", dying_request)
        with pytest.raises(Killed):
            publish(asset, destination.address, connection=destination.connection)


def give_up(destination: Destination, asset: Path, **options):
    waits: list[float] = []
    found = find_unfinished(destination.store, asset.name)
    done = abandon(destination.store, asset.name, found.attempt, sleep=waits.append, **options)
    return done, sum(waits)


def stop_abandoning(destination: Destination, asset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Abandon, and die when the first object is to be removed."""
    with monkeypatch.context() as patch:

        def die(self, stored):
            raise Killed

        patch.setattr(type(destination.store), "remove", die)
        with pytest.raises(Killed):
            give_up(destination, asset)


def test_the_objects_of_a_killed_publisher_are_removed_and_the_asset_published_again(
    destination, asset, tmp_path, monkeypatch
):
    publish_until(destination, asset, ".aind-lint/end-1.json", monkeypatch)
    left = published_data(destination)
    assert len(left) == len(local_files(asset)) - 1
    done, waited = give_up(destination, asset)
    assert (done.attempt, done.removed, done.kept) == (1, len(left), ())
    assert waited == pytest.approx(destination.store.max_write_delay, abs=60)
    assert published_data(destination) == {}
    other = write_asset(tmp_path / "other", **{"behavior/trials.csv": b"another\n"})
    receipt = publish(other, destination.address, connection=destination.connection)
    assert (receipt.state, receipt.attempt) == ("published", 2)
    assert published_data(destination) == local_files(other)


def test_other_content_is_refused_with_advice_until_the_attempt_is_abandoned(destination, asset, tmp_path, monkeypatch):
    publish_until(destination, asset, ".aind-lint/end-1.json", monkeypatch)
    other = write_asset(tmp_path / "other", **{"behavior/trials.csv": b"another\n"})
    with pytest.raises(RefusedError) as refused:
        publish(other, destination.address, connection=destination.connection)
    assert refused.value.exit_code == 5
    assert refused.value.report.blockers == ["IMM102"]
    (finding,) = refused.value.report.findings
    assert "--supersede" in finding.fix
    assert f"'aind-lint abandon {asset.name} --in {destination.store.url}'" in finding.fix


def test_an_object_in_the_journal_that_another_program_removed_is_sent_again(
    directory, asset, state_folder, monkeypatch
):
    publish_until(directory, asset, ".aind-lint/end-1.json", monkeypatch)
    assert list((state_folder / "journals").iterdir())
    (Path(directory.address) / asset.name / "behavior/trials.csv").unlink()
    receipt = publish(asset, directory.address)
    assert (receipt.state, receipt.files_sent) == ("published", 2)  # and data_description.json
    assert published_data(directory) == local_files(asset)


def test_objects_of_another_program_are_kept(destination, asset, monkeypatch):
    publish_until(destination, asset, ".aind-lint/end-1.json", monkeypatch)
    ours = published_data(destination)
    # The same content under a key of the manifest, but not stored by us; and something else.
    key = f"{asset.name}/behavior/trials.csv"
    if isinstance_directory := Path(destination.address).is_dir():
        path = Path(destination.address) / key
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    destination.store.create(f"{asset.name}/notes.txt", Body.of_bytes(b"by hand"))
    done, _ = give_up(destination, asset)
    kept = {"behavior/trials.csv", "notes.txt"} if isinstance_directory else {"notes.txt"}
    assert set(done.kept) == kept
    assert done.removed == len(ours) - len(kept) + 1
    assert set(published_data(destination)) == {f"{asset.name}/{name}" for name in kept}


def test_what_is_published_is_never_abandoned(destination, asset):
    publish(asset, destination.address, connection=destination.connection)
    before = destination.objects()
    with pytest.raises(ConflictError, match="never removed"):
        find_unfinished(destination.store, asset.name)
    assert destination.objects() == before


def test_a_committed_attempt_cannot_be_abandoned(destination, asset, monkeypatch):
    publish_until(destination, asset, DD, monkeypatch)
    with pytest.raises(ConflictError, match="publish it again"):
        find_unfinished(destination.store, asset.name)
    assert publish(asset, destination.address, connection=destination.connection).state == "published"
    assert published_data(destination) == local_files(asset)


def test_an_object_modified_after_the_decision_is_named_with_advice(directory, asset, monkeypatch):
    publish_until(directory, asset, DD, monkeypatch)
    spoiled = Path(directory.address) / asset.name / "behavior/trials.csv"
    spoiled.unlink()
    spoiled.write_bytes(b"by hand")
    with pytest.raises(ConflictError, match=r"trials\.csv.*cannot be abandoned. Ask the bucket owner to remove"):
        publish(asset, directory.address)
    with pytest.raises(
        ConflictError, match="publish it again; if an object with other content blocks this, the bucket"
    ):
        find_unfinished(directory.store, asset.name)
    spoiled.unlink()
    assert publish(asset, directory.address).state == "published"


def test_an_object_modified_before_the_decision_is_named_with_advice(directory, asset, monkeypatch):
    publish_until(directory, asset, "subject.json", monkeypatch)
    foreign = Path(directory.address) / asset.name / "notes.txt"
    foreign.write_bytes(b"by hand")
    with pytest.raises(ConflictError, match=r"before the commit.*notes\.txt") as stopped:
        publish(asset, directory.address)
    assert f"'aind-lint abandon {asset.name} --in {directory.address}' to remove" in str(stopped.value)


def test_an_attempt_that_another_run_resumes_before_the_confirmation_is_not_removed(
    destination, asset, tmp_path, monkeypatch
):
    publish_until(destination, asset, ".aind-lint/end-1.json", monkeypatch)
    found = find_unfinished(destination.store, asset.name)
    corrected = write_asset(tmp_path / "corrected", **{DD: local_files(asset)[f"{asset.name}/{DD}"] + b"\n"})
    publish(corrected, destination.address, connection=destination.connection, supersede=True)
    before = destination.objects()
    with pytest.raises(ConflictError, match="superseded, and its objects belong to the next one; nothing"):
        abandon(destination.store, asset.name, found.attempt, sleep=lambda seconds: None)
    assert destination.objects() == before


@pytest.mark.parametrize("destination", ["s3"], indirect=True)  # in a folder a lock keeps everybody out
def test_an_object_that_arrives_late_is_removed_with_the_next_attempt(destination, asset, tmp_path, monkeypatch):
    publish_until(destination, asset, ".aind-lint/end-1.json", monkeypatch)
    store, key = destination.store, f"{asset.name}/behavior/trials.csv"
    late, body = store.head(key), Body.of_bytes(local_files(asset)[key])
    give_up(destination, asset)
    with store.write_lock(asset.name):
        store.upload(key, body, late.tag)
    other = write_asset(tmp_path / "other", **{"behavior/trials.csv": b"another\n"})
    with pytest.raises(ConflictError, match=r"behavior/trials\.csv with other content"):
        publish(other, destination.address, connection=destination.connection)
    done, _ = give_up(destination, asset)
    assert published_data(destination) == {} and done.kept == ()
    assert publish(other, destination.address, connection=destination.connection).attempt == 3


def test_nothing_to_abandon(destination, asset):
    with pytest.raises(NoAssetError):
        find_unfinished(destination.store, asset.name)


def test_an_interrupted_abandonment_is_completed_by_another(directory, asset, monkeypatch):
    publish_until(directory, asset, ".aind-lint/end-1.json", monkeypatch)
    stop_abandoning(directory, asset, monkeypatch)
    with pytest.raises(RefusedError) as refused:
        publish(asset, directory.address)
    (finding,) = refused.value.report.findings
    assert "an abandoned publication" in finding.message
    assert f"Run 'aind-lint abandon {asset.name} --in {directory.address}' again" in finding.fix
    done, _ = give_up(directory, asset)
    assert done.removed and published_data(directory) == {}
    assert find_unfinished(directory.store, asset.name) is None
    assert publish(asset, directory.address).attempt == 2


def test_abandon_is_refused_during_a_write(directory, asset, monkeypatch):
    monkeypatch.setattr("aind_lint.system.file_locks._TIMEOUT", 0.2)
    publish_until(directory, asset, "subject.json", monkeypatch)
    entered, leave = threading.Event(), threading.Event()

    def write():
        with directory.store.write_lock(asset.name):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    entered.wait(10)
    try:
        with pytest.raises(ConflictError, match="being published right now"):
            abandon(Destination(directory.address, directory.connection).store, asset.name, 1)
    finally:
        leave.set()
        thread.join()
