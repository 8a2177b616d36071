"""Which checksum proves that bytes have arrived: one that the server computes too, or else reading them back.

The first write to a server has the CRC64NVME of the plan. A server that does not know it refuses the request, or
ignores the header, which its responses show. Then the next kind of `_KINDS` is tried, until one works.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from aind_lint.bucket.fallback_checksums import crc32c_of, md5_of
from aind_lint.bucket.store import Body

if TYPE_CHECKING:
    from aind_lint.bucket.s3.client import BucketClient

Kind = Literal["CRC64NVME", "CRC32C", "MD5", "reading back"]

#: From the checksum of the plan to what always works. CRC32, SHA-1 and SHA-256 came to S3 together with CRC32C, so
#: they would not help. The MD5 of a single write is its ETag, which is older than all of them.
_KINDS: tuple[Kind, ...] = ("CRC64NVME", "CRC32C", "MD5", "reading back")

#: Error codes of servers that do not know a checksum.
REFUSAL_CODES = ("InvalidRequest", "InvalidArgument", "NotImplemented", "501")

_MEANING = {
    "CRC32C": "each {what} is sent with its CRC32C instead, which the server compares and stores",
    "MD5": "each {what} is compared by its MD5 instead, which the server computes as its ETag",
    "reading back": "it supports neither CRC32C nor MD5, so each {what} is read back and compared before the "
    "commit, which takes about twice as long",
}


@dataclass(frozen=True)
class Checksum:
    """The checksum that is sent with one write.

    Attributes:
        kind: The kind.
        value: Its value in base64.
    """

    kind: Kind
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


def wrong_checksums() -> list[Checksum]:
    """One of each kind, all zeros, which no likely content has."""
    sizes = {"CRC64NVME": 8, "CRC32C": 4, "MD5": 16}
    return [Checksum(kind, base64.b64encode(bytes(sizes[kind])).decode()) for kind in _KINDS[:-1]]


class ChecksumNegotiator:
    """Finds which checksum a server computes for one kind of write."""

    def __init__(self, client: BucketClient, what: str = "object", base: ChecksumNegotiator | None = None) -> None:
        """Begin with the CRC64NVME of the plan.

        Args:
            client: The bucket.
            what: What is written, for the message.
            base: The negotiator of single writes; no better kind than its kind is tried.
        """
        self._client = client
        self._what = what
        self._base = base
        self._lock = Lock()
        self._rank = 0
        self._reason = ""
        self.settled = False

    @property
    def kind(self) -> Kind:
        """The kind that is tried, and once `settled`, the kind that works."""
        return _KINDS[max(self._rank, _KINDS.index(self._base.kind) if self._base and not self.settled else 0)]

    @property
    def is_planned(self) -> bool:
        """Whether the server is known to compute the CRC64NVME, which is in the plan."""
        return self.settled and self._rank == 0

    @property
    def refusal_codes(self) -> tuple[str, ...]:
        """Error codes that may mean that the server does not know the kind."""
        return () if self.settled or self.kind == _KINDS[-1] else REFUSAL_CODES

    def checksum_of(self, body: Body) -> Checksum:
        """The checksum to send with a body, which is read if the plan does not have that kind."""
        kind = self.kind
        if kind == "CRC64NVME":
            return Checksum(kind, body.crc64nvme)
        if kind == "reading back":
            return Checksum(kind)
        return Checksum(kind, crc32c_of(body) if kind == "CRC32C" else base64.b64encode(md5_of(body)).decode("ascii"))

    def reject(self, kind: Kind, reason: str = "it ignores the header") -> None:
        """Try the next kind from now on, unless another thread did so, or saw that this kind works."""
        with self._lock:
            if not self.settled and self.kind == kind != _KINDS[-1]:
                self._rank = _KINDS.index(kind) + 1
                self._reason = self._reason or reason

    def note_refusal(self, kind: Kind, error: ClientError) -> None:
        """Try the next kind because the server answered with an error."""
        self.reject(kind, f"it answers {error.response.get('Error', {}).get('Code')}")

    def is_proven(self, sent: Checksum, response: Any, head: Callable[[], Any] = dict) -> bool:
        """Whether the response, or else a HEAD, proves that the bytes have arrived; if not, try the next kind."""
        if sent.is_confirmed_by(response) or (
            not self.settled and sent.kind == "CRC64NVME" and sent.is_confirmed_by(head())
        ):
            self._settle(sent.kind)
            return True
        if self.is_planned and sent.kind == "CRC64NVME":
            return True  # this response has no checksum, but an earlier one showed that the server compares it
        if sent.kind == "CRC64NVME" and self._base and self._base.is_planned:
            return False  # the completed object may have one
        self.reject(sent.kind)
        if sent.kind == "reading back":
            self._settle(sent.kind)
        return False

    def _settle(self, kind: Kind) -> None:
        with self._lock:
            if self.settled:
                return
            self._rank = max(self._rank, _KINDS.index(kind))
            self.settled = True
        if self._rank and not (self._base and self._base.settled and self._base.kind == kind):
            reason, meaning = self._reason or "it ignores the header", _MEANING[kind].format(what=self._what)
            self._client.retries.on_retry(
                f"{self._client.url} does not support the checksum CRC64NVME ({reason}); {meaning}"
            )
