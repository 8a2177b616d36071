"""Files that a user names: replaced as a whole or unchanged, and devices, pipes and links survive."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from aind_lint.system.output_file import require_writable, write_file, write_text_file
from tests.links import make_link
from tests.publication.many_files import only_linux


def names(folder):
    return [path.name for path in folder.iterdir()]


def failing():
    yield b"the first part"
    raise OSError(28, "No space left on device")


def test_a_new_file_is_written_without_leftovers(tmp_path):
    write_text_file(tmp_path / "report.json", "é\n")
    assert (tmp_path / "report.json").read_bytes() == b"\xc3\xa9\n"
    assert names(tmp_path) == ["report.json"]


def test_a_failure_leaves_the_existing_file_and_no_other(tmp_path):
    (tmp_path / "sums.txt").write_bytes(b"precious")
    for name in ("sums.txt", "new.txt"):
        with pytest.raises(OSError, match="No space"):
            write_file(tmp_path / name, failing())
    assert names(tmp_path) == ["sums.txt"] and (tmp_path / "sums.txt").read_bytes() == b"precious"


@pytest.mark.skipif(os.name == "nt", reason="files on Windows have no such modes")
def test_the_mode_of_an_existing_file_stays(tmp_path):
    file = tmp_path / "report.json"
    file.write_bytes(b"")
    file.chmod(0o600)
    write_text_file(file, "x")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("exists", [True, False], ids=["to a file", "dangling"])
def test_a_link_stays_and_its_target_is_written(tmp_path, exists):
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.parent.mkdir()
    if exists:
        target.write_bytes(b"old")
    make_link(link, target)
    require_writable(link)
    assert link.is_symlink() and target.exists() is exists
    write_text_file(link, "new")
    assert link.is_symlink() and target.read_bytes() == b"new"


@only_linux
def test_a_device_is_written_to_and_stays(tmp_path):
    device = tmp_path / "full"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
    except PermissionError:
        pytest.skip("only root may make devices")
    require_writable(device)
    with pytest.raises(OSError, match="No space"):
        write_text_file(device, "x")
    assert device.is_char_device() and names(tmp_path) == ["full"]


@only_linux
def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_text_file(pipe, "through")
    reader.join()
    assert read == [b"through"] and pipe.is_fifo()


@only_linux
def test_standard_output_that_is_a_file_is_appended_to(tmp_path):
    file = tmp_path / "out"
    with file.open("wb") as stream:
        stream.write(b"before ")
        stream.flush()
        write_text_file(Path(f"/proc/self/fd/{stream.fileno()}"), "after")
    assert file.read_bytes() == b"before after"


def test_testing_changes_nothing(tmp_path):
    file = tmp_path / "receipt.json"
    require_writable(file)
    assert names(tmp_path) == []
    file.write_bytes(b"old")
    before = file.stat()
    require_writable(file)
    assert file.stat() == before and file.read_bytes() == b"old"
    for wrong in (tmp_path, tmp_path / "missing" / "receipt.json"):
        with pytest.raises(OSError):
            require_writable(wrong)
