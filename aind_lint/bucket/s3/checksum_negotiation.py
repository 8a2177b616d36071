"""Which checksum proves that bytes have arrived: one that the server computes too, or else reading them back.

The first write to a server has the CRC64NVME of the plan. A server that does not know it refuses the request, or
ignores the header, which its responses show. Then the next kind of `_PREFERENCE` is tried, until one works.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from aind_lint.bucket.body import Body
from aind_lint.bucket.destination.fallback_checksums import crc32c_of, md5_of

if TYPE_CHECKING:
    from aind_lint.bucket.s3.client import BucketClient

ChecksumKind = Literal["CRC64NVME", "CRC32C", "MD5", "reading back"]

#: From the checksum of the plan to what always works. CRC32, SHA-1 and SHA-256 came to S3 together with CRC32C, so
#: they would not help. The MD5 of a single write is its ETag, which is older than all of them.
_PREFERENCE: tuple[ChecksumKind, ...] = ("CRC64NVME", "CRC32C", "MD5", "reading back")

#: Error codes of servers that do not know a checksum, or a condition. A code that is a number is the status of a
#: response without a code.
REFUSAL_CODES = ("InvalidRequest", "InvalidArgument", "BadRequest", "NotImplemented", "400", "501")

_NOTICES = {
    "CRC32C": "each {noun} is sent with its CRC32C instead, which the server compares and stores",
    "MD5": "each {noun} is compared by its MD5 instead, which the server computes as its ETag",
    "reading back": "it supports neither CRC32C nor MD5, so each {noun} is read back and compared before the "
    "commit, which takes about twice as long",
}


@dataclass(frozen=True)
class Checksum:
    """The checksum that is sent with one write.

    Attributes:
        kind: The kind.
        value: Its value in base64.
    """

    kind: ChecksumKind
    value: str = ""

    @property
    def arguments(self) -> Any:
        """The arguments of boto3's request."""
        if self.kind == "reading back":
            return {}
        return {"ContentMD5" if self.kind == "MD5" else f"Checksum{self.kind}": self.value}

    def is_confirmed_by(self, response: Any) -> bool:
        """Whether a response shows that the server computed the same checksum."""
        if self.kind == "MD5":
            return bool(response["ETag"].strip('"') == base64.b64decode(self.value).hex())
        return bool(self.value) and response.get(f"Checksum{self.kind}") == self.value


def invalid_checksums() -> list[Checksum]:
    """One of each kind, all zeros, which no likely content has."""
    sizes = {"CRC64NVME": 8, "CRC32C": 4, "MD5": 16}
    return [Checksum(kind, base64.b64encode(bytes(sizes[kind])).decode()) for kind in _PREFERENCE[:-1]]


class ChecksumNegotiator:
    """Finds which checksum a server computes for one kind of write."""

    def __init__(self, client: BucketClient, noun: str = "object", base: ChecksumNegotiator | None = None) -> None:
        """Begin with the CRC64NVME of the plan.

        Args:
            client: The bucket.
            noun: What is written, for the message.
            base: The negotiator of single writes; no better kind than its kind is tried.
        """
        self._client = client
        self._noun = noun
        self._base = base
        self._lock = Lock()
        self._rank = 0
        self._reason = ""
        self.is_decided = False

    @property
    def kind(self) -> ChecksumKind:
        """The kind that is tried, and once `is_decided`, the kind that works."""
        return _PREFERENCE[
            max(self._rank, _PREFERENCE.index(self._base.kind) if self._base and not self.is_decided else 0)
        ]

    @property
    def uses_planned_checksum(self) -> bool:
        """Whether the server is known to compute the CRC64NVME, which is in the plan."""
        return self.is_decided and self._rank == 0

    @property
    def refusal_codes(self) -> tuple[str, ...]:
        """Error codes that may mean that the server does not know the kind."""
        return () if self.is_decided or self.kind == _PREFERENCE[-1] else REFUSAL_CODES

    def checksum_of(self, body: Body) -> Checksum:
        """The checksum to send with a body, which is read if the plan does not have that kind."""
        kind = self.kind
        if kind == "CRC64NVME":
            return Checksum(kind, body.crc64nvme)
        if kind == "reading back":
            return Checksum(kind)
        return Checksum(kind, crc32c_of(body) if kind == "CRC32C" else base64.b64encode(md5_of(body)).decode("ascii"))

    def reject(self, kind: ChecksumKind, reason: str = "it ignores the header") -> None:
        """Try the next kind from now on, unless another thread did so, or saw that this kind works."""
        with self._lock:
            if not self.is_decided and self.kind == kind != _PREFERENCE[-1]:
                self._rank = _PREFERENCE.index(kind) + 1
                self._reason = self._reason or reason

    def note_refusal(self, kind: ChecksumKind, error: ClientError) -> None:
        """Try the next kind because the server answered with an error."""
        self.reject(kind, f"it answers {error.response.get('Error', {}).get('Code')}")

    def confirm(self, checksum: Checksum, response: Any, head: Callable[[], Any] = dict) -> bool:
        """Whether the response, or else a HEAD, proves that the bytes have arrived; if not, try the next kind."""
        if checksum.is_confirmed_by(response) or (
            not self.is_decided and checksum.kind == "CRC64NVME" and checksum.is_confirmed_by(head())
        ):
            self._decide(checksum.kind)
            return True
        if self.uses_planned_checksum and checksum.kind == "CRC64NVME":
            return True  # this response has no checksum, but an earlier one showed that the server compares it
        if checksum.kind == "CRC64NVME" and self._base and self._base.uses_planned_checksum:
            return False  # the completed object may have one
        self.reject(checksum.kind)
        if checksum.kind == "reading back":
            self._decide(checksum.kind)
        return False

    def _decide(self, kind: ChecksumKind) -> None:
        with self._lock:
            if self.is_decided:
                return
            self._rank = max(self._rank, _PREFERENCE.index(kind))
            self.is_decided = True
        if self._rank and not (self._base and self._base.kind == kind):
            reason, notice = self._reason or "it ignores the header", _NOTICES[kind].format(noun=self._noun)
            self._client.retries.on_retry(
                f"{self._client.url} does not support the checksum CRC64NVME ({reason}); {notice}"
            )
