"""Publishing end to end, on a directory bucket and on a real S3 server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import jsonschema
import pytest

from aind_lint import BucketError, ConflictError, NoAssetError, RefusedError, UsageError, publish
from aind_lint.bucket.body import ContentChangedError
from aind_lint.checks.separation import data_level_matches_name
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.publication.plan import plan_publication
from aind_lint.schema.models import model_process
from tests.links import make_link
from tests.publication.conftest import Destination, write_asset

pytestmark = pytest.mark.slow  # whole publications, or many generated assets

DD = "data_description.json"


def local_files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {f"{folder.name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}


def published_data(destination: Destination) -> dict[str, bytes]:
    return {key: content for key, content in destination.objects().items() if "/.aind-lint/" not in key}


def test_what_is_published_is_the_asset_byte_by_byte(destination, asset):
    receipt = publish(asset, destination.address, connection=destination.connection)
    assert receipt.state == "published"
    assert receipt.files == receipt.files_sent == len(local_files(asset))
    assert published_data(destination) == local_files(asset)


def test_the_bucket_records_claim_manifest_and_decision(destination, asset):
    receipt = publish(asset, destination.address, connection=destination.connection)
    objects = destination.objects()
    claim, manifest, end = (
        json.loads(objects[f"{asset.name}/.aind-lint/{kind}-1.json"]) for kind in ("claim", "manifest", "end")
    )
    assert claim["content_id"] == end["content_id"] == receipt.content_id
    assert claim["run_id"] == receipt.run_id
    assert end["outcome"] == "commit"
    assert {entry["key"]: entry["size"] for entry in manifest["files"]} == {
        key.removeprefix(f"{asset.name}/"): len(content) for key, content in local_files(asset).items()
    }
    public = json.dumps([claim, end])
    assert socket.gethostname() not in public


def test_nothing_is_sent_when_the_models_in_a_second_process_reject_a_sidecar(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(model_process, "_was_started", Event())
    monkeypatch.setattr(model_process, "_LOADED", ())
    monkeypatch.setattr(model_process, "available_cores", lambda: 2)
    asset = write_asset(tmp_path / "rig")
    instrument = json.loads((asset / "instrument.json").read_bytes())
    connection = {"object_type": "Connection", "source_device": "No such device", "target_device": "None either"}
    (asset / "instrument.json").write_text(json.dumps({**instrument, "connections": [connection]}))
    with pytest.raises(RefusedError) as refused:
        publish(asset, directory.address)
    assert refused.value.report.blockers == ["SCH203"]
    assert directory.objects() == {}
    assert model_process._was_started.is_set()


def test_a_file_that_cannot_be_read_while_the_models_load_is_reported_after_the_checks(
    directory, tmp_path, monkeypatch
):
    monkeypatch.setattr(model_process, "_was_started", Event())
    monkeypatch.setattr(model_process, "_LOADED", ())
    monkeypatch.setattr(model_process, "available_cores", lambda: 2)
    monkeypatch.setattr("aind_lint.publication.plan.is_file_in_use", lambda stream: True)
    checked: list[object] = []
    with pytest.raises(UsageError, match=r"locked|in use|another program"):
        publish(write_asset(tmp_path / "rig"), directory.address, on_checked=checked.append)
    assert len(checked) == 1 and directory.objects() == {}
    with pytest.raises(RefusedError):
        publish(write_asset(tmp_path / "other", **{"subject.json": b"{}"}), directory.address)


@pytest.mark.parametrize("generation", ["founding-{}-0x", "founding-{}-1x", "{}-2x"])
def test_a_source_and_what_was_derived_from_it(destination, tmp_path, generation):
    raw = write_asset(tmp_path / "rig", generation.format("raw"))
    derived = write_asset(tmp_path / "rig", generation.format("derived"))
    with pytest.raises(RefusedError) as refused:
        publish(derived, destination.address, connection=destination.connection)
    assert refused.value.report.blockers == ["SEP104"]
    assert refused.value.exit_code == 1
    assert destination.objects() == {}
    for asset in (raw, derived):
        assert publish(asset, destination.address, connection=destination.connection).state == "published"
    assert published_data(destination) == local_files(raw) | local_files(derived)


def test_publishing_twice_sends_nothing_the_second_time(destination, asset):
    publish(asset, destination.address, connection=destination.connection)
    before = destination.objects()
    for dry_run in (True, False):
        receipt = publish(asset, destination.address, connection=destination.connection, dry_run=dry_run)
        assert (receipt.state, receipt.attempt, receipt.files_sent) == ("already published", 1, 0)
    assert destination.objects() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"behavior/trials.csv": b"another"}, "behavior/trials.csv has"),
        ({"behavior/more.csv": b"new"}, "behavior/more.csv is missing in the bucket"),
        ({"ecephys/settings.xml": b'<?xml version="1.0" encoding="utf-8"?>\n<SETTINGS/>\n'}, "of the same size"),
    ],
    ids=["another size", "another file", "the same size"],
)
def test_other_content_under_a_published_name_is_refused(destination, asset, tmp_path, change, message):
    publish(asset, destination.address, connection=destination.connection)
    before = destination.objects()
    altered = write_asset(tmp_path / "altered", **change)
    with pytest.raises(RefusedError) as refused:
        publish(altered, destination.address, connection=destination.connection)
    assert refused.value.exit_code == 5
    assert [f.rule for f in refused.value.report.findings] == ["IMM101"]
    assert message in refused.value.report.findings[0].message
    assert destination.objects() == before


def test_a_dry_run_writes_nothing(destination, asset, state_folder):
    receipt = publish(asset, destination.address, connection=destination.connection, dry_run=True)
    assert (receipt.state, receipt.files_sent) == ("planned", 0)
    assert destination.objects() == {}


def test_an_asset_that_fails_a_check_is_not_published(destination, tmp_path):
    broken = write_asset(tmp_path / "rig", **{"subject.json": b"{}"})
    with pytest.raises(RefusedError) as refused:
        publish(broken, destination.address, connection=destination.connection)
    assert "SCH101" in refused.value.report.blockers
    assert destination.objects() == {}


def test_a_rule_that_crashes_blocks_publishing(destination, asset, monkeypatch):
    def crash(*_):
        raise RuntimeError("out of order")

    rules = load_rules()
    broken = [one for one in rules if one.rule.check == "data_level_matches_name"]
    assert broken and callable(data_level_matches_name.check)
    for one in broken:
        monkeypatch.setattr(type(one.verb), "check", property(lambda verb: crash), raising=False)
    with pytest.raises(RefusedError) as refused:
        publish(asset, destination.address, connection=destination.connection)
    assert refused.value.exit_code == 2
    assert refused.value.report.crashes
    assert destination.objects() == {}


def test_files_that_another_program_left_are_not_ours(destination, asset):
    from aind_lint.bucket.body import Body

    destination.store.create(f"{asset.name}/behavior/trials.csv", Body.of_bytes(b"left"))
    with pytest.raises(RefusedError) as refused:
        publish(asset, destination.address, connection=destination.connection)
    assert refused.value.report.blockers == ["IMM103"]
    assert refused.value.exit_code == 5
    assert list(destination.objects()) == [f"{asset.name}/behavior/trials.csv"]


def test_an_asset_that_another_tool_published_with_this_content_is_there_already(destination, asset):
    from aind_lint.bucket.body import Body

    for key, content in local_files(asset).items():
        destination.store.create(key, Body.of_bytes(content))
    receipt = publish(asset, destination.address, connection=destination.connection)
    assert (receipt.state, receipt.attempt) == ("already published", 0)
    assert published_data(destination) == destination.objects()


def test_lost_objects_do_not_count_as_other_content(directory, asset):
    publish(asset, directory.address)
    (Path(directory.address) / asset.name / "behavior/trials.csv").unlink()
    with pytest.raises(RefusedError) as refused:
        publish(asset, directory.address)
    assert (refused.value.exit_code, refused.value.report.blockers) == (5, ["IMM106"])
    (finding,) = refused.value.report.findings
    assert "has been changed since: behavior/trials.csv is missing in the bucket" in finding.message
    assert "Ask the bucket owner" in finding.fix


def test_the_indexer_may_rewrite_sidecars_of_a_published_asset(directory, asset):
    publish(asset, directory.address)
    root = Path(directory.address) / asset.name
    (root / "original_metadata").mkdir()
    (root / "subject.json").rename(root / "original_metadata" / "subject.20250101.json")
    (root / "subject.json").write_text("{}", encoding="utf-8")
    (root / "metadata.nd.json").write_text("{}", encoding="utf-8")
    assert publish(asset, directory.address).state == "already published"


def test_a_file_that_changes_after_the_check_stops_the_run_by_name(destination, asset):
    def change_files(report, plan):
        (asset / "behavior" / "trials.csv").write_bytes(b"still being written")
        return True

    with pytest.raises(ContentChangedError, match=r"behavior/trials\.csv changed since"):
        publish(asset, destination.address, connection=destination.connection, confirm=change_files)
    assert f"{asset.name}/{DD}" not in destination.objects()


def test_a_file_that_appears_after_the_check_stops_the_run_before_the_commit(destination, asset):
    def change_files(report, plan):
        (asset / "behavior" / "late.csv").write_bytes(b"late")
        return True

    with pytest.raises(ContentChangedError, match=r"behavior/late\.csv was added since .* run the same command again$"):
        publish(asset, destination.address, connection=destination.connection, confirm=change_files)
    assert f"{asset.name}/{DD}" not in destination.objects()


def test_a_file_that_disappears_before_the_commit_stops_the_run_with_advice(directory, asset, monkeypatch):
    real = type(directory.store).upload

    def sent(self, key, *arguments):
        created = real(self, key, *arguments)
        if key == f"{asset.name}/behavior/trials.csv":
            (asset / "behavior/trials.csv").unlink()
        return created

    monkeypatch.setattr(type(directory.store), "upload", sent)
    with pytest.raises(ContentChangedError, match=r"trials\.csv was removed since .*may have to add --supersede$"):
        publish(asset, directory.address)
    assert f"{asset.name}/{DD}" not in directory.objects()


def test_a_sidecar_that_changes_after_the_check_is_never_sent(destination, asset):
    checked = (asset / "subject.json").read_bytes()

    def change_files(report, plan):
        (asset / "subject.json").write_bytes(b"{}" + b" " * (len(checked) - 2))
        return True

    with pytest.raises(ContentChangedError, match=r"subject\.json"):
        publish(asset, destination.address, connection=destination.connection, confirm=change_files)
    assert destination.objects() == {}


def test_declining_writes_nothing(destination, asset):
    with pytest.raises(UsageError, match="nothing was published"):
        publish(asset, destination.address, connection=destination.connection, confirm=lambda report, plan: False)
    assert destination.objects() == {}


def test_concurrent_publishers_of_equal_content_all_succeed(destination, asset):
    def run(_):
        return publish(asset, destination.address, connection=destination.connection).state

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(run, range(4)))
    assert set(states) <= {"published", "already published"}
    assert published_data(destination) == local_files(asset)


def test_of_concurrent_different_contents_exactly_one_is_committed(destination, tmp_path):
    assets = [write_asset(tmp_path / f"rig{n}", **{"behavior/trials.csv": b"trial %d\n" % n}) for n in range(4)]

    def run(asset):
        try:
            publish(asset, destination.address, connection=destination.connection)
        except (RefusedError, ConflictError) as error:
            return error.exit_code
        return 0

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(run, assets))
    assert sorted(codes) == [0, 5, 5, 5]
    assert published_data(destination) == local_files(assets[codes.index(0)])


def test_paths_that_cannot_be_published(directory, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoAssetError, match="empty"):
        publish(tmp_path / "empty", directory.address)
    with pytest.raises(UsageError, match="does not exist"):
        publish(tmp_path / "nowhere", directory.address)


def test_a_bucket_that_cannot_be_reached_is_never_taken_for_empty(asset, s3):
    with pytest.raises((RefusedError, BucketError)) as refused:
        publish(asset, "s3://no-such-bucket-anywhere", connection=s3)
    assert refused.value.exit_code == 4


@pytest.mark.slow
def test_a_killed_run_is_completed_by_running_again(directory, asset):
    """Kill the process after 0, 20, 40 … ms; each time the bucket holds the asset whole, or not visibly at all."""
    command = [sys.executable, "-m", "aind_lint", "publish", str(asset), "--to", directory.address, "--yes"]
    for delay in range(0, 700, 70):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay / 1000)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if f"{asset.name}/{DD}" in directory.objects():
            assert published_data(directory) == local_files(asset)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert published_data(directory) == local_files(asset)


def test_a_link_that_replaces_a_folder_is_not_followed(directory, asset, tmp_path, monkeypatch):
    outside = tmp_path / "outside"
    outside.mkdir()
    size = (asset / "behavior" / "trials.csv").stat().st_size
    (outside / "trials.csv").write_bytes(b"secret".ljust(size))

    def plan(*args):
        if not (tmp_path / "aside").exists():  # what cannot be read while the rules run is read again after them
            (asset / "behavior").rename(tmp_path / "aside")
            make_link(asset / "behavior", outside)
        return plan_publication(*args)

    monkeypatch.setattr("aind_lint.app.publishing.publish_steps.plan_publication", plan)
    # If a rule has left the folder open, its files are still read from where it is now, and then missed in the listing.
    refusals = r"cannot read behavior/trials\.csv|behavior/trials\.csv was removed since the asset was checked"
    with pytest.raises((UsageError, ContentChangedError), match=refusals):
        publish(asset, directory.address)
    assert directory.objects() == {}


@pytest.mark.parametrize("place", [".", "behavior", "new", "in a published asset"])
def test_a_destination_inside_an_asset_is_refused(directory, asset, tmp_path, place):
    if place == "in a published asset":
        publish(asset, directory.address)
        to, other = Path(directory.address) / asset.name, write_asset(tmp_path / "rig", "founding-raw-1x")
    else:
        to, other = asset / place, asset
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=f"inside the asset {asset.name}"):
        publish(other, str(to))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("to", ["s3://bucket/{}", "s3://bucket/prefix/{}/", "s3://bucket/{}/behavior", "{parent}/{}"])
def test_a_destination_that_is_called_as_the_asset_is_refused(asset, tmp_path, to):
    with pytest.raises(UsageError, match="inside the asset"):
        publish(asset, to.format(asset.name, parent=tmp_path))


def test_an_asset_that_lies_in_the_bucket_is_not_published_already(directory, asset):
    for place, source in ((asset.parent, asset), (Path(directory.address), asset)):
        if place != asset.parent:
            make_link(place / asset.name, asset)
        with pytest.raises(UsageError, match=r"is already in .*; publish it to another folder"):
            publish(source, str(place))


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_receipt_matches_its_schema(directory, asset, dry_run):
    schema = json.loads((Path(__file__).parents[2] / "docs" / "receipt.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    receipt = json.loads(publish(asset, directory.address, dry_run=dry_run).to_json())
    jsonschema.Draft202012Validator(schema).validate(receipt)
    assert set(receipt) == set(schema["properties"])
    assert receipt["checks"]["rules_run"] > 50
