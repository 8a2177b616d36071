"""What users read of an error of the operating system."""

from __future__ import annotations

import errno

import pytest

from aind_lint.errors import os_error_reason


class WindowsError(OSError):
    """An error with a code of Windows, on any system."""

    def __init__(self, number: int, winerror: int, text: str) -> None:
        super().__init__(number, text)
        self.winerror = winerror


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOENT, "No such file or directory"), "no such file or directory"),
        (OSError("only a text"), "only a text"),
        (OSError(), "OSError"),
        (
            WindowsError(errno.ENOENT, 3, "Das System kann den angegebenen Pfad nicht finden"),
            "no such file or directory",
        ),
        (WindowsError(errno.EACCES, 5, "Zugriff verweigert"), "permission denied"),
        (WindowsError(errno.EACCES, 32, "Der Prozess kann nicht zugreifen"), "it is being used by another process"),
        (WindowsError(errno.EINVAL, 1450, "Nicht genug Systemressourcen"), "nicht genug Systemressourcen"),
    ],
)
def test_the_reason_of_an_error(error: OSError, reason: str) -> None:
    assert os_error_reason(error).casefold() == reason.casefold()
