"""Metadata of Zarr that cannot be used, or is of an extension that is not known here."""

from __future__ import annotations

from typing import Any


class MalformedMetadataError(ValueError):
    """Metadata that no reader can use.

    Attributes:
        pointer: JSON pointer to the value.
    """

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


class UnknownExtensionError(ValueError):
    """Metadata of an extension of Zarr v3 that is not known here: its name, and where it is."""

    def __init__(self, pointer: str, name: object) -> None:
        super().__init__(f"{pointer.rpartition('/')[2] or 'it'} has the extension {str(name)[:60]!r}, unknown here")
        self.pointer = pointer


def require_object(value: Any, pointer: str) -> dict[str, Any]:
    """A value that must be a JSON object.

    Raises:
        MalformedMetadataError: It is none.
    """
    if not isinstance(value, dict):
        raise MalformedMetadataError(
            pointer, "a JSON object is needed here" if pointer else "the file is no JSON object"
        )
    return value
