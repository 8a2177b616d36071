"""The errors that users see, each with one sentence and an exit code."""

from __future__ import annotations

import errno
import os

#: The end of a message about a record that a later version of this tool wrote.
NOT_SUPPORTED = "this version of aind-lint does not support; update aind-lint"


class AindLintError(Exception):
    """An error that ends the run with one line of text.

    Attributes:
        exit_code: The documented exit code of the command line.
    """

    exit_code = 2


class UsageError(AindLintError):
    """A path, option, rule file or configuration is not valid."""


class CheckCancelledError(AindLintError):
    """The caller does not need the result of a check any more."""


class UnreadableError(UsageError):
    """A file or folder of an asset cannot be read."""


class DeclinedError(UsageError):
    """The user answered no to a question, so nothing was done."""


class FileInUseError(UsageError):
    """Another program has a file of the asset open, and may still write it."""


class NoAssetError(AindLintError):
    """A path or an address contains no asset."""

    exit_code = 3


class UnfinishedAssetError(NoAssetError):
    """A prefix of a bucket is not an asset yet: its publication has not ended."""


class BucketError(AindLintError):
    """The bucket cannot be read or written."""

    exit_code = 4


class UnfinishedError(BucketError):
    """The bucket became unavailable during a publication; running the command again continues it."""


class UnsupportedServerError(BucketError):
    """The server ignores or refuses the condition that protects existing objects; trying again does not help."""


class ConflictError(AindLintError):
    """The destination contains something else under this name, or its content fails verification."""

    exit_code = 5


class DamagedError(ConflictError):
    """The control objects of an asset in the bucket are not as this tool writes them."""


#: Codes of Windows: another process has opened the file without sharing it, or has locked a part of it.
_IN_USE = (32, 33)


def os_error_reason(error: OSError) -> str:
    """What the operating system reports about a failed call, without the path: ``no such file or directory``.

    The first letter is lower case, so that the text can follow a colon. Texts of Windows, which are in the language of
    the user, are replaced by those of the C library, except for errors that only Windows has.
    """
    winerror = getattr(error, "winerror", None)
    if winerror in _IN_USE:
        return "it is being used by another process"
    known = winerror and error.errno not in (None, errno.EINVAL)
    text = os.strerror(error.errno or 0) if known else error.strerror
    reason = text or str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:]
