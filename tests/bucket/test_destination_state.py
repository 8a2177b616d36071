"""What a destination holds of an asset: nothing, the same, something else, a part, or what is not ours."""

from __future__ import annotations

import json

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, Claim, End, claim_key, encode, end_key, manifest_key
from aind_lint.bucket.destination.comparison import Difference
from aind_lint.bucket.destination.destination_state import DestinationState, find_destination_state
from aind_lint.bucket.manifest import Manifest, ManifestEntry
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError
from tests.servers import SeaweedFS

Content = dict[str, bytes]

ASSET = "ecephys_655019_2025-01-02_10-20-30"
CONTENT = {
    DATA_DESCRIPTION: b'{"name": "x"}',
    "subject.json": b'{"subject_id": "655019"}',
    "ecephys/probe A.bin": b"0123456789",
    "ecephys/empty": b"",
}
SAME_SIZE = CONTENT | {"ecephys/probe A.bin": b"9876543210"}
MISSING = {key: content for key, content in CONTENT.items() if key != "ecephys/empty"}
EXTRA = CONTENT | {"ecephys/more": b"more"}

both = pytest.mark.parametrize("store", ["folder", "s3 below a prefix"], indirect=True)
in_a_folder = pytest.mark.parametrize("store", ["folder"], indirect=True)


def manifest_of(content: Content) -> Manifest:
    bodies = {key: Body.of_bytes(value) for key, value in content.items()}
    return Manifest.of(ASSET, (ManifestEntry(key, body.size, body.crc64nvme) for key, body in bodies.items()))


def put(store: Store, content: Content) -> None:
    for key, value in content.items():
        assert store.create(f"{ASSET}/{key}", Body.of_bytes(value))


def claim(store: Store, content: Content, attempt: int = 1) -> Claim:
    manifest = manifest_of(content)
    record = Claim(manifest.content_id, f"run-{attempt}", "2025-01-02T10:20:30Z", "aind-lint 0")
    put(store, {claim_key(attempt): encode(record), manifest_key(attempt): manifest.to_bytes()})
    return record


def supersede(store: Store, attempts: int) -> None:
    """Attempts with other content that were superseded."""
    for attempt in range(1, attempts + 1):
        claim(store, SAME_SIZE, attempt)
        end(store, SAME_SIZE, "superseded", attempt)


def end(store: Store, content: Content, outcome: str, attempt: int = 1) -> None:
    content_id = manifest_of(content).content_id
    record = End.commit(content_id, content[DATA_DESCRIPTION]) if outcome == "commit" else End(outcome, content_id)
    put(store, {end_key(attempt): encode(record)})


def publish(store: Store, content: Content, attempt: int = 1) -> None:
    claim(store, content, attempt)
    end(store, content, "commit", attempt)
    put(store, content)


def state_of(store: Store, local: Content = CONTENT) -> DestinationState:
    return find_destination_state(store, ASSET, lambda: manifest_of(local))


def state_without_reading(store: Store) -> DestinationState:
    """The state, found without reading the local files."""
    return find_destination_state(store, ASSET, lambda: pytest.fail("the local content was read, which takes hours"))


def differences(found: DestinationState) -> dict[str, str]:
    return {difference.key: difference.kind for difference in found.differences}


def without(content: Content, *keys: str) -> Content:
    return {key: value for key, value in content.items() if key not in keys}


# Nothing of it


@both
def test_an_empty_store_holds_nothing(store: Store) -> None:
    assert state_without_reading(store) == DestinationState("absent")


@both
def test_an_asset_whose_name_is_a_prefix_is_another_one(store: Store) -> None:
    store.create(f"{ASSET}_sorted_2025-02-03_00-00-00/{DATA_DESCRIPTION}", Body.of_bytes(b"{}"))
    store.create(f"{ASSET}.txt", Body.of_bytes(b""))
    assert state_without_reading(store) == DestinationState("absent")


def test_a_bucket_that_cannot_be_read_is_not_empty(
    s3: Connection, seaweedfs: SeaweedFS, shared_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BucketError, match="there is no such bucket"):
        state_without_reading(open_store(f"s3://{seaweedfs.fresh_name()}", s3))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(BucketError, match="the secret key is wrong"):
        state_without_reading(open_store(f"s3://{shared_bucket}", s3))


# Published by others, without a claim


@both
def test_an_asset_of_another_tool_with_equal_bytes_is_the_same(store: Store) -> None:
    put(store, CONTENT)
    assert state_of(store) == DestinationState("same", 0)


