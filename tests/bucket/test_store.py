"""Every store keeps the same promises: a key is written once, whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body, ContentChangedError
from aind_lint.bucket.directory.reader import SCRATCH
from aind_lint.bucket.directory.store import DirectoryStore
from aind_lint.bucket.open_store import open_store
from aind_lint.bucket.s3.store import S3Store
from aind_lint.bucket.store import Store, StoredObject
from aind_lint.errors import BucketError, UsageError
from tests.links import make_link
from tests.servers import SeaweedFS, free_ports

ODD_KEYS = [
    "a folder/with  two spaces .txt",
    "a#b/#.txt",
    "100%/a%20b%2Fc.txt",
    "a+b/+.txt",
    "a&b=c;d,e@f$g!h/(i)~'.txt",
    "Zürich/naïve.txt",
    "測定/データ🐭.txt",
    "..a/b../...txt",
    "/".join(["k" * 224] * 4),
    "/".join(["測" * 74] * 4),  # 891 bytes
]

OPERATIONS: dict[str, Callable[[Store], Any]] = {
    "scan": lambda store: list(store.scan("")),
    "folders": lambda store: store.scan_level(""),
    "head": lambda store: store.head("a"),
    "open": lambda store: store.open("a"),
    "create": lambda store: store.create("a", Body.of_bytes(b"a")),
}
two_stores = pytest.mark.parametrize("store", ["folder", "s3 below a prefix"], indirect=True)
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def put(store: Store, *keys: str) -> None:
    assert all(store.create(key, Body.of_bytes(key.encode())) for key in keys)


def read(store: Store, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def keys(store: Store, prefix: str = "", limit: int | None = None) -> list[str]:
    return sorted(stored.key for stored in store.scan(prefix, limit))


def race(store: Store, key: str, writers: int) -> tuple[list[bool], list[bytes]]:
    """What `create` said to writers of different contents who begin together, and those contents."""
    contents = [bytes([number]) * (1000 + number) for number in range(writers)]
    start = threading.Barrier(writers)

    def write(content: bytes) -> bool:
        start.wait()
        return store.create(key, Body.of_bytes(content)) is not None

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(write, contents)), contents


# Both stores


def test_a_created_object_can_be_looked_at_read_and_found(store: Store) -> None:
    body = Body.of_bytes(b"hello")
    assert store.create("a/b.txt", body)
    assert store.head("a/b.txt") == StoredObject("a/b.txt", 5, body.crc64nvme)
    assert read(store, "a/b.txt") == b"hello"
    assert list(store.scan("")) == [StoredObject("a/b.txt", 5)]


def test_a_taken_key_keeps_its_bytes(store: Store) -> None:
    put(store, "a")
    before = store.head("a")
    assert store.create("a", Body.of_bytes(b"other")) is None
    assert store.create("a", Body.of_bytes(b"a")) is None  # also for the same content
    assert read(store, "a") == b"a"
    assert store.head("a") == before


def test_an_empty_object_is_an_object(store: Store) -> None:
    empty = Body.of_bytes(b"")
    assert store.create("empty", empty)
    assert store.head("empty") == StoredObject("empty", 0, empty.crc64nvme)
    assert read(store, "empty") == b""
    assert store.create("empty", Body.of_bytes(b"full")) is None
    assert keys(store) == ["empty"]


def test_an_object_of_several_chunks_arrives_complete(store: Store) -> None:
    content = os.urandom((5 << 20) + 7)
    assert store.create("large", Body.of_bytes(content))
    assert read(store, "large") == content


@two_stores
@pytest.mark.parametrize(
    "sent",
    [b"hellO", b"hell", b"", b"hello!", b"hello" * 1000],
    ids=["other bytes", "one byte missing", "nothing left", "one byte appended", "much appended"],
)
def test_content_that_differs_from_the_plan_is_refused_and_not_stored(store: Store, sent: bytes) -> None:
    planned = replace(Body.of_bytes(b"hello"), open=lambda: io.BytesIO(sent))
    with pytest.raises(ContentChangedError, match=r"a/b\.txt changed while it was published"):
        store.create("a/b.txt", planned)
    assert store.head("a/b.txt") is None
    assert keys(store) == []
    assert store.create("a/b.txt", Body.of_bytes(b"hello"))


def test_a_plan_with_the_wrong_checksum_is_refused(store: Store) -> None:
    planned = replace(Body.of_bytes(b"hello"), crc64nvme=Body.of_bytes(b"HELLO").crc64nvme)
    with pytest.raises(ContentChangedError):
        store.create("a", planned)
    assert store.head("a") is None


def test_odd_keys_are_kept_as_they_are(store: Store) -> None:
    put(store, *ODD_KEYS)
    assert keys(store) == sorted(ODD_KEYS)
    assert store.scan_level("")[0] == sorted({key.split("/")[0] for key in ODD_KEYS})
    for key in ODD_KEYS:
        assert read(store, key) == key.encode()
        assert store.head(key) == StoredObject(key, len(key.encode()), Body.of_bytes(key.encode()).crc64nvme)
        assert keys(store, key) == keys(store, key[:-1]) == [key]
        assert store.create(key, Body.of_bytes(b"")) is None


def test_keys_that_differ_only_after_decoding_are_different(store: Store) -> None:
    put(store, "a b", "a+b", "a%20b", "a%2520b")
    assert [read(store, key) for key in ("a b", "a+b", "a%20b", "a%2520b")] == [b"a b", b"a+b", b"a%20b", b"a%2520b"]
    assert keys(store) == ["a b", "a%20b", "a%2520b", "a+b"]


def test_a_scan_finds_the_keys_that_begin_with_the_prefix(store: Store) -> None:
    put(store, "a.txt", "a/b/c", "a/d", "ab/c", "b")
    assert keys(store, "") == ["a.txt", "a/b/c", "a/d", "ab/c", "b"]
    assert keys(store, "a") == ["a.txt", "a/b/c", "a/d", "ab/c"]
    assert keys(store, "a/") == ["a/b/c", "a/d"]
    assert keys(store, "ab") == ["ab/c"]
    assert keys(store, "a/b") == keys(store, "a/b/") == keys(store, "a/b/c") == ["a/b/c"]
    assert keys(store, "a.txt") == ["a.txt"]
    for nothing in ("a/b/c/", "a.txt/", "A", "c", "missing/", "missing/x"):
        assert keys(store, nothing) == []


def test_a_scan_stops_at_the_limit(store: Store) -> None:
    put(store, "a/1", "a/2", "a/3", "b")
    assert len(keys(store, "a/", limit=1)) == 1
    assert len(keys(store, "a/", limit=2)) == 2
    assert keys(store, "a/", limit=9) == ["a/1", "a/2", "a/3"]


def test_a_scan_of_an_empty_store_is_empty(store: Store) -> None:
    assert keys(store) == []
    assert keys(store, limit=1) == []
    assert store.scan_level("")[0] == []


@two_stores
def test_a_scan_goes_on_after_a_thousand_keys(store: Store) -> None:
    many = sorted(f"a/{number:04}" for number in range(1005))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: put(store, key), [*many, "b"]))
    assert keys(store, "a/") == many
    assert len(keys(store, "a/", limit=1002)) == 1002


def test_folders_are_the_next_parts_that_have_more_after_them(store: Store) -> None:
    put(store, "top", "b/x", "a/y/z", "a/w", "a/v/u", "ab/t")
    assert store.scan_level("")[0] == ["a", "ab", "b"]
    assert store.scan_level("a/")[0] == ["v", "y"]
    assert store.scan_level("b/")[0] == []
    assert store.scan_level("missing/")[0] == []
    assert store.scan_level("top/")[0] == []


@two_stores
@pytest.mark.parametrize("content", [b"second", b"a"], ids=["other content", "the same content"])
def test_only_the_object_that_was_seen_is_removed(store: Store, content: bytes) -> None:
    put(store, "a")
    seen = store.head("a")
    assert seen is not None
    replace_from_outside(store, "a", content)
    # Objects with the same ETag have the same content, so nothing is lost.
    assert store.remove(seen) is (isinstance(store, S3Store) and content == b"a")
    found = store.head("a")
    assert (found is not None and store.remove(found)) is (content != b"a" or isinstance(store, DirectoryStore))
    assert store.head("a") is None


def replace_from_outside(store: Store, key: str, content: bytes) -> None:
    """What another program may do."""
    if isinstance(store, DirectoryStore):
        (store.root / key).unlink()
        (store.root / key).write_bytes(content)
    else:
        assert isinstance(store, S3Store)
        store._client.s3.put_object(Bucket=store._bucket, Key=store._root + key, Body=content)


def test_looking_at_a_missing_key_finds_nothing(store: Store) -> None:
    put(store, "a/b")
    assert [store.head(key) for key in ("c", "a", "a/c", "a/b/c")] == [None] * 4


def test_reading_a_missing_key_is_an_error(store: Store) -> None:
    with pytest.raises(BucketError):
        store.open("missing")


@two_stores
def test_of_many_writers_of_one_key_one_succeeds(store: Store) -> None:
    contested = [f"folder-{number}/contested" for number in range(20)]
    with ThreadPoolExecutor(len(contested)) as pool:  # together, because SeaweedFS makes some losers wait for seconds
        races = list(pool.map(lambda key: race(store, key, 16), contested))
    for key, (created, contents) in zip(contested, races, strict=True):
        assert created.count(True) == 1
        assert read(store, key) == contents[created.index(True)]
    assert keys(store) == sorted(contested)


@two_stores
@pytest.mark.parametrize(
    ("mode", "written"),
    [("r+b", b"hellO"), ("wb", b"hel"), ("ab", b"GET / HTTP/1.1")],
    ids=["rewritten", "truncated", "appended"],
)
def test_of_a_file_that_changes_while_it_is_sent_only_the_plan_can_be_stored(
    store: Store, tmp_path: Path, mode: str, written: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"hello")

    class ChangingFile(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            with file.open(mode) as other:  # at every read: the first may be for a signature only
                other.write(written)
            return super().read(size)

    try:
        created = store.create("a", replace(Body.of_bytes(b"hello"), open=lambda: ChangingFile(file)))
    except ContentChangedError:
        assert keys(store) == []
    else:
        assert created and mode == "ab"
        assert read(store, "a") == b"hello"
    put(store, "b")  # the connection is not spoilt for others


# S3: a bucket that cannot be used is one clear line


def assert_fails_clearly(store: Store, says: str, hides: str, head_says: str | None = None) -> None:
    for operation, act in OPERATIONS.items():
        with pytest.raises(BucketError, match=head_says or says if operation == "head" else says) as caught:
            act(store)
        message = str(caught.value)
        assert "\n" not in message
        assert store.url in message
        assert hides not in message
        assert caught.value.__suppress_context__  # the cause, which may say more, is not printed


def test_a_missing_bucket_is_named(s3: Connection, seaweedfs: SeaweedFS) -> None:
    store = open_store(f"s3://{seaweedfs.fresh_name()}", s3)
    for operation in ("scan", "folders", "open", "create"):  # a HEAD cannot distinguish it from a missing key
        with pytest.raises(BucketError, match=f"{store.url}: there is no such bucket"):
            OPERATIONS[operation](store)


def test_a_wrong_secret_is_refused(s3: Connection, shared_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    store = open_store(f"s3://{shared_bucket}", s3)
    assert_fails_clearly(store, "the secret key is wrong", hides="not-the-secret", head_says="access denied")


def test_an_unknown_access_key_is_refused(s3: Connection, shared_bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000")
    store = open_store(f"s3://{shared_bucket}", s3)
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    assert_fails_clearly(store, "the server does not know the access key", hides=secret, head_says="access denied")


def test_missing_credentials_are_reported_with_advice() -> None:
    store = open_store("s3://bucket", Connection(endpoint_url="http://127.0.0.1:9"))
    assert_fails_clearly(store, "no usable AWS credentials; set AWS_PROFILE", hides="AKIA")


def test_a_listing_in_parallel_gives_what_a_listing_in_one_go_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aind_lint.bucket.s3.bucket_listing.FAR_SECONDS", 0)
    names = [*ODD_KEYS, "a.b", "a/b/1", "a/b/2", "a/b.c/3", "a/c", "b/1", "b/d/2", "z"]
    stored = sorted(f"asset/{name}" for name in names)
    for key in stored:
        store.create(key, Body.of_bytes(b"x"))
    assert (
        sorted(item.key for item in store.scan("asset/", boundaries=["asset/a/b/2", "asset/gone", "asset/z"])) == stored
    )


@pytest.mark.slow
def test_an_endpoint_that_refuses_connections_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFORTESTS00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    endpoint = f"http://127.0.0.1:{free_ports(1)[0]}"
    store = open_store("s3://bucket", Connection(endpoint_url=endpoint))
    assert_fails_clearly(store, endpoint, hides="the-secret")


@pytest.mark.parametrize(
    "address", ["http://user:pa55word@127.0.0.1:9", "http://user:pa55word@[x", "//user:pa55word@x"]
)
def test_a_password_in_the_address_of_an_endpoint_is_not_printed(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFORTESTS00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    with pytest.raises((BucketError, UsageError)) as caught:
        list(open_store("s3://bucket", Connection(endpoint_url=address)).scan(""))
    assert "pa55word" not in str(caught.value)
    assert address.rpartition("@")[2] in str(caught.value) or "is invalid" in str(caught.value)


def test_a_connection_that_breaks_while_an_object_arrives_is_a_failure_of_the_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFORTESTS00000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_half, args=[server], daemon=True).start()
        store = open_store("s3://bucket", Connection(endpoint_url=f"http://127.0.0.1:{server.getsockname()[1]}"))
        with pytest.raises(BucketError, match="cannot read s3://bucket"), store.open("a") as stream:
            stream.read()


def answer_half(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 100\r\n\r\nonly this')


# A folder as a bucket


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryStore:
    (tmp_path / "bucket").mkdir()
    return DirectoryStore(tmp_path / "bucket")


@pytest.fixture
def without_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on exFAT, and on many network shares."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)


def scratch(store: DirectoryStore) -> list[str]:
    return sorted(path.name for path in (store.root / SCRATCH).iterdir())


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "..", ".", "", "a//b", "a/", "/a", "/etc/passwd", "a/./b", "a\\b", "..\\x", "a\0b"]
)
def test_a_key_that_is_no_plain_path_is_refused(folder: DirectoryStore, tmp_path: Path, key: str) -> None:
    for act in (folder.head, folder.open, lambda key: folder.create(key, Body.of_bytes(b"x"))):
        with pytest.raises(BucketError, match="cannot be a path in a directory bucket"):
            act(key)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_prefix_does_not_lead_out_of_the_folder(folder: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    put(folder, "a")
    assert keys(folder, "/") == []
    for look in (lambda: keys(folder, "../"), lambda: folder.scan_level("../")[0]):
        with pytest.raises(BucketError):
            look()


def test_a_name_too_long_for_the_file_system_is_an_error(folder: DirectoryStore) -> None:
    with pytest.raises(BucketError, match=r"cannot be used: .*kkk" if os.name == "nt" else "file name too long"):
        folder.create("k" * 300, Body.of_bytes(b"x"))
    assert keys(folder) == []


def test_a_key_that_is_a_folder_is_taken(folder: DirectoryStore) -> None:
    put(folder, "a/b")
    assert folder.create("a", Body.of_bytes(b"x")) is None
    assert read(folder, "a/b") == b"a/b"
    with pytest.raises(BucketError):
        folder.open("a")


def test_a_key_below_an_object_is_an_error(folder: DirectoryStore) -> None:
    put(folder, "a")
    for key in ("a/b", "a/b/c"):
        with pytest.raises(BucketError, match="no such file" if os.name == "nt" else "not a directory"):
            folder.create(key, Body.of_bytes(b"x"))
    assert read(folder, "a") == b"a"
    assert scratch(folder) == []


def test_links_in_the_folder_are_no_objects_and_are_not_replaced(
    folder: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    make_link(folder.root / "dangling", tmp_path / "nothing")
    for _ in range(2):
        assert keys(folder) == []
        assert folder.head("dangling") is None
        assert folder.create("dangling", Body.of_bytes(b"x")) is None
        assert (folder.root / "dangling").is_symlink()
        request.getfixturevalue("without_hard_links")


def test_nothing_is_left_in_the_scratch_folder(folder: DirectoryStore) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise RuntimeError("the source failed")

    put(folder, "a", "b/c")
    folder.create("a", Body.of_bytes(b"taken"))
    race(folder, "contested", 8)
    with pytest.raises(ContentChangedError):
        folder.create("d", replace(Body.of_bytes(b"hello"), open=lambda: io.BytesIO(b"other")))
    with pytest.raises(RuntimeError):
        folder.create("e", replace(Body.of_bytes(b"hello"), open=Broken))
    assert scratch(folder) == []
    assert keys(folder) == ["a", "b/c", "contested"]
    assert folder.scan_level("")[0] == ["b"]


@pytest.mark.usefixtures("without_hard_links")
def test_without_hard_links_a_taken_key_keeps_its_bytes(folder: DirectoryStore) -> None:
    put(folder, "a/b")
    assert folder.create("a/b", Body.of_bytes(b"other")) is None
    assert read(folder, "a/b") == b"a/b"
    assert scratch(folder) == ([] if os.name == "nt" else ["lock"])  # filelock removes it on Windows


@pytest.mark.usefixtures("without_hard_links")
def test_without_hard_links_one_of_many_writers_succeeds(folder: DirectoryStore) -> None:
    for number in range(20):
        created, contents = race(folder, f"contested-{number}", 8)
        assert created.count(True) == 1
        assert read(folder, f"contested-{number}") == contents[created.index(True)]
    assert scratch(folder) == ([] if os.name == "nt" else ["lock"])  # filelock removes it on Windows


@pytest.mark.parametrize("operation", ["scan", "folders", "head"])
def test_a_missing_folder_is_no_empty_bucket(tmp_path: Path, operation: str) -> None:
    with pytest.raises(BucketError, match="does not exist"):
        OPERATIONS[operation](DirectoryStore(tmp_path / "missing"))


def test_a_new_folder_is_empty_and_made_by_the_first_write(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "new", new=True)
    assert keys(store) == []
    assert store.scan_level("")[0] == []
    assert store.head("a") is None
    assert not store.root.exists()
    put(store, "a")
    assert keys(store) == ["a"]


@every_operation
def test_a_new_folder_needs_its_parent(tmp_path: Path, operation: str) -> None:
    with pytest.raises(BucketError):
        OPERATIONS[operation](DirectoryStore(tmp_path / "missing" / "new", new=True))
    assert list(tmp_path.iterdir()) == []


@every_operation
def test_a_file_is_no_bucket(tmp_path: Path, operation: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BucketError):
        OPERATIONS[operation](DirectoryStore(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write into a read-only folder")
def test_a_read_only_folder_can_be_read_but_not_written(folder: DirectoryStore) -> None:
    put(folder, "a")
    folder.root.chmod(0o555)
    (folder.root / SCRATCH).chmod(0o555)
    try:
        with pytest.raises(BucketError, match="permission denied"):
            folder.create("b", Body.of_bytes(b"b"))
        assert keys(folder) == ["a"]
        assert read(folder, "a") == b"a"
    finally:
        folder.root.chmod(0o755)
        (folder.root / SCRATCH).chmod(0o755)


def test_what_a_killed_writer_left_is_removed_a_day_later(folder: DirectoryStore) -> None:
    left = folder.root / SCRATCH
    left.mkdir()
    for name, age in (("0" * 32, 25), ("1" * 32, 1), ("lock", 25), ("notes", 25)):
        (left / name).write_bytes(b"x")
        os.utime(left / name, (time.time() - age * 3600,) * 2)
    put(folder, "a", "b")
    assert scratch(folder) == ["1" * 32, "lock", "notes"]


def test_a_file_that_vanishes_during_a_scan_hides_no_other(
    folder: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Vanished:
        """An entry whose file is gone when it is asked for its size."""

        name = "vanished"
        is_dir = staticmethod(lambda follow_symlinks: False)
        is_file = staticmethod(lambda follow_symlinks: True)

        def stat(self, follow_symlinks: bool) -> None:
            raise FileNotFoundError

    @contextlib.contextmanager
    def listing(path: Path) -> Iterator[list[Any]]:
        with scandir(path) as entries:
            yield [Vanished(), *entries]

    put(folder, "a", "b")
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", listing)
    assert keys(folder) == ["a", "b"]


@pytest.mark.parametrize("operation", ["scan", "folders", "head"])
def test_a_folder_that_may_not_be_looked_at_is_no_empty_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "stat", refuse)  # a test that runs as root may look everywhere
    with pytest.raises(BucketError, match="permission denied"):
        OPERATIONS[operation](DirectoryStore(tmp_path / "locked", new=True))
