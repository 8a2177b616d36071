"""Large objects in parts: each part with the checksum of the plan, completed only under a free key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from aind_lint.bucket.s3.byte_budget import ByteBudget
from aind_lint.bucket.s3.checksum_negotiation import Checksum, ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.failures import code_of
from aind_lint.bucket.s3.multipart_uploads import MultipartUploads
from aind_lint.bucket.s3.part_reader import PartReader
from aind_lint.bucket.s3.parts import Part, is_part, parts_of
from aind_lint.bucket.store import Body, ContentChangedError, ResumeState
from aind_lint.errors import BucketError, ConflictError
from aind_lint.storage.checksum import combine_crc32c, crc64nvme, encode_crc, encode_crc32c
from aind_lint.system.thread_pool import run_in_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Parts sent at once, of one object and of all; so many objects are also the most that are under way.
_PARTS_OF_ONE, _PARTS = 4, 16

#: Bytes of parts that are in memory at once; they are only where a server needs a checksum that is not planned.
_ROOM = 64 * 2**20

#: How often an upload is begun again after another publisher, or an abandon, has ended it.
_BEGINNINGS = 4

_TAKEN = ("PreconditionFailed", "412")
_LOST = ("NoSuchUpload", "404", "ConditionalRequestConflict", "409")


@dataclass
class _Sending:
    """An object on its way.

    Attributes:
        done: By number, what completing has to say of each part that is stored.
        whole: Whether the server keeps one checksum of the whole.
        proven: Whether every part has been shown to have arrived.
    """

    key: str
    body: Body
    parts: list[Part]
    resume_state: ResumeState
    id: str = ""
    done: dict[int, dict[str, Any]] = field(default_factory=dict)
    whole: bool = False
    proven: bool = True


class MultipartUploader:
    """Sends large objects to a bucket.

    Attributes:
        proof: What proves that a part has arrived.
        uploads: Those that are under way, by this run and others.
    """

    def __init__(self, client: BucketClient, proof: ChecksumNegotiator, prove: Callable[[str, Body], bool]) -> None:
        """``proof`` is that of single writes; ``prove`` looks at an object that no reply has proven."""
        self.proof = ChecksumNegotiator(client, "part of a large object", proof)
        self._client = client
        self._prove = prove
        self._slots, self._objects = BoundedSemaphore(_PARTS), BoundedSemaphore(_PARTS)
        self._room = ByteBudget(_ROOM)
        self.uploads = MultipartUploads(client, self.proof)

    def put(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> bool:
        """Store an object under a free key, beginning with the parts that are there already; False when it is taken.

        What fails because of the network keeps its parts, so that running again goes on where this ended.

        Raises:
            ContentChangedError: The bytes are not those of the plan.
            BucketError: The bucket cannot be written.
        """
        with self._objects:  # what is known of parts takes memory
            return self._put(key, body, tag, resume_state)

    def _put(self, key: str, body: Body, tag: str, resume_state: ResumeState | None) -> bool:
        parts = parts_of(body)
        for _ in range(_BEGINNINGS):
            if self.uploads.stopping.is_set():  # one that was aborted for that is not begun again
                break
            sending = _Sending(key, body, parts, resume_state or ResumeState())
            if not self._resume(sending):
                self._begin(sending, tag)
            self.uploads.own(key, sending.id)
            try:
                missing = [part for part in parts if part.number not in sending.done]
                run_in_threads(missing, lambda part: self._send(sending, part), _PARTS_OF_ONE, Event())  # noqa: B023
                created = self._complete(sending)
            except ClientError as error:
                if code_of(error) not in _LOST:
                    raise
                self.uploads.leave(key, sending.id)
                # It has been completed by an earlier try, or by another publisher; or aborted by somebody.
                if self._is_there(key):
                    return False
                continue
            except ConflictError:  # the file has changed, or the attempt is decided: nobody will complete it
                self.uploads.leave(key, sending.id)
                raise
            if not created:
                self.uploads.leave(key, sending.id)
            self.uploads.disown(key, sending.id)
            if created and not sending.proven and not self._prove(key, body):
                self.proof.give_up("CRC64NVME")
            return created
        raise BucketError(f"cannot write {self._client.url}: the upload of {key} is aborted again and again")

    def _is_there(self, key: str) -> bool:
        try:
            self._client.call(
                "look at",
                lambda s3: s3.head_object(Bucket=self._client.bucket, Key=key),
                expected_errors=("404", "NoSuchKey", "NotFound"),
            )
        except ClientError:
            return False
        return True

    def _begin(self, sending: _Sending, tag: str) -> None:
        made = self.uploads.begin(sending.key, tag)
        sending.id = made["UploadId"]
        sending.whole = made.get("ChecksumType") == "FULL_OBJECT"
        sending.resume_state.record(sending.id, 0, "")

    def _resume(self, sending: _Sending) -> bool:
        """Go on with an unfinished upload of this object, if there is one with parts as planned, or one of our own."""
        known = sending.resume_state.upload_id
        if known and self._continue(sending, known, sending.resume_state.part_etags):
            return True
        try:
            found = [upload.id for upload in self.uploads.listed(sending.key) if upload.key == sending.key]
        except BucketError:  # without the permission to list uploads there is nothing to go on with
            return False
        return any(self._continue(sending, upload, {}) and bool(sending.done) for upload in found if upload != known)

    def _continue(self, sending: _Sending, upload: str, etags: Mapping[int, str]) -> bool:
        """Take over the parts of an upload that are as planned; False when they cannot be listed, or it is over."""
        try:
            there = self.uploads.parts(sending.key, upload)
        except (ClientError, BucketError):
            return False
        sending.id = upload
        sending.done = {
            part.number: {name: found[name] for name in found if name == "ETag" or name.startswith("Checksum")}
            for part in sending.parts
            if (found := there.get(part.number)) and is_part(found, part, sending.body, etags.get(part.number))
        }
        return True

    def _send(self, sending: _Sending, part: Part) -> None:
        while True:
            kind = self.proof.kind
            try:
                sent, answer = self._client.call(
                    "write",
                    lambda s3: (
                        self._stream(s3, sending, part)
                        if kind == "CRC64NVME"  # noqa: B023
                        else self._send_held(s3, sending, part)
                    ),
                    expected_errors=(*_LOST[:2], *self.proof.refusals),
                )
                break
            except ClientError as error:
                if code_of(error) in _LOST:
                    raise
                self.proof.refused(kind, error)
        if not self.proof.shown(sent, answer):
            sending.proven = False
        named = {} if sent.kind == "MD5" else sent.arguments
        sending.done[part.number] = {"ETag": answer["ETag"], **named}
        sending.resume_state.record(sending.id, part.number, answer["ETag"])

    def _stream(self, s3: S3Client, sending: _Sending, part: Part) -> tuple[Checksum, Any]:
        """Send a part as it is read, with the checksum of the plan."""
        sent = Checksum("CRC64NVME", encode_crc(part.crc))
        with self._slots, sending.body.open() as stream:
            stream.seek(part.offset)
            reading = PartReader(stream, part.size)
            try:
                return sent, self._upload(s3, sending, part, cast(BinaryIO, reading), sent)
            finally:
                if reading.complete and reading.crc != part.crc:
                    raise ContentChangedError(sending.key)

    def _send_held(self, s3: S3Client, sending: _Sending, part: Part) -> tuple[Checksum, Any]:
        """Send a part with another checksum, for which it has to be in memory: it is read only once."""
        with self._slots, self._room.reserve(min(part.size, _ROOM)):
            with sending.body.open() as stream:
                stream.seek(part.offset)
                content = stream.read(part.size)
            if crc64nvme(content) != part.crc:
                raise ContentChangedError(sending.key)
            sent = self.proof.of(Body(part.size, encode_crc(part.crc), lambda: BytesIO(content)))
            return sent, self._upload(s3, sending, part, BytesIO(content), sent)

    def _upload(self, s3: S3Client, sending: _Sending, part: Part, content: BinaryIO, sent: Checksum) -> Any:
        return s3.upload_part(
            Bucket=self._client.bucket,
            Key=sending.key,
            UploadId=sending.id,
            PartNumber=part.number,
            Body=content,
            ContentLength=part.size,
            **sent.arguments,
        )

    def _complete(self, sending: _Sending) -> bool:
        planned = self.proof.kind == "CRC64NVME"
        listed: Any = [
            {
                "PartNumber": part.number,
                **sending.done[part.number],
                **({"ChecksumCRC64NVME": encode_crc(part.crc)} if planned else {}),
            }
            for part in sending.parts
        ]
        whole: Any = {}
        if planned:
            whole = {"ChecksumCRC64NVME": sending.body.crc64nvme, "ChecksumType": "FULL_OBJECT"}
        elif sending.whole and all("ChecksumCRC32C" in part for part in sending.done.values()):
            sums = ((base64.b64decode(done["ChecksumCRC32C"]), part) for part, done in _in_order(sending))
            crc = combine_crc32c((int.from_bytes(raw, "big"), part.size) for raw, part in sums)
            whole = {"ChecksumCRC32C": encode_crc32c(crc), "ChecksumType": "FULL_OBJECT"}
        try:
            self._client.call(
                "write",
                lambda s3: s3.complete_multipart_upload(
                    Bucket=self._client.bucket,
                    Key=sending.key,
                    UploadId=sending.id,
                    MultipartUpload={"Parts": listed},
                    IfNoneMatch="*",
                    MpuObjectSize=sending.body.size,
                    **whole,
                ),
                expected_errors=(*_TAKEN, *_LOST),
            )
        except ClientError as error:
            if code_of(error) in _TAKEN:
                return False
            raise
        return True


def _in_order(sending: _Sending) -> list[tuple[Part, dict[str, Any]]]:
    return [(part, sending.done[part.number]) for part in sending.parts]
