"""The folder ``.aind-lint-fix`` beside an asset: what fixes planned, moved away and replaced.

Each fix has a folder ``<time>`` in it: ``plan.json``, ``new/`` and ``old/`` with the content of edited files, and
``moved/`` with what was moved out of the asset. Empty files show how far it is: ``done``, ``undo`` (it is being undone)
and ``undone``.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path, PurePosixPath

from aind_lint.asset.listing.entry_kind import is_real_folder
from aind_lint.asset.listing.listing import Listing
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.fix.plan import FixPlan, Operation, parse_plan
from aind_lint.system.file_locks import try_exclusive_lock
from aind_lint.system.shared_folder import open_regular_file, read_regular_file

FOLDER = ".aind-lint-fix"
_PLAN, _DONE, _UNDO, _UNDONE = "plan.json", "done", "undo", "undone"


class FixState(Enum):
    """How far a fix is."""

    #: Its changes were being made when it stopped.
    STARTED = "started"
    #: All changes are made.
    DONE = "done"
    #: Its changes were being undone when it stopped.
    UNDOING = "undoing"
    #: All changes are undone.
    UNDONE = "undone"

    @property
    def is_unfinished(self) -> bool:
        """Whether the asset can be in a state between two."""
        return self in (FixState.STARTED, FixState.UNDOING)


class FixRecord:
    """The record of one fix on disk.

    Attributes:
        folder: Its folder.
        plan: Its plan.
    """

    def __init__(self, folder: Path, plan: FixPlan) -> None:
        self.folder = folder
        self.plan = plan

    @property
    def state(self) -> FixState:
        """How far it is."""
        return _state({name for name in (_DONE, _UNDO, _UNDONE) if os.path.lexists(self.folder / name)})

    def content_before(self, operation: Operation) -> bytes:
        """The content of an edited file before the fix.

        Raises:
            OSError: The record cannot be read.
        """
        return self._content(operation.kept)

    def content_after(self, operation: Operation) -> bytes:
        """The content of an edited file after the fix; errors as of `content_before`."""
        return self._content(operation.new)

    def _content(self, key: str | None) -> bytes:
        assert key is not None
        if not all(is_real_folder(self.folder / parent) for parent in PurePosixPath(key).parents):
            raise OSError(errno.ENOENT, "it is a link or does not exist", str(self.folder / key))
        return read_regular_file(self.folder / key)

    def mark(self, state: FixState) -> None:
        """Record how far it is."""
        name = {FixState.DONE: _DONE, FixState.UNDOING: _UNDO, FixState.UNDONE: _UNDONE}[state]
        write_new_file(self.folder, name, b"")


def _state(marks: set[str]) -> FixState:
    if _UNDONE in marks:
        return FixState.UNDONE
    if _UNDO in marks:
        return FixState.UNDOING
    return FixState.DONE if _DONE in marks else FixState.STARTED


def unfinished_fix(parent: Listing, name: str) -> str | None:
    """The folder of the unfinished fix of an asset, relative to ``.aind-lint-fix``; None if there is none.

    Args:
        parent: The listing of ``.aind-lint-fix``.
        name: The name of the asset.
    """
    for key in parent.files:
        folder, slash, file = key.partition("/")
        if slash and file == _PLAN:
            marks = {mark for mark in (_DONE, _UNDO, _UNDONE) if f"{folder}/{mark}" in parent.files}
            if _state(marks).is_unfinished:
                with parent.open(key) as stream:
                    plan = parse_plan(stream.read(), f"{FOLDER}/{key}")
                if name in plan.names:
                    return folder
    return None


def records_of(parent: Path, name: str) -> list[FixRecord]:
    """The fixes of an asset, oldest first.

    Args:
        parent: The folder that contains the asset.
        name: A name of the asset, before or after the fix.

    Raises:
        UsageError: A plan cannot be read.
    """
    root = parent / FOLDER
    if not os.path.lexists(root):
        return []
    _require_real_folder(root)
    records = []
    for folder in root.iterdir():
        file = folder / _PLAN
        if is_real_folder(folder) and os.path.lexists(file):
            try:
                raw = read_regular_file(file)
            except OSError as error:
                raise UsageError(f"cannot read {file}: {os_error_reason(error)}") from None
            plan = parse_plan(raw, str(file))
            if name in plan.names:
                records.append(FixRecord(folder, plan))
    return sorted(records, key=lambda record: (record.plan.created, len(record.folder.name), record.folder.name))


@contextmanager
def locked(parent: Path) -> Iterator[Path]:
    """Create the folder of fixes beside an asset, and lock it for this process.

    Raises:
        UsageError: It cannot be created or locked, or another process has locked it.
    """
    root = parent / FOLDER
    try:
        with suppress(FileExistsError):
            root.mkdir()
        _require_real_folder(root)
        descriptor = open_regular_file(root / "lock", os.O_RDWR | os.O_CREAT)
        with os.fdopen(descriptor, "r+b") as file, try_exclusive_lock(file) as is_locked:
            if not is_locked:
                message = f"another 'aind-lint fix' is changing an asset in {parent}"
                raise UsageError(f"{message}; wait until it ends, and run the same command again")
            yield root
    except OSError as error:
        where = error.filename or root
        raise UsageError(f"cannot keep a record of the fix in {where}: {os_error_reason(error)}") from None


def create_record(root: Path, plan: FixPlan, contents: dict[str, tuple[Path, bytes]]) -> FixRecord:
    """Write everything that a fix needs, its plan last.

    Args:
        root: The folder of fixes.
        plan: The plan.
        contents: The file on disk, and its new content, by the name under which its old content is kept.

    Raises:
        OSError: It cannot be written; nothing has been changed then.
    """
    folder = _new_folder(root)
    for operation in plan.operations:
        if operation.action == "edit":
            assert operation.kept is not None and operation.new is not None
            source, content = contents[operation.kept]
            old = folder / operation.kept
            old.parent.mkdir(parents=True)
            shutil.copy2(source, old, follow_symlinks=False)
            sync_file(old)
            new = folder / operation.new
            new.parent.mkdir(parents=True)
            write_new_file(new.parent, new.name, content)
    write_new_file(folder, _PLAN, plan.to_json().encode("utf-8"))
    sync_folder(root)
    return FixRecord(folder, plan)


def _new_folder(root: Path) -> Path:
    time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H%M%SZ")
    number = 1
    while True:
        folder = root / (time if number == 1 else f"{time}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return folder


def write_new_file(folder: Path, name: str, content: bytes) -> None:
    """Write a file as a whole, so that it has this content, or does not exist, also after a power failure."""
    temporary = folder / f".{uuid.uuid4().hex}"
    with temporary.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / name)
    sync_folder(folder)


def sync_file(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk. Windows has no call for it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # not on every network drive
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_real_folder(root: Path) -> None:
    if not is_real_folder(root):
        raise UsageError(f"{root} is a link or a file, not a folder; remove it, because fixes keep their records there")