@both
@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (CONTENT | {"subject.json": b"{}"}, {"subject.json": "size"}),
        (SAME_SIZE, {"ecephys/probe A.bin": "content"}),
        (MISSING, {"ecephys/empty": "missing"}),
        (EXTRA, {"ecephys/more": "unlisted"}),
        (
            without(EXTRA, "subject.json") | {"ecephys/empty": b"full"},
            {"ecephys/empty": "size", "ecephys/more": "unlisted", "subject.json": "missing"},
        ),
    ],
    ids=["size", "content", "missing key", "extra key", "several"],
)
def test_an_asset_of_another_tool_differs_by(store: Store, there: Content, expected: dict[str, str]) -> None:
    put(store, there)
    found = state_of(store)
    assert (found.status, found.attempt, differences(found)) == ("different", 0, expected)


def test_objects_without_a_checksum_are_compared_by_their_bytes(
    s3: Connection, shared_bucket: str, seaweedfs: SeaweedFS
) -> None:
    prefix = seaweedfs.fresh_name()
    store = open_store(f"s3://{shared_bucket}/{prefix}", s3)
    for key, value in CONTENT.items():  # as other tools wrote it: with a CRC32, or none
        seaweedfs.client.put_object(Bucket=shared_bucket, Key=f"{prefix}/{ASSET}/{key}", Body=value)
    stored = store.head(f"{ASSET}/subject.json")
    assert stored is not None and stored.crc64nvme is None
    assert state_of(store).status == "same"
    assert differences(state_of(store, SAME_SIZE)) == {"ecephys/probe A.bin": "content"}


@in_a_folder
def test_differences_show_both_sizes(store: Store) -> None:
    put(store, without(CONTENT, "ecephys/empty") | {"subject.json": b"{}" * 1000, "new": b"12"})
    assert state_of(store).differences == (
        Difference("ecephys/empty", "missing", 0, None),
        Difference("new", "unlisted", None, 2),
        Difference("subject.json", "size", 24, 2000),
    )
    assert [str(difference) for difference in state_of(store).differences] == [
        "ecephys/empty is missing in the bucket",
        "new is in the bucket, but not in this asset",
        "subject.json has 2,000 bytes in the bucket and 24 in this asset",
    ]


@both
def test_objects_without_a_claim_and_without_data_description_are_foreign(store: Store) -> None:
    put(store, {"ecephys/probe A.bin": b"0123456789"})
    assert state_without_reading(store) == DestinationState("foreign")


# Begun by us


@both
def test_a_claim_with_equal_content_can_be_resumed(store: Store) -> None:
    record = claim(store, CONTENT)
    assert state_of(store) == DestinationState("partial", 1, record, same_content=True)
    put(store, {"subject.json": CONTENT["subject.json"]})
    assert state_of(store) == DestinationState("partial", 1, record, same_content=True)


@both
def test_a_claim_with_other_content_cannot_be_resumed(store: Store) -> None:
    record = claim(store, SAME_SIZE)
    assert state_of(store) == DestinationState("partial", 1, record, same_content=False)


@in_a_folder
def test_a_commit_without_its_data_description_can_be_finished(store: Store) -> None:
    record = claim(store, CONTENT)
    end(store, CONTENT, "commit")
    put(store, without(CONTENT, DATA_DESCRIPTION))
    assert state_of(store) == DestinationState("partial", 1, record, outcome="commit", same_content=True)


@in_a_folder
def test_after_a_superseded_attempt_the_next_can_start(store: Store) -> None:
    claim(store, SAME_SIZE)
    end(store, SAME_SIZE, "superseded")
    assert state_without_reading(store) == DestinationState("absent", 2)
    record = claim(store, CONTENT, attempt=2)
    assert state_of(store) == DestinationState("partial", 2, record, same_content=True)


@in_a_folder
def test_after_an_abandoned_attempt_the_next_can_start_once_it_is_closed(store: Store) -> None:
    claim(store, CONTENT)
    end(store, CONTENT, "abandoned")
    assert state_without_reading(store) == DestinationState(
        "partial", 1, outcome="abandoned"
    )  # still being cleared away
    put(store, {".aind-lint/closed-1.json": b"{}"})
    assert state_without_reading(store) == DestinationState("absent", 2)


@in_a_folder
def test_the_tenth_attempt_comes_after_the_ninth(store: Store) -> None:
    supersede(store, 9)
    record = claim(store, CONTENT, attempt=10)
    assert state_of(store) == DestinationState("partial", 10, record, same_content=True)


# Published by us


@both
def test_an_asset_published_by_this_tool_is_the_same(store: Store) -> None:
    publish(store, CONTENT)
    assert state_of(store) == DestinationState("same", 1)


