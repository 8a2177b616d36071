"""What is in one folder on disk."""

from __future__ import annotations

import os
from pathlib import Path

from aind_lint.asset.listing.entry_kind import is_folder_entry
from aind_lint.errors import UnreadableError, os_error_reason


def entry_names(folder: Path) -> list[str]:
    """The names of everything in a folder.

    Raises:
        UnreadableError: It cannot be listed.
    """
    try:
        return os.listdir(folder)  # noqa: PTH208 - only the names are needed
    except OSError as error:
        raise UnreadableError(f"cannot read the folder {folder}: {os_error_reason(error)}") from None


def folder_names(folder: Path) -> list[str]:
    """The names of the folders in a folder.

    Raises:
        UnreadableError: It cannot be listed.
    """
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if is_folder_entry(entry)]
    except OSError as error:
        raise UnreadableError(f"cannot read the folder {folder}: {os_error_reason(error)}") from None
