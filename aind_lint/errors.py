"""The failures a user can cause or meet; each is one clear sentence and one exit code."""

from __future__ import annotations


class AindLintError(Exception):
    """A failure that ends the run with one line for a person.

    Attributes:
        exit_code: What the command line exits with, as the contract in the documentation says.
    """

    exit_code = 2


class UsageError(AindLintError):
    """The request itself cannot be carried out: a bad path, option, rule file or configuration."""


class DeclinedError(UsageError):
    """A person was asked, and said no: no error, but what was asked for is not done."""


class NoAssetError(AindLintError):
    """There is no asset where one was looked for."""

    exit_code = 3


class BucketError(AindLintError):
    """The bucket could not be read or written."""

    exit_code = 4


class UnfinishedError(BucketError):
    """The bucket could not be read or written any more when a publication had begun; running again goes on with it."""


class DamagedError(BucketError):
    """One of the tool's own objects in the bucket is not what the tool writes."""


class ConflictError(AindLintError):
    """The destination holds something else under this name, or what it holds fails verification."""

    exit_code = 5


def os_error_reason(error: OSError) -> str:
    """What the operating system reports about a failed call, without the path: ``no such file or directory``.

    The first letter is lower case, so that the text can follow a colon.
    """
    reason = error.strerror or str(error) or type(error).__name__
    return reason[:1].lower() + reason[1:]