@both
@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (CONTENT | {"subject.json": b"{}"}, {"subject.json": "size"}),
        (SAME_SIZE, {"ecephys/probe A.bin": "content"}),
        (MISSING, {"ecephys/empty": "unlisted"}),
        (EXTRA, {"ecephys/more": "missing"}),
    ],
    ids=["size", "content", "fewer files", "more files"],
)
def test_an_asset_published_by_this_tool_is_compared_by_its_manifest(
    store: Store, local: Content, expected: dict[str, str]
) -> None:
    publish(store, CONTENT)
    found = state_of(store, local)
    assert (found.status, found.attempt, differences(found)) == ("different", 1, expected)


@in_a_folder
def test_a_published_asset_that_lost_objects_is_damaged(store: Store) -> None:
    claim(store, CONTENT)
    end(store, CONTENT, "commit")
    put(store, without(CONTENT, "subject.json", "ecephys/empty") | {"ecephys/empty": b"no more"})
    found = state_of(store)
    assert (found.status, differences(found)) == ("damaged", {"subject.json": "missing", "ecephys/empty": "size"})


@in_a_folder
def test_keys_added_by_other_programs_are_not_part_of_a_published_asset(store: Store) -> None:
    supersede(store, 2)
    publish(store, EXTRA, attempt=3)
    put(store, {"notes.txt": b"by hand"})
    assert state_of(store, EXTRA) == DestinationState("same", 3)


@in_a_folder
def test_an_asset_without_a_commit_is_compared_by_its_objects(store: Store) -> None:
    claim(store, SAME_SIZE)
    put(store, CONTENT)
    assert state_of(store) == DestinationState("same", 0)
    assert differences(state_of(store, SAME_SIZE)) == {"ecephys/probe A.bin": "content"}


# Rewritten by the bucket's indexer

REWRITTEN = b'{"subject_id": "655019", "indexed": true}'


def put_as_the_indexer(store: Store, subject: bytes = CONTENT["subject.json"]) -> None:
    """The root subject.json rewritten, the first copy and a later one kept, and the index beside it."""
    put(
        store,
        without(CONTENT, "subject.json")
        | {
            "subject.json": REWRITTEN,
            "metadata.nd.json": b"{}",
            "original_metadata/subject.20250101.json": subject,
            "original_metadata/subject.20250301.json": b"{}",
        },
    )


@both
def test_keys_of_the_indexer_are_no_difference_in_an_asset_of_another_tool(store: Store) -> None:
    put_as_the_indexer(store)
    assert state_of(store) == DestinationState("same", 0)


@both
def test_keys_of_the_indexer_are_no_difference_in_a_published_asset(store: Store) -> None:
    claim(store, CONTENT)
    end(store, CONTENT, "commit")
    put_as_the_indexer(store)
    assert state_of(store) == DestinationState("same")


@in_a_folder
def test_the_first_copy_of_the_indexer_must_have_the_published_content(store: Store) -> None:
    put_as_the_indexer(store, subject=b'{"subject_id": "000000"}')
    assert differences(state_of(store)) == {"subject.json": "content"}


@in_a_folder
def test_a_copy_of_the_indexer_does_not_replace_a_missing_sidecar(store: Store) -> None:
    put(store, without(CONTENT, "subject.json"))
    put(store, {"original_metadata/subject.20250101.json": CONTENT["subject.json"]})
    assert differences(state_of(store)) == {"subject.json": "missing"}


@both
def test_other_keys_in_the_folder_of_the_indexer_are_part_of_the_asset(store: Store) -> None:
    uploaded = {"original_metadata/uploaded_json/subject.json": b"{}", "original_metadata/notes.txt": b"by hand"}
    put(store, CONTENT | uploaded)
    assert state_of(store, CONTENT | uploaded) == DestinationState("same", 0)
    assert differences(state_of(store)) == dict.fromkeys(uploaded, "unlisted")


# Damaged records


def changed(record: Claim | End, **changes: object) -> bytes:
    return json.dumps(json.loads(encode(record)) | changes).encode()


DAMAGED = {
    "empty": b"",
    "no JSON": b"<html>",
    "no UTF-8": b"\xff\xfe\x00",
    "cut off": encode(Claim("c", "r", "t", "x"))[:-10],
    "a list": b"[1]",
    "null": b"null",
    "no version": b"{}",
    "nothing but a version": b'{"format_version": 1}',
    "a number for an id": changed(Claim("c", "r", "t", "x"), content_id=1, outcome="commit"),
}


def damage(store: Store, local: Content = CONTENT) -> str:
    """What is wrong with the control objects."""
    found = state_of(store, local)
    assert (found.status, found.differences) == ("damaged", ())
    return found.damage or ""


