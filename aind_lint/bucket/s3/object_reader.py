"""The bytes of an object on their way from a bucket."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from botocore.response import StreamingBody


class ObjectReader(io.RawIOBase):
    """The bytes of an object, with the failures of the network as `BucketError`."""

    def __init__(self, body: StreamingBody, fail: Callable[[Exception], NoReturn]) -> None:
        self._body = body
        self._fail = fail

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; how many bytes came."""
        try:
            chunk = self._body.read(len(buffer))
        except (BotoCoreError, OSError) as error:
            self._fail(error)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def close(self) -> None:
        """Give the connection back."""
        self._body.close()
        super().close()
