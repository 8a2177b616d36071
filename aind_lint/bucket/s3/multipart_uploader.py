"""Multipart uploads of large objects: each part with its planned checksum, completed only under a free key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from aind_lint.bucket.body import Body, ContentChangedError
from aind_lint.bucket.s3.checksum_negotiation import REFUSAL_CODES, Checksum, ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.memory_budget import ByteBudget
from aind_lint.bucket.s3.multipart_requests import MultipartUploads
from aind_lint.bucket.s3.parts import Part, is_part, parts_of
from aind_lint.bucket.s3.s3_errors import code_of, refused_condition_error, require_etag
from aind_lint.bucket.s3.streams import PartReader
from aind_lint.bucket.store import ResumeState
from aind_lint.errors import BucketError, ConflictError
from aind_lint.storage.checksum import combine_crc32c, crc64nvme, decode_crc, encode_crc, encode_crc32c
from aind_lint.system.concurrency_limits import MAX_PARTS, PARTS_OF_ONE_OBJECT
from aind_lint.system.thread_pool import run_in_threads

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Bytes of parts in memory; a part is in memory only if the server needs a checksum that is not in the plan.
_PART_MEMORY = 64 * 2**20

#: How often an upload is created again after another publisher, or an abandonment, has ended it.
_MAX_CREATIONS = 4

#: The tag of the object that a completion leaves where the server ignores the condition.
_PROBE_TAG = "probe"

_KEY_TAKEN = ("PreconditionFailed", "412")
_UPLOAD_GONE = ("NoSuchUpload", "404", "ConditionalRequestConflict", "409")


@dataclass
class _ObjectUpload:
    """The upload of one object.

    Attributes:
        stored_parts: By number, the ETag and checksum of each stored part, for the request that completes the upload.
        has_full_checksum: Whether the server stores one checksum of the whole object.
        is_proven: Whether responses have proven that every part has arrived.
    """

    key: str
    body: Body
    parts: list[Part]
    resume_state: ResumeState
    id: str = ""
    stored_parts: dict[int, dict[str, Any]] = field(default_factory=dict)
    has_full_checksum: bool = False
    is_confirmed: bool = True


class MultipartUploader:
    """Sends large objects to a bucket.

    Attributes:
        negotiator: Finds the checksum of parts.
        uploads: The uploads of this run and others.
    """

    def __init__(
        self, client: BucketClient, object_negotiator: ChecksumNegotiator, verify_stored: Callable[[str, Body], bool]
    ) -> None:
        """``object_negotiator`` is that of single writes; ``verify_stored`` compares an unconfirmed object."""
        self.negotiator = ChecksumNegotiator(client, "part of a large object", object_negotiator)
        self._client = client
        self._verify_stored = verify_stored
        self._part_slots, self._object_slots = BoundedSemaphore(MAX_PARTS), BoundedSemaphore(MAX_PARTS)
        self._memory = ByteBudget(_PART_MEMORY)
        self.uploads = MultipartUploads(client, self.negotiator)

    def put(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> str | None:
        """Store an object under a free key, reusing the parts that are stored already; its ETag, None if it is taken.

        After a network failure the stored parts stay, so that the next run continues.

        Raises:
            ContentChangedError: The bytes are not those of the plan.
            BucketError: The bucket cannot be written.
        """
        with self._object_slots:  # the list of parts takes memory
            return self._put(key, body, tag, resume_state)

    def _put(self, key: str, body: Body, tag: str, resume_state: ResumeState | None) -> str | None:
        parts = parts_of(body)
        for _ in range(_MAX_CREATIONS):
            if self.uploads.stopping.is_set():  # an upload that was aborted because of that is not created again
                break
            upload = _ObjectUpload(key, body, parts, resume_state or ResumeState())
            if not self._resume(upload):
                self._create(upload, tag)
            self.uploads.add(key, upload.id)
            try:
                missing = [part for part in parts if part.number not in upload.stored_parts]
                run_in_threads(missing, lambda part: self._send(upload, part), PARTS_OF_ONE_OBJECT, Event())  # noqa: B023
                etag = self._complete(upload)
            except ClientError as error:
                if code_of(error) not in _UPLOAD_GONE:
                    raise
                self.uploads.try_abort(key, upload.id)
                # An earlier try or another publisher has completed it, or another program has aborted it.
                if self._exists(key):
                    return None
                continue
            except (
                ConflictError
            ):  # the file has changed or the attempt has ended, so the upload will never be completed
                self.uploads.try_abort(key, upload.id)
                raise
            if etag is None:
                self.uploads.try_abort(key, upload.id)
            self.uploads.discard(key, upload.id)
            if etag is not None and not upload.is_confirmed and not self._verify_stored(key, body):
                self.negotiator.reject("CRC64NVME")
            return etag
        raise BucketError(f"cannot write {self._client.url}: another program keeps aborting the upload of {key}")

    def refuses_completion(self, key: str, body: Body) -> bool:
        """Whether the server refuses to complete an upload of ``body``, which is stored at ``key`` already.

        Raises:
            UnsupportedServerError: The server refuses the condition, whatever checksum is sent.
            BucketError: The bucket cannot be written.
        """
        single_part = replace(body, parts=(decode_crc(body.crc64nvme),))
        for _ in range(2 * _MAX_CREATIONS):  # each kind of checksum may be refused
            upload = _ObjectUpload(key, single_part, parts_of(single_part), ResumeState())
            self._create(upload, _PROBE_TAG)
            kind = self.negotiator.kind
            try:
                self._send(upload, upload.parts[0])
                kind = self.negotiator.kind
                response = self._request_completion(upload, REFUSAL_CODES)
                if response is None:
                    return True
                if not response.get("Key"):  # some servers that ignore the condition answer without an ETag
                    require_etag(response, self._client.url, "CompleteMultipartUpload")
                return False
            except ClientError as error:
                if code_of(error) in REFUSAL_CODES:
                    if kind == "reading back" or self.negotiator.is_decided:
                        raise refused_condition_error(self._client.url, error) from None
                    self.negotiator.note_refusal(kind, error)
                elif code_of(error) not in _UPLOAD_GONE:
                    raise
            finally:
                self.uploads.try_abort(key, upload.id)
        raise BucketError(f"cannot write {self._client.url}: another program keeps aborting the upload of {key}")

    def _exists(self, key: str) -> bool:
        try:
            self._client.call(
                "look at",
                lambda s3: s3.head_object(Bucket=self._client.bucket, Key=key),
                expected_errors=("404", "NoSuchKey", "NotFound"),
            )
        except ClientError:
            return False
        return True

    def _create(self, upload: _ObjectUpload, tag: str) -> None:
        created = self.uploads.create(upload.key, tag)
        upload.id = created["UploadId"]
        upload.has_full_checksum = created.get("ChecksumType") == "FULL_OBJECT"
        upload.resume_state.record(upload.id, 0, "")

    def _resume(self, upload: _ObjectUpload) -> bool:
        """Continue an unfinished upload of this object: one of this machine, or one that has parts as planned."""
        known = upload.resume_state.upload_id
        if known and self._continue(upload, known, upload.resume_state.part_etags):
            return True
        try:
            found = [other.id for other in self.uploads.find(upload.key) if other.key == upload.key]
        except BucketError:  # without the permission to list uploads, none can be continued
            return False
        return any(self._continue(upload, id_, {}) and bool(upload.stored_parts) for id_ in found if id_ != known)

    def _continue(self, upload: _ObjectUpload, upload_id: str, etags: Mapping[int, str]) -> bool:
        """Reuse the parts of an upload that are as planned; False if it no longer exists or cannot be listed."""
        try:
            listed = self.uploads.parts(upload.key, upload_id)
        except (ClientError, BucketError):
            return False
        upload.id = upload_id
        upload.stored_parts = {
            part.number: {name: found[name] for name in found if name == "ETag" or name.startswith("Checksum")}
            for part in upload.parts
            if (found := listed.get(part.number)) and is_part(found, part, upload.body, etags.get(part.number))
        }
        return True

    def _send(self, upload: _ObjectUpload, part: Part) -> None:
        while True:
            kind = self.negotiator.kind
            try:
                checksum, response = self._client.call(
                    "write",
                    lambda s3: (
                        self._stream(s3, upload, part)
                        if kind == "CRC64NVME"  # noqa: B023
                        else self._send_from_memory(s3, upload, part)
                    ),
                    expected_errors=(*_UPLOAD_GONE[:2], *self.negotiator.refusal_codes),
                )
                break
            except ClientError as error:
                if code_of(error) in _UPLOAD_GONE:
                    raise
                self.negotiator.note_refusal(kind, error)
        require_etag(response, self._client.url, "UploadPart")
        if not self.negotiator.confirm(checksum, response):
            upload.is_confirmed = False
        named = {} if checksum.kind == "MD5" else checksum.arguments
        upload.stored_parts[part.number] = {"ETag": response["ETag"], **named}
        upload.resume_state.record(upload.id, part.number, response["ETag"])

    def _stream(self, s3: S3Client, upload: _ObjectUpload, part: Part) -> tuple[Checksum, Any]:
        """Send a part while it is read, with its planned checksum."""
        checksum = Checksum("CRC64NVME", encode_crc(part.crc))
        with self._part_slots, upload.body.open() as stream:
            stream.seek(part.offset)
            reading = PartReader(stream, part.size)
            try:
                return checksum, self._upload(s3, upload, part, cast(BinaryIO, reading), checksum)
            finally:
                if reading.complete and reading.crc != part.crc:
                    raise ContentChangedError(upload.key)

    def _send_from_memory(self, s3: S3Client, upload: _ObjectUpload, part: Part) -> tuple[Checksum, Any]:
        """Send a part with another checksum; the part is in memory, so that it is read only once."""
        with self._part_slots, self._memory.reserve(min(part.size, _PART_MEMORY)):
            with upload.body.open() as stream:
                stream.seek(part.offset)
                content = stream.read(part.size)
            if crc64nvme(content) != part.crc:
                raise ContentChangedError(upload.key)
            checksum = self.negotiator.checksum_of(Body(part.size, encode_crc(part.crc), lambda: BytesIO(content)))
            return checksum, self._upload(s3, upload, part, BytesIO(content), checksum)

    def _upload(self, s3: S3Client, upload: _ObjectUpload, part: Part, content: BinaryIO, checksum: Checksum) -> Any:
        return s3.upload_part(
            Bucket=self._client.bucket,
            Key=upload.key,
            UploadId=upload.id,
            PartNumber=part.number,
            Body=content,
            ContentLength=part.size,
            **checksum.arguments,
        )

    def _complete(self, upload: _ObjectUpload) -> str | None:
        response = self._request_completion(upload)
        return None if response is None else require_etag(response, self._client.url, "CompleteMultipartUpload")

    def _request_completion(self, upload: _ObjectUpload, expected_errors: tuple[str, ...] = ()) -> Any:
        """The response to the completion of an upload; None if the key is taken."""
        planned = self.negotiator.kind == "CRC64NVME"
        listed: Any = [
            {
                "PartNumber": part.number,
                **upload.stored_parts[part.number],
                **({"ChecksumCRC64NVME": encode_crc(part.crc)} if planned else {}),
            }
            for part in upload.parts
        ]
        full_object: Any = {}
        if planned:
            full_object = {"ChecksumCRC64NVME": upload.body.crc64nvme, "ChecksumType": "FULL_OBJECT"}
        elif upload.has_full_checksum and all("ChecksumCRC32C" in part for part in upload.stored_parts.values()):
            sums = ((base64.b64decode(done["ChecksumCRC32C"]), part) for part, done in _parts_in_order(upload))
            crc = combine_crc32c((int.from_bytes(raw, "big"), part.size) for raw, part in sums)
            full_object = {"ChecksumCRC32C": encode_crc32c(crc), "ChecksumType": "FULL_OBJECT"}
        try:
            return self._client.call(
                "write",
                lambda s3: s3.complete_multipart_upload(
                    Bucket=self._client.bucket,
                    Key=upload.key,
                    UploadId=upload.id,
                    MultipartUpload={"Parts": listed},
                    IfNoneMatch="*",
                    MpuObjectSize=upload.body.size,
                    **full_object,
                ),
                expected_errors=(*_KEY_TAKEN, *_UPLOAD_GONE, *expected_errors),
            )
        except ClientError as error:
            if code_of(error) in _KEY_TAKEN:
                return None
            raise


def _parts_in_order(upload: _ObjectUpload) -> list[tuple[Part, dict[str, Any]]]:
    return [(part, upload.stored_parts[part.number]) for part in upload.parts]
