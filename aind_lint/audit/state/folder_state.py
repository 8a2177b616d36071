"""The state of audits in a folder. Its lock is the system's, which releases it when the process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aind_lint.audit.state.state_store import LOCK, StateInUseError
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.system.file_locks import try_exclusive_lock

#: Name of a file that is being written.
_TEMPORARY = ".*.audit-tmp"


class FolderState:
    """A state in a folder."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._error(error) from None

    def _error(self, error: OSError) -> UsageError:
        return UsageError(f"cannot use the state folder {self._folder}: {os_error_reason(error)}")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The system releases this lock when the process ends, however it ends."""
        try:
            file = (self._folder / LOCK).open("a+b")
        except OSError as error:
            raise self._error(error) from None
        with file, try_exclusive_lock(file) as is_locked:
            if not is_locked:
                raise StateInUseError(
                    f"another audit uses {self.address}; wait until it has finished, or name another --state"
                )
            for path in (*self._folder.glob(_TEMPORARY), *self._folder.glob(f"*/{_TEMPORARY}")):
                path.unlink(missing_ok=True)  # of an audit that was killed
            yield

    def names(self, folder: str) -> list[str]:
        """The files of a folder."""
        with suppress(FileNotFoundError):
            return sorted(f"{folder}/{path.name}" for path in (self._folder / folder).iterdir() if path.is_file())
        return []

    def read(self, name: str) -> bytes | None:
        """The bytes of a file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._error(error) from None

    def local(self, name: str, spill: Path) -> Path | None:
        """The file itself."""
        path = self._folder / name
        return path if path.is_file() else None

    def write(self, name: str, content: Path | bytes) -> None:
        """Write a temporary file and rename it."""
        target = self._folder / name
        temporary = target.with_name(_TEMPORARY.replace("*", target.name))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                temporary.write_bytes(content)
            else:
                with content.open("rb") as source, temporary.open("wb") as copy:
                    while chunk := source.read(1 << 20):
                        copy.write(chunk)
            temporary.replace(target)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise self._error(error) from None

    def move(self, name: str, new_name: str) -> None:
        """Rename a file."""
        try:
            (self._folder / name).replace(self._folder / new_name)
        except OSError as error:
            raise self._error(error) from None

    def remove(self, name: str) -> None:
        """Remove a file."""
        with suppress(OSError):
            (self._folder / name).unlink()