@in_a_folder
@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("key", [claim_key(1), end_key(1)], ids=["claim", "end"])
def test_a_damaged_control_object_is_named(store: Store, key: str, raw: bytes) -> None:
    put(store, {claim_key(1): encode(Claim("c", "r", "t", "x"))} | {key: raw})
    assert f"{store.url}/{ASSET}/{key}: a control object in the bucket is damaged" in damage(store)


@in_a_folder
@pytest.mark.parametrize("raw", [value for name, value in DAMAGED.items() if name != "a number for an id"])
def test_a_damaged_manifest_is_named(store: Store, raw: bytes) -> None:
    put(store, {claim_key(1): encode(Claim("c", "r", "t", "x")), manifest_key(1): raw})
    end(store, CONTENT, "commit")
    put(store, CONTENT)
    assert f"{ASSET}/{manifest_key(1)}: the published manifest is damaged" in damage(store, SAME_SIZE)
    assert f"{ASSET}/{manifest_key(1)} is not the manifest that was committed" in damage(store)


@in_a_folder
@pytest.mark.parametrize("key", [claim_key(1), manifest_key(1)])
def test_a_missing_control_object_of_a_published_asset_is_damage(store: Store, key: str) -> None:
    publish(store, CONTENT)
    stored = store.head(f"{ASSET}/{key}")
    assert stored is not None and store.remove(stored)
    assert f"{key} is missing" in damage(store) and f"{key} is missing" in damage(store, SAME_SIZE)


@in_a_folder
def test_records_of_a_later_version_are_refused(store: Store) -> None:
    put(store, {claim_key(1): changed(Claim("c", "r", "t", "x"), format_version=2)})
    assert "a control object has format 2, which this version of aind-lint does not support; update" in damage(store)


@in_a_folder
def test_a_decision_unknown_to_this_version_is_refused(store: Store) -> None:
    claim(store, CONTENT)
    put(store, {end_key(1): changed(End("superseded", "c"), outcome="postponed")})
    assert "'postponed', which this version" in damage(store)


ODD_KEYS = {
    "an attempt without a claim": ("manifest-1", "claim-1.json is missing"),
    "an end without a claim": ("end-1", "claim-1.json is missing"),
    "a number out of order": ("claim-2", "claim-1.json is missing"),
    "a number far out of order": ("end-999999", "claim-999999.json is missing"),
    "a number with too many digits": ("claim-1000000", "claim-1000000.json is not the name of a control object"),
    "attempt 0": ("claim-0", "claim-0.json is not the name of a control object"),
    "a leading zero": ("end-01", "end-01.json is not the name of a control object"),
    "no number": ("closed-", "closed-.json is not the name of a control object"),
}


@in_a_folder
@pytest.mark.parametrize(("name", "text"), ODD_KEYS.values(), ids=ODD_KEYS)
def test_control_objects_out_of_order_are_damage(store: Store, name: str, text: str) -> None:
    put(store, {f".aind-lint/{name}.json": encode(End("commit", "c"))})
    assert text in damage(store)


@in_a_folder
def test_an_attempt_after_one_that_has_not_ended_is_damage(store: Store) -> None:
    claim(store, SAME_SIZE)
    claim(store, CONTENT, attempt=2)
    assert ".aind-lint/claim-2.json exists, but .aind-lint/end-1.json is missing" in damage(store)


@in_a_folder
def test_other_keys_beside_the_control_objects_are_no_attempts(store: Store) -> None:
    record = claim(store, CONTENT)
    put(store, {".aind-lint/notes.txt": b"by hand", ".aind-lint/deeper/end-7.json": b"{}"})
    assert state_of(store) == DestinationState("partial", 1, record, same_content=True)


DEEP = b"[" * 200_000


@in_a_folder
@pytest.mark.parametrize("raw", [DEEP, b'{"format_version": ' + DEEP, b'{"a":' * 100_000])
def test_deeply_nested_records_are_damage(store: Store, raw: bytes) -> None:
    put(store, {claim_key(1): raw})
    assert "claim-1.json: a control object in the bucket is damaged" in damage(store)


@in_a_folder
@pytest.mark.parametrize("row", [DEEP, b'{"key": "a", "size": -1, "crc64nvme": "AAAAAAAAAAA="}', b'{"key": 1}'])
def test_nonsense_in_a_manifest_is_damage(store: Store, row: bytes) -> None:
    manifest = b'{"format_version": 1, "asset": "x", "files": [\n' + row.replace(b"[[", b'{"key":[[', 1) + b"\n]}\n"
    put(store, {claim_key(1): encode(Claim("c", "r", "t", "x")), manifest_key(1): manifest})
    end(store, CONTENT, "commit")
    put(store, CONTENT)
    assert "the published manifest is damaged" in damage(store, SAME_SIZE)
