"""Where the state of audits is kept: a folder, or a prefix in S3. Files are replaced as a whole.

One audit at a time uses a state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from aind_lint.errors import UsageError

#: Name of the lock in a state.
LOCK = "lock"


class StateInUseError(UsageError):
    """Another audit uses the state."""


class StateStore(Protocol):
    """Files by name; a name can contain ``/``. Methods raise `UsageError` or `BucketError` if they fail.

    Attributes:
        address: The folder or ``s3://`` address.
    """

    address: str

    def lock(self) -> Any:
        """A context in which no other audit uses the state; raises `StateInUseError`."""

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, with the folder, sorted."""

    def read(self, name: str) -> bytes | None:
        """A whole small file; None if it does not exist."""

    def local(self, name: str, spill: Path) -> Path | None:
        """A path of a file on this computer; under ``s3://`` it is downloaded to ``spill``."""

    def write(self, name: str, content: Path | bytes) -> None:
        """Write a file, or replace it as a whole."""

    def move(self, name: str, new_name: str) -> None:
        """Give a file another name, and replace what has that name. The old name may stay until it is removed."""

    def remove(self, name: str) -> None:
        """Remove a file, if it exists."""
