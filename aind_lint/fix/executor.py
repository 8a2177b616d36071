"""Making the changes of a plan, and undoing them. Both can be interrupted, and continue from what they find."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aind_lint.asset.listing.entry_kind import is_link, is_real_folder
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.errors import UsageError
from aind_lint.fix.fix_record import FixRecord, FixState, sync_file, sync_folder
from aind_lint.fix.plan import FixPlan, Operation, folder_digest
from aind_lint.sidecar.misnamed import intended_sidecar


class ChangedError(UsageError):
    """A file or folder is not as the plan of a fix says."""


def apply_fix(parent: Path, record: FixRecord) -> Path:
    """Make the changes of a plan, or those that an interrupted run has not made.

    Args:
        parent: The folder that contains the asset.
        record: The record of the fix.

    Returns:
        The folder of the asset.

    Raises:
        ChangedError: A file or folder is neither as before nor as after.
        OSError: A change cannot be made.
    """
    root = find_root(parent, record.plan)
    for operation in record.plan.operations:
        _FORWARD[operation.action](root, record.folder, operation)
    root = _rename_root(root, record.plan, record.plan.names[-1])
    record.mark(FixState.DONE)
    return root


def undo_fix(parent: Path, record: FixRecord) -> Path:
    """Undo the changes of a fix, also of an unfinished one; the parameters are those of `apply_fix`."""
    root = find_root(parent, record.plan)
    if record.state is FixState.DONE:
        require_unchanged(root, record)
    if record.state is not FixState.UNDOING:
        record.mark(FixState.UNDOING)
    root = _rename_root(root, record.plan, record.plan.asset)
    for operation in reversed(record.plan.operations):
        _BACKWARD[operation.action](root, record.folder, operation)
    record.mark(FixState.UNDONE)
    return root


def find_root(parent: Path, plan: FixPlan) -> Path:
    """The folder of the asset, under its old or its new name.

    Raises:
        ChangedError: There is none, or there are two.
    """
    found = [parent / name for name in plan.names if os.path.lexists(parent / name)]
    if len(found) == 2:
        raise ChangedError(f"both {found[0]} and {found[1]} exist; rename the one that is another asset")
    if not found or not is_real_folder(found[0]):
        raise ChangedError(f"there is no folder {parent / plan.asset}; move the asset back to {parent}")
    return found[0]


def require_original(root: Path, record_root: Path, plan: FixPlan) -> None:
    """Refuse to begin unless everything is as it was when the plan was made, and on one file system.

    Raises:
        ChangedError: Something has changed, or a new name is taken.
    """
    device = record_root.lstat().st_dev
    for key in ("", *(operation.origin for operation in plan.operations)):
        path = root / key
        if path.lstat().st_dev != device:
            message = f"{path} is on another file system than {record_root}, so nothing can be moved there"
            raise ChangedError(f"{message}; copy the asset to another folder and fix the copy")
    for operation in plan.operations:
        _require_no_link(root, operation.origin)
        if not _is_before(root / operation.origin, operation):
            raise ChangedError(
                f"{root / operation.origin} has changed since it was checked; run the same command again"
            )
    if plan.new_name is not None and os.path.lexists(root.with_name(plan.new_name)):
        raise ChangedError(f"{root.with_name(plan.new_name)} exists already")


def require_unchanged(root: Path, record: FixRecord) -> None:
    """Refuse to undo a fix if a file is not as the fix left it, or something has taken its old place.

    Raises:
        ChangedError: That is so.
    """
    edited = {operation.final for operation in record.plan.operations if operation.action == "edit"}
    for operation in record.plan.operations:
        path, kept = root / operation.final, record.folder / (operation.kept or "")
        if operation.action == "edit" and _sha256(path) != operation.after:
            raise ChangedError(
                f"{path} has changed since the fix, and undoing it would lose that change. "
                f"The file before the fix is {kept}"
            )
        if operation.action == "rename" and operation.final not in edited and not _is_before(path, operation):
            raise ChangedError(f"{path} has changed since the fix, so the fix cannot be undone")
        if operation.action == "move" and (os.path.lexists(path) or not _is_before(kept, operation)):
            is_taken = os.path.lexists(path)
            raise ChangedError(
                f"{path} exists again; move it away" if is_taken else f"{kept} has changed since the fix"
            )
    if record.plan.new_name is not None and os.path.lexists(root.with_name(record.plan.asset)):
        raise ChangedError(f"{root.with_name(record.plan.asset)} exists again")


def _apply_edit(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.new is not None
    _replace(root, folder, operation, operation.new, operation.before, operation.after)


def _undo_edit(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.kept is not None
    if not os.path.lexists(root / operation.key):
        return  # the fix was interrupted before the file got this name
    _replace(root, folder, operation, operation.kept, operation.after, operation.before)


def _replace(
    root: Path, folder: Path, operation: Operation, content: str, present: str | None, wanted: str | None
) -> None:
    """Replace a file as a whole by a copy of ``content`` in the folder of the fix."""
    path, source = root / operation.key, folder / content
    _require_no_link(root, operation.key)
    _require_no_link(folder, content)
    found = _sha256(path)
    if found == wanted:
        return
    if found != present:
        raise ChangedError(f"{path} was changed by another program; its content before the fix is in {folder}")
    if _sha256(source) != wanted:
        raise ChangedError(f"{source} was changed by another program, so {path} cannot be written")
    temporary = folder / f".{uuid.uuid4().hex}"
    shutil.copy2(source, temporary)
    info = path.lstat()
    with suppress(OSError):  # a file system without modes, or a file of another user
        temporary.chmod(stat.S_IMODE(info.st_mode))
        if hasattr(os, "chown"):
            os.chown(temporary, info.st_uid, info.st_gid)
    sync_file(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


def _apply_rename(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.to is not None
    _rename(root, operation.key, operation.to, operation)


def _undo_rename(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.to is not None
    if any(_exists(root / key) for key in (operation.to, operation.through) if key is not None):
        _rename(root, operation.to, operation.key, operation)


def _rename(root: Path, source: str, target: str, operation: Operation) -> None:
    """Rename a file or folder; if only the case changes, through a temporary name, since a system may ignore case."""
    through = operation.through or target
    for key in (source, through, target):
        _require_no_link(root, key)
    present = next((key for key in (source, through, target) if _exists(root / key)), source)
    _require_sidecar_or_folder(root / present, operation)
    if _exists(root / source):
        if os.path.lexists(root / through):
            raise ChangedError(f"{root / source} cannot be renamed: {root / through} exists")
        (root / source).rename(root / through)
    elif not _exists(root / through) and not _exists(root / target):
        raise ChangedError(f"there is neither {root / source} nor {root / target}")
    if through != target and _exists(root / through):
        if _exists(root / target):
            raise ChangedError(f"{root / through} cannot be renamed: {root / target} exists")
        (root / through).rename(root / target)
    sync_folder((root / target).parent)


def _require_sidecar_or_folder(path: Path, operation: Operation) -> None:
    """Refuse to rename a data file: a plan of another program may name one."""
    if os.path.lexists(path) and not is_real_folder(path) and intended_sidecar(operation.key) != operation.to:
        raise ChangedError(f"{path} is neither a folder nor a sidecar, so it is not renamed")


def _apply_move(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.kept is not None
    _require_no_link(root, operation.key)
    _require_no_link(folder, operation.kept)
    _move(root / operation.key, folder / operation.kept)


def _undo_move(root: Path, folder: Path, operation: Operation) -> None:
    assert operation.kept is not None
    _require_no_link(root, operation.key)
    _require_no_link(folder, operation.kept)
    if os.path.lexists(folder / operation.kept):
        _move(folder / operation.kept, root / operation.key)


def _move(source: Path, target: Path) -> None:
    if not os.path.lexists(source):
        if not os.path.lexists(target):
            raise ChangedError(f"there is neither {source} nor {target}")
        return
    if os.path.lexists(target):
        raise ChangedError(f"{source} cannot be moved: {target} exists")
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)


def _rename_root(root: Path, plan: FixPlan, name: str) -> Path:
    target = root if plan.new_name is None else root.with_name(name)
    if root != target:
        if os.path.lexists(target):
            raise ChangedError(f"{root} cannot be renamed: {target} exists")
        root.rename(target)
        sync_folder(target.parent)
    return target


def _is_before(path: Path, operation: Operation) -> bool:
    """Whether a file or folder, which is not edited yet, has the content of the plan."""
    if is_real_folder(path):
        if operation.before is None:
            return True
        files = sorted((f"/{key}", info.size) for key, info in scan_folder(path).files.items())
        return folder_digest(files, "") == operation.before
    if not os.path.lexists(path) or not stat.S_ISREG(path.lstat().st_mode):
        return False
    return path.lstat().st_size == operation.size and operation.before in (None, _sha256(path))


def _exists(path: Path) -> bool:
    """Whether there is a file or folder with exactly this name, also where the system ignores case."""
    return os.path.lexists(path) and path.name in os.listdir(path.parent)  # noqa: PTH208 - only names


def _require_no_link(root: Path, key: str) -> None:
    """Refuse a key, in the asset or in the folder of a fix, that is a link or leads through one."""
    path = root
    for part in ("", *key.split("/")):
        path = path / part
        if os.path.lexists(path) and is_link(path.lstat()):
            raise ChangedError(f"{path} is a link now; nothing behind a link is changed")


def _sha256(path: Path) -> str | None:
    if not os.path.lexists(path) or not stat.S_ISREG(path.lstat().st_mode):
        return None
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


_Step = Callable[[Path, Path, Operation], None]
_FORWARD: dict[str, _Step] = {"edit": _apply_edit, "rename": _apply_rename, "move": _apply_move}
_BACKWARD: dict[str, _Step] = {"edit": _undo_edit, "rename": _undo_rename, "move": _undo_move}
