"""Taking the place of an unfinished publication with other content: nothing is lost, nothing is mixed."""

from __future__ import annotations

import json

import pytest

from aind_lint import RefusedError, publish
from tests.publication.conftest import write_asset
from tests.publication.test_abandon import give_up, publish_until
from tests.publication.test_publish import local_files, published_data


def repaired(tmp_path, asset):
    """The asset with a corrected sidecar, which an unfinished publication has not sent yet."""
    subject = json.loads((asset / "subject.json").read_text(encoding="utf-8"))
    subject["notes"] = "corrected"
    return write_asset(tmp_path / "corrected", **{"subject.json": json.dumps(subject).encode()})


def test_a_corrected_sidecar_supersedes_and_the_data_is_not_sent_again(destination, asset, tmp_path, monkeypatch):
    publish_until(destination, asset, "subject.json", monkeypatch)
    stored = set(published_data(destination))
    corrected = repaired(tmp_path, asset)
    receipt = publish(corrected, destination.address, connection=destination.connection, supersede=True)
    assert (receipt.state, receipt.attempt) == ("published", 2)
    assert receipt.files_sent == receipt.files - len(stored)
    assert published_data(destination) == local_files(corrected)
    ends = [json.loads(destination.objects()[f"{asset.name}/.aind-lint/end-{n}.json"])["outcome"] for n in (1, 2)]
    assert ends == ["superseded", "commit"]


def test_without_the_option_nothing_is_superseded(destination, asset, tmp_path, monkeypatch):
    publish_until(destination, asset, "subject.json", monkeypatch)
    before = destination.objects()
    with pytest.raises(RefusedError) as refused:
        publish(repaired(tmp_path, asset), destination.address, connection=destination.connection)
    assert refused.value.exit_code == 5
    assert destination.objects() == before


def test_what_is_stored_and_not_in_the_new_content_cannot_be_superseded(destination, asset, tmp_path, monkeypatch):
    publish_until(destination, asset, "subject.json", monkeypatch)
    before = destination.objects()
    other = write_asset(tmp_path / "other", **{"behavior/trials.csv": b"another\n"})
    with pytest.raises(RefusedError) as refused:
        publish(other, destination.address, connection=destination.connection, supersede=True)
    assert refused.value.exit_code == 5
    (finding,) = refused.value.report.findings
    assert "It has stored files that differ: behavior/trials.csv has" in finding.message
    assert "It cannot be superseded" in finding.fix
    assert f"'aind-lint abandon {asset.name} --in {destination.store.url}'" in finding.fix
    assert destination.objects() == before


def test_superseded_content_cannot_be_resumed(directory, asset, tmp_path, monkeypatch):
    publish_until(directory, asset, "subject.json", monkeypatch)
    corrected = repaired(tmp_path, asset)
    publish_until_superseded = pytest.raises(BaseException)
    with publish_until_superseded, monkeypatch.context() as patch:
        store = type(directory.store)
        real = store.create

        def die(self, key, body):
            if key.endswith("end-2.json"):
                raise KeyboardInterrupt
            return real(self, key, body)

        patch.setattr(store, "create", die)
        publish(corrected, directory.address, supersede=True)
    with pytest.raises(RefusedError) as refused:
        publish(asset, directory.address)
    assert refused.value.exit_code == 5
    done, _ = give_up(directory, asset)
    assert published_data(directory) == {}, done
    assert publish(asset, directory.address).attempt == 3


def test_superseding_nothing_is_publishing(destination, asset):
    receipt = publish(asset, destination.address, connection=destination.connection, supersede=True)
    assert (receipt.state, receipt.attempt) == ("published", 1)
