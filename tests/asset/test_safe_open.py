"""Opening files of an asset, as far as listings do not show it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from aind_lint.asset.listing.safe_open import NoFollowOpener


@pytest.mark.skipif(sys.platform == "win32", reason="files are opened by their paths there")
def test_a_folder_stays_open_while_a_file_in_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although another thread opens a file of another folder, which takes the place of the kept one, at that moment."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text(folder)
    opener = NoFollowOpener(tmp_path)
    real, interrupted = os.open, list[str]()

    def open_(path: Any, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "file" and not interrupted:
            interrupted.append(path)
            opener.open("two/file").close()
        return real(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "supports_dir_fd", {open_, *os.supports_dir_fd})
    assert opener.read("one/file", 3) == b"one"
    assert interrupted
