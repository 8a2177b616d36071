"""The failure of a request for a small object."""

from __future__ import annotations

#: The code of a response that S3 does not give.
NOT_S3 = "NotS3"

#: The status of a request without a response.
NO_RESPONSE = 599


class RequestError(Exception):
    """A request failed, or it is unknown whether it succeeded.

    Attributes:
        reason: The server's answer or the failure, in a few words.
        code: The server's error code, or empty; `NOT_S3` for a response that S3 does not give.
        status: The HTTP status; `NO_RESPONSE` when there was no response.
        region: The region that the server names for a bucket in another region.
    """

    def __init__(self, reason: str, code: str = "", status: int = NO_RESPONSE, region: str = "") -> None:
        super().__init__(reason)
        self.region = region
        self.reason = reason
        self.code = code
        self.status = status

    @property
    def code_or_status(self) -> str:
        """The server's error code, or the HTTP status; empty when there was no response."""
        return self.code or ("" if self.status == NO_RESPONSE else str(self.status))
