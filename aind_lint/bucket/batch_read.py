"""Reading many small objects of a store, each in the version that a listing has shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from aind_lint.errors import BucketError, os_error_reason

#: Why an object that a listing has shown is not read.
CHANGED_SINCE_LISTED = "in flight: it changed after it was listed"
GONE_SINCE_LISTED = "in flight: it is no longer there"


class ObjectRequest(NamedTuple):
    """An object to read.

    Attributes:
        key: Key below the store's root.
        size: Bytes, as listed.
        etag: ETag, as listed; with None any version is read.
    """

    key: str
    size: int
    etag: str | None = None


class ObjectContent(NamedTuple):
    """The answer to an `ObjectRequest`.

    Attributes:
        key: The key of the request.
        content: The bytes; None if they could not be read.
        reason: Why they could not be read; empty if they could.
        requests: How many requests it took.
    """

    key: str
    content: bytes | None
    reason: str = ""
    requests: int = 1


def read_one_by_one(
    open_object: Callable[[str], BinaryIO], requests: Iterable[ObjectRequest]
) -> Iterator[ObjectContent]:
    """Read objects of a store that answers at once: a folder, or memory."""
    for request in requests:
        try:
            with open_object(request.key) as stream:
                content = stream.read(request.size + 1)
        except (FileNotFoundError, KeyError):
            yield ObjectContent(request.key, None, GONE_SINCE_LISTED)
        except OSError as error:
            yield ObjectContent(request.key, None, os_error_reason(error))
        except BucketError as error:
            yield ObjectContent(request.key, None, str(error))
        else:
            same = len(content) == request.size
            yield ObjectContent(request.key, content if same else None, "" if same else CHANGED_SINCE_LISTED)
