"""Log messages on standard error and in files: readable lines without credentials."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aind_lint.system.shared_folder import open_regular_file
from aind_lint.text.sanitize import sanitize

#: All loggers of this package are below this one.
LOGGER = logging.getLogger("aind_lint")
LOGGER.addHandler(logging.NullHandler())  # a program that configures no logging gets no output

#: What must not be written: user and password of an address, parameters of a signed address, headers, key ids.
_SECRETS = (
    re.compile(r"(?<=://)[^/\s@]+(?=@)"),
    re.compile(r"(?<=[?&]X-Amz-Signature=)[^&\s]+", re.IGNORECASE),
    re.compile(r"(?<=[?&]X-Amz-Credential=)[^&\s]+", re.IGNORECASE),
    re.compile(r"(?<=[?&]X-Amz-Security-Token=)[^&\s]+", re.IGNORECASE),
    re.compile(r"(?<=\bAuthorization: )[^\n]+", re.IGNORECASE),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"),
)

#: Environment variables whose values must not be written.
_SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AIND_LINT_WEBHOOK")

#: Shorter values are not replaced: they could be a part of any word.
_MIN_SECRET = 8


def redact(text: str) -> str:
    """The text with asterisks instead of credentials."""
    for variable in _SECRET_VARIABLES:
        if len(value := os.environ.get(variable, "")) >= _MIN_SECRET:
            text = text.replace(value, "***")
    for pattern in _SECRETS:
        text = pattern.sub("***", text)
    return text


class LineFormatter(logging.Formatter):
    """A timestamp and the message, with further lines indented; errors are marked FAILED."""

    def __init__(self) -> None:
        super().__init__("%(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        first, *further = redact(super().format(record)).split("\n")
        mark = "FAILED " if record.levelno >= logging.ERROR else ""
        lines = [f"{self.formatTime(record, self.datefmt)}  {mark}{sanitize(first)}"]
        return "\n".join([*lines, *(f"    {sanitize(line)}" for line in further)])


class _LogFile(RotatingFileHandler):
    """A log file; the first failure to write is reported once, and ends the log.

    In a folder that other users may write, ``follow_links`` is False: then no link is followed, and only the file that
    this handler has opened is renamed when it is full. If its name belongs to another file by then, the log ends.
    """

    def __init__(
        self, path: Path, max_bytes: int, backups: int, on_failure: Callable[[OSError], None], follow_links: bool
    ) -> None:
        self._follow_links = follow_links
        if follow_links and path.is_symlink():
            path = path.resolve()  # a full file is renamed next to itself, and the link stays
        super().__init__(path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8", errors="backslashreplace")
        self._on_failure = on_failure
        self._has_failed = False
        self.setFormatter(LineFormatter())

    def _open(self) -> TextIOWrapper:
        if self._follow_links:
            return super()._open()
        path = Path(self.baseFilename)
        descriptor = open_regular_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        stream = os.fdopen(descriptor, "ab")
        if os.fstat(descriptor).st_nlink > 1:
            stream.close()
            raise OSError(errno.EMLINK, "it is a hard link to another file", str(path))
        return TextIOWrapper(stream, encoding=self.encoding, errors=self.errors)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the name in logging
        """Whether the file is full, by the size of the open file, whatever its name belongs to now."""
        if self._follow_links:
            return bool(super().shouldRollover(record))
        size = os.fstat(self._descriptor()).st_size + len(self.format(record)) + 1
        return 0 < self.maxBytes <= size

    def doRollover(self) -> None:  # noqa: N802 - the name in logging
        """Rename the full file and begin a new one.

        Raises:
            OSError: The name belongs to another file.
        """
        if not self._follow_links and not os.path.samestat(os.fstat(self._descriptor()), os.lstat(self.baseFilename)):
            raise OSError(errno.EEXIST, "another file was put in its place", self.baseFilename)
        super().doRollover()

    def _descriptor(self) -> int:
        assert self.stream is not None  # it is opened at once, and after a failure nothing is written
        return self.stream.fileno()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless an earlier one could not be written."""
        if not self._has_failed:
            super().emit(record)

    def close(self) -> None:
        """Close the file; what a full disk did not take was reported before."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name in logging
        """Report the failure to write."""
        error = sys.exc_info()[1]
        if not self._has_failed and isinstance(error, OSError):
            self._has_failed = True
            self._on_failure(error)


@contextmanager
def log_file(
    path: Path, max_bytes: int, backups: int, on_failure: Callable[[OSError], None], follow_links: bool = True
) -> Iterator[None]:
    """Write all messages, debug messages included, to a file inside the context.

    Args:
        path: The file; it is created.
        max_bytes: The size at which the file is renamed and begun again.
        backups: How many renamed files are kept.
        on_failure: Called once if a message cannot be written.
        follow_links: Whether the path may be a link or a device; not in a folder that other users may write.

    Raises:
        OSError: The file cannot be created.
    """
    with _handling(_LogFile(path, max_bytes, backups, on_failure, follow_links), LOGGER):
        yield


@contextmanager
def log_to_stderr(level: int, logger: logging.Logger = LOGGER) -> Iterator[None]:
    """Show messages of a level or above on standard error inside the context."""
    if sys.stderr is None:  # under pythonw and some schedulers
        yield
        return
    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(LineFormatter())
    with _handling(handler, logger):
        yield


@contextmanager
def _handling(handler: logging.Handler, logger: logging.Logger) -> Iterator[None]:
    level = LOGGER.level
    logger.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)  # each handler has its own level
    try:
        yield
    finally:
        logger.removeHandler(handler)
        LOGGER.setLevel(level)
        handler.close()
