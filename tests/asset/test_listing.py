"""A listing contains what is in the folder, and no file outside it is ever opened."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.listing.listing import folders_of
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.errors import UsageError
from aind_lint.storage.sorted_table import SortedTable
from tests.links import make_link

needs_fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "asset"
    (root / "a/b").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "subject.json").write_bytes(b"{}")
    (root / "a/b/data.bin").write_bytes(b"12345")
    return root


def test_files_have_sizes_and_folders_are_listed_even_when_empty(folder):
    listing = scan_folder(folder)
    assert {key: entry.size for key, entry in listing.files.items()} == {"subject.json": 2, "a/b/data.bin": 5}
    assert sorted(listing.folders) == ["a", "a/b", "empty"]
    assert (len(listing.links), len(listing.special_files)) == (0, 0)
    assert list(listing.root_files) == ["subject.json"]
    assert listing.size == 7


def test_the_time_of_the_last_change_is_known(folder):
    os.utime(folder / "subject.json", ns=(1, 1_600_000_000_000_000_000))
    assert scan_folder(folder).files["subject.json"].mtime_ns == 1_600_000_000_000_000_000


def test_a_file_is_opened_by_key(folder):
    with scan_folder(folder).open("a/b/data.bin") as stream:
        assert stream.read() == b"12345"


def test_links_are_listed_and_never_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    make_link(folder / "to_file", folder / "subject.json")
    make_link(folder / "to_folder", "a")
    make_link(folder / "dangling", "nowhere")
    make_link(folder / "a/to_outside", outside)
    make_link(folder / "a/loop", folder)
    listing = scan_folder(folder)
    assert list(listing.links) == ["a/loop", "a/to_outside", "dangling", "to_file", "to_folder"]
    assert sorted(listing.files) == ["a/b/data.bin", "subject.json"]
    assert sorted(listing.folders) == ["a", "a/b", "empty"]


@needs_fifos
def test_a_pipe_is_special_and_is_not_opened(folder):
    os.mkfifo(folder / "a/pipe")
    listing = scan_folder(folder)
    assert list(listing.special_files) == ["a/pipe"]
    assert "a/pipe" not in listing.files


def test_a_file_replaced_by_a_link_is_refused(folder, tmp_path):
    listing = scan_folder(folder)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "subject.json").unlink()
    make_link(folder / "subject.json", tmp_path / "secret.txt")
    with pytest.raises(OSError):
        listing.open("subject.json")


@needs_fifos
def test_a_file_replaced_by_a_pipe_is_refused_without_waiting(folder):
    listing = scan_folder(folder)
    (folder / "subject.json").unlink()
    os.mkfifo(folder / "subject.json")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(5)
    try:
        with pytest.raises(OSError, match="no longer a regular file"):
            listing.open("subject.json")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_a_file_replaced_by_a_folder_is_refused(folder):
    listing = scan_folder(folder)
    (folder / "subject.json").unlink()
    (folder / "subject.json").mkdir()
    with pytest.raises(OSError):
        listing.open("subject.json")


def test_a_name_that_is_not_utf8_is_kept_and_can_be_opened(folder):
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/M\xfcller.csv")).write_bytes(b"x")
    except (OSError, UnicodeError) as error:
        pytest.skip(f"this file system cannot hold the name: {error}")
    listing = scan_folder(folder)
    assert "M\udcfcller.csv" in listing.files
    with listing.open("M\udcfcller.csv") as stream:
        assert stream.read() == b"x"


def test_a_folder_that_cannot_be_read_is_a_usage_error(folder, monkeypatch):
    def refuse(real):
        def call(path, *args, **kwargs):
            if isinstance(path, str) and path.replace("\\", "/").rstrip("/").endswith("a/b"):
                raise PermissionError(13, "Permission denied", path)
            return real(path, *args, **kwargs)

        return call

    # Whichever of the two the listing reads folders with.
    monkeypatch.setattr(os, "open", refuse(os.open))
    monkeypatch.setattr(os, "scandir", refuse(os.scandir))
    with pytest.raises(UsageError, match=r"cannot read the folder .*asset[/\\]a[/\\]b: permission denied"):
        scan_folder(folder)


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        scan_folder(tmp_path / "missing")


def test_each_entry_costs_one_stat_call(folder, monkeypatch):
    asked: Counter[str] = Counter()

    class CountingEntry:
        def __init__(self, entry):
            self.entry = entry
            self.name = entry.name

        def stat(self, *, follow_symlinks):
            assert follow_symlinks is False
            asked[self.name] += 1
            return self.entry.stat(follow_symlinks=False)

        def is_symlink(self):
            return self.entry.is_symlink()

        def is_dir(self, *, follow_symlinks):
            return self.entry.is_dir(follow_symlinks=follow_symlinks)

        def is_file(self, *, follow_symlinks):
            return self.entry.is_file(follow_symlinks=follow_symlinks)

    real = os.scandir

    class CountingScan:
        def __init__(self, folder):
            self.entries = real(folder)

        def __enter__(self):
            return map(CountingEntry, self.entries)

        def __exit__(self, *_):
            self.entries.close()

    def forbidden(*_args, **_kwargs):
        raise AssertionError("the listing asked again")

    for call in ("stat", "lstat"):
        monkeypatch.setattr(os, call, forbidden)
    monkeypatch.setattr(os, "scandir", CountingScan)
    scanned = scan_folder(folder)
    monkeypatch.undo()
    assert set(scanned.files) == {"subject.json", "a/b/data.bin"}
    assert asked["subject.json"] == asked["data.bin"] == 1
    assert max(asked.values()) == 1


@pytest.mark.parametrize(("where", "path"), [("", "."), ("a", ".."), ("a/b", "../.."), ("a", "../../asset/.")])
def test_a_relative_path_gets_the_name_of_the_folder(folder, monkeypatch, where, path):
    monkeypatch.chdir(folder / where)
    listing = scan_folder(Path(path))
    assert listing.name == "asset"
    assert "subject.json" in listing.files


def test_a_trailing_slash_changes_nothing(folder):
    listing = scan_folder(Path(f"{folder}/"))
    assert listing.name == "asset"
    assert not listing.address.endswith("/")


def test_a_link_to_an_asset_keeps_the_name_that_was_given(folder, tmp_path):
    make_link(tmp_path / "other_name", folder)
    listing = scan_folder(tmp_path / "other_name")
    assert listing.name == "other_name"
    assert "subject.json" in listing.files


def test_files_can_be_opened_after_the_working_folder_changed(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder.parent)
    listing = scan_folder(Path("asset"))
    monkeypatch.chdir(tmp_path.parent)
    with listing.open("subject.json") as stream:
        assert stream.read() == b"{}"


def test_progress_is_reported_with_the_number_of_files(folder):
    counts: list[int] = []
    scan_folder(folder, counts.append)
    assert counts[-1] == 2
    assert counts == sorted(counts)


def test_flat_keys_imply_their_folders():
    assert list(folders_of(["a/b/c", "a/d", "e", "f/g"])) == ["a", "a/b", "f"]
    assert list(folders_of([])) == []


@example({"!", "//x"})
@given(st.sets(st.lists(st.sampled_from(["", "a", "a-", "b"]), min_size=1, max_size=4).map("/".join), max_size=12))
def test_a_table_of_keys_implies_the_same_folders(keys):
    assert list(folders_of(SortedTable.of((key,) for key in keys))) == list(folders_of(sorted(keys)))


def test_files_are_opened_in_any_order_of_folders(tmp_path):
    keys = ["a/b/c/deep", "a/top", "a/b/middle", "ab/other", "root", "a/b/c/again"]
    for key in keys:
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_text(key, encoding="utf-8")
    listing = scan_folder(tmp_path)
    for order in (keys, keys[::-1], [*keys[2:], *keys]):
        assert [listing.read(key, 100).decode() for key in order] == order


def test_a_folder_stays_open_while_another_thread_opens_files_elsewhere(tmp_path, monkeypatch):
    for key in ("a/x", "b/y"):
        (tmp_path / key).parent.mkdir()
        (tmp_path / key).write_text(key)
    opener, open_ = NoFollowOpener(tmp_path), os.open

    def interrupted(path, *arguments, **options):
        if path == "x":
            opener.open("b/y").close()
        return open_(path, *arguments, **options)

    monkeypatch.setattr(os, "open", interrupted)
    with opener.open("a/x") as stream:
        assert stream.read() == b"a/x"


def test_of_a_file_that_has_grown_all_is_read_and_of_a_long_one_the_beginning(tmp_path):
    (tmp_path / "log.txt").write_bytes(b"1")
    listing = scan_folder(tmp_path)
    (tmp_path / "log.txt").write_bytes(b"12345")
    assert listing.read("log.txt", 100) == b"12345"
    assert listing.read("log.txt", 3) == b"123"
