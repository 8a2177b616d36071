"""What proves that bytes have arrived: a checksum that the server computes as well, or else reading them back.

Every server is first sent the CRC64NVME of the plan. One that does not know it refuses the request, or takes no notice,
which its replies show; then the next of `_LADDER` is tried, until one holds.
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

#: From the one that is part of the plan to what always works. CRC32, SHA-1 and SHA-256 came to S3 together with
#: CRC32C; the MD5 of a single write is its ETag, and older than all of them.
_LADDER: tuple[Kind, ...] = ("CRC64NVME", "CRC32C", "MD5", "reading back")

#: Codes of servers that do not know a checksum.
REFUSALS = ("InvalidRequest", "InvalidArgument", "NotImplemented", "501")

_MEANING = {
    "CRC32C": "each {what} is sent with its CRC32C instead, which the server compares and keeps",
    "MD5": "each {what} is compared by its MD5 instead, which the server computes as its ETag",
    "reading back": "nor CRC32C or MD5: each {what} is read back and compared before anything is committed, "
    "which takes about twice as long",
}


@dataclass(frozen=True)
class Checksum:
    """What goes with one write.

    Attributes:
        kind: Which checksum.
        value: Its value in base64.
    """

    kind: Kind
    value: str = ""

    @property
    def arguments(self) -> Any:
        """It, as boto3 sends it."""
        if self.kind == "reading back":
            return {}
        return {"ContentMD5" if self.kind == "MD5" else f"Checksum{self.kind}": self.value}

    def shown_by(self, answer: Any) -> bool:
        """Whether the server has computed the same."""
        if self.kind == "MD5":
            return bool(answer["ETag"].strip('"') == base64.b64decode(self.value).hex())
        return bool(self.value) and answer.get(f"Checksum{self.kind}") == self.value


def wrong_sums() -> list[Checksum]:
    """One of each kind that nothing sensible has."""
    sizes = {"CRC64NVME": 8, "CRC32C": 4, "MD5": 16}
    return [Checksum(kind, base64.b64encode(bytes(sizes[kind])).decode()) for kind in _LADDER[:-1]]


class ChecksumNegotiator:
    """The proof that a server gives of one sort of writes."""

    def __init__(self, client: BucketClient, what: str = "object", before: ChecksumNegotiator | None = None) -> None:
        """``before`` is the proof of writes of which this sort consists too: it is not tried to do better."""
        self._client = client
        self._what = what
        self._before = before
        self._lock = Lock()
        self._rank = 0
        self._why = ""
        self.settled = False

    @property
    def kind(self) -> Kind:
        """What is tried, and, once it is settled, what holds."""
        return _LADDER[max(self._rank, _LADDER.index(self._before.kind) if self._before and not self.settled else 0)]

    @property
    def is_planned(self) -> bool:
        """Whether the server is known to compute the CRC64NVME of the plan."""
        return self.settled and self._rank == 0

    @property
    def refusals(self) -> tuple[str, ...]:
        """Codes of errors that may mean that the server does not know what was sent."""
        return () if self.settled or self.kind == _LADDER[-1] else REFUSALS

    def of(self, body: Body) -> Checksum:
        """What goes with a body, which may have to be read for it."""
        kind = self.kind
        if kind == "CRC64NVME":
            return Checksum(kind, body.crc64nvme)
        if kind == "reading back":
            return Checksum(kind)
        return Checksum(kind, crc32c_of(body) if kind == "CRC32C" else base64.b64encode(md5_of(body)).decode("ascii"))

    def give_up(self, kind: Kind, why: str = "takes no notice of it") -> None:
        """Try the next kind from now on, unless another thread has done so, or has seen this one to hold."""
        with self._lock:
            if not self.settled and self.kind == kind != _LADDER[-1]:
                self._rank = _LADDER.index(kind) + 1
                self._why = self._why or why

    def refused(self, kind: Kind, error: ClientError) -> None:
        """Try the next kind because of an error of the server."""
        self.give_up(kind, f"answers {error.response.get('Error', {}).get('Code')}")

    def shown(self, sent: Checksum, answer: Any, head: Callable[[], Any] = dict) -> bool:
        """Whether a reply, or else a look at the object, proves that what was sent has arrived; else try the next."""
        if sent.shown_by(answer) or (not self.settled and sent.kind == "CRC64NVME" and sent.shown_by(head())):
            self._settle(sent.kind)
            return True
        if self.is_planned and sent.kind == "CRC64NVME":
            return True  # its replies may be silent, but it has shown that it compares
        if sent.kind == "CRC64NVME" and self._before and self._before.is_planned:
            return False  # the whole object may show it
        self.give_up(sent.kind)
        if sent.kind == "reading back":
            self._settle(sent.kind)
        return False

    def _settle(self, kind: Kind) -> None:
        with self._lock:
            if self.settled:
                return
            self._rank = max(self._rank, _LADDER.index(kind))
            self.settled = True
        if self._rank and not (self._before and self._before.settled and self._before.kind == kind):
            why, meaning = self._why or "takes no notice of it", _MEANING[kind].format(what=self._what)
            self._client.retries.on_retry(f"{self._client.url} does not know the checksum CRC64NVME ({why}); {meaning}")
