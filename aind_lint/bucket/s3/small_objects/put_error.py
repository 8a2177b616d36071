"""The failure of a request that stores a small object."""

from __future__ import annotations

#: The code of a response that S3 does not give.
NOT_S3 = "NotS3"


class PutError(Exception):
    """An object was not stored, or it is unknown whether it was.

    Attributes:
        reason: The server's answer or the failure, in a few words.
        code: The server's error code, or empty; `NOT_S3` for a response that S3 does not give.
        status: The HTTP status; 599 when there was no response.
        region: The region that the server names for a bucket in another region.
    """

    def __init__(self, reason: str, code: str = "", status: int = 599, region: str = "") -> None:
        super().__init__(reason)
        self.region = region
        self.reason = reason
        self.code = code
        self.status = status
