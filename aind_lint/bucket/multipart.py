"""Large objects in parts: each part with the checksum of the plan, completed only under a free key."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from aind_lint.bucket.access import Access
from aind_lint.bucket.failure import code_of
from aind_lint.bucket.slice import Slice
from aind_lint.bucket.small import TAG
from aind_lint.bucket.store import Body, ContentChangedError, Upload, part_size
from aind_lint.checksum import encode_crc, joined_crc
from aind_lint.errors import BucketError
from aind_lint.workers import work

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Parts sent at once, of one object and of all.
_PARTS_OF_ONE, _PARTS = 4, 16

#: How often an upload is begun again after another publisher, or an abandon, has ended it.
_BEGINNINGS = 4

#: Seconds for giving up uploads when a run is interrupted; a person waits.
_STOP_SECONDS = 1.0

_TAKEN = ("PreconditionFailed", "412")
_LOST = ("NoSuchUpload", "404", "ConditionalRequestConflict", "409")


@dataclass(frozen=True)
class _Part:
    number: int
    offset: int
    size: int
    crc: int


class LargeObjects:
    """Sends large objects to a bucket."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._slots = BoundedSemaphore(_PARTS)
        self._lock = Lock()
        self._unfinished: set[tuple[str, str]] = set()
        self._beginning = 0
        self._stopping = Event()

    def put(self, key: str, body: Body, tag: str) -> bool:
        """Store an object under a free key, beginning with the parts that are there already; False when it is taken.

        What fails because of the network keeps its parts, so that running again goes on where this ended.

        Raises:
            ContentChangedError: The bytes are not those of the plan.
            BucketError: The bucket cannot be written.
        """
        parts = _parts(body)
        if encode_crc(joined_crc((part.crc, part.size) for part in parts)) != body.crc64nvme:
            raise AssertionError("the checksums of the parts are not that of the whole")
        for _ in range(_BEGINNINGS):
            if self._stopping.is_set():  # one that was aborted for that is not begun again
                break
            upload, etags = self._resume(key, body, parts) or (self._begin(key, tag), {})
            with self._lock:
                self._unfinished.add((key, upload))
            try:
                self._send_parts(key, upload, body, parts, etags)
                created = self._complete(key, upload, body, parts, etags)
            except ClientError as error:
                if code_of(error) not in _LOST:
                    raise
                self._leave(key, upload)
                # It has been completed by an earlier try, or by another publisher; or aborted by somebody.
                if self._is_there(key):
                    return False
                continue
            except ContentChangedError:
                self._leave(key, upload)
                raise
            if not created:
                self._leave(key, upload)
            with self._lock:
                self._unfinished.discard((key, upload))
            return created
        raise BucketError(f"cannot write {self._access.url}: the upload of {key} is aborted again and again")

    def probe(self, key: str) -> str:
        """Begin an upload and abort it."""
        upload = self._begin(key, "doctor")
        self.abort(key, upload)
        return "may begin and abort them"

    def stop(self) -> None:
        """Give up the uploads that are not finished, also those that are just being begun; no more are begun.

        It is best effort within a second: what is left is found again, and completed or aborted, by the next run.
        """
        self._stopping.set()
        tried: set[tuple[str, str]] = set()
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until:
            with self._lock:
                found, done = self._unfinished - tried, not self._unfinished and not self._beginning
            if done:
                return
            for key, upload in found:
                Thread(target=self._abort_once, args=(key, upload), daemon=True).start()
            tried |= found
            time.sleep(0.01)

    def _abort_once(self, key: str, upload: str) -> None:
        with suppress(Exception):
            self._access.client.abort_multipart_upload(Bucket=self._access.bucket, Key=key, UploadId=upload)
            with self._lock:
                self._unfinished.discard((key, upload))

    def uploads(self, prefix: str) -> list[Upload]:
        """Every unfinished upload whose key begins with ``prefix``."""

        def listed(client: S3Client) -> list[Upload]:
            pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=self._access.bucket, Prefix=prefix)
            return [Upload(item["Key"], item["UploadId"]) for page in pages for item in page.get("Uploads", [])]

        return self._access.ask("list uploads in", listed)

    def _is_there(self, key: str) -> bool:
        try:
            self._access.ask(
                "look at",
                lambda client: client.head_object(Bucket=self._access.bucket, Key=key),
                passing=("404", "NoSuchKey", "NotFound"),
            )
        except ClientError:
            return False
        return True

    def _begin(self, key: str, tag: str) -> str:
        with self._lock:
            self._beginning += 1
        try:
            upload = self._made(key, tag)
            with self._lock:
                self._unfinished.add((key, upload))
            return upload
        finally:
            with self._lock:
                self._beginning -= 1

    def _made(self, key: str, tag: str) -> str:
        made = self._access.ask(
            "write",
            lambda client: client.create_multipart_upload(
                Bucket=self._access.bucket,
                Key=key,
                Metadata={TAG: tag},
                ChecksumAlgorithm="CRC64NVME",
                ChecksumType="FULL_OBJECT",
            ),
        )
        return made["UploadId"]

    def abort(self, key: str, upload: str) -> None:
        """Give up an upload; one that is over already is no failure."""
        with suppress(ClientError):
            self._access.ask(
                "abort an upload to",
                lambda client: client.abort_multipart_upload(Bucket=self._access.bucket, Key=key, UploadId=upload),
                passing=("NoSuchUpload", "404"),
            )
        with self._lock:
            self._unfinished.discard((key, upload))

    def _leave(self, key: str, upload: str) -> None:
        """Give up an upload of this run that is of no use any more; without the permission it stays open."""
        with suppress(BucketError):
            self.abort(key, upload)

    def _resume(self, key: str, body: Body, parts: list[_Part]) -> tuple[str, dict[int, str]] | None:
        """An unfinished upload of this object, and the parts of it that are as planned."""
        try:
            found = [upload.id for upload in self.uploads(key) if upload.key == key]
        except BucketError:  # without the permission to list uploads there is nothing to go on with
            return None
        for upload in found:
            try:
                etags = self._kept(key, upload, body, parts)
            except (ClientError, BucketError):  # it is over, or its parts may not be listed
                continue
            if etags:
                return upload, etags
        return None

    def _kept(self, key: str, upload: str, body: Body, parts: list[_Part]) -> dict[int, str]:
        def listed(client: S3Client) -> list[Any]:
            pages = client.get_paginator("list_parts").paginate(Bucket=self._access.bucket, Key=key, UploadId=upload)
            return [item for page in pages for item in page.get("Parts", [])]

        there = {
            item["PartNumber"]: item
            for item in self._access.ask("list parts in", listed, passing=("NoSuchUpload", "404"))
        }
        return {
            part.number: there[part.number]["ETag"]
            for part in parts
            if part.number in there and _is_part(there[part.number], part, body)
        }

    def _send_parts(self, key: str, upload: str, body: Body, parts: list[_Part], etags: dict[int, str]) -> None:
        missing = [part for part in parts if part.number not in etags]
        work(missing, lambda part: self._send(key, upload, body, part, etags), _PARTS_OF_ONE, Event())

    def _send(self, key: str, upload: str, body: Body, part: _Part, etags: dict[int, str]) -> None:
        def sent(client: S3Client) -> str:
            with self._slots, body.open() as stream:
                stream.seek(part.offset)
                reading = Slice(stream, part.size)
                try:
                    answer = client.upload_part(
                        Bucket=self._access.bucket,
                        Key=key,
                        UploadId=upload,
                        PartNumber=part.number,
                        Body=cast(BinaryIO, reading),
                        ContentLength=part.size,
                        ChecksumCRC64NVME=encode_crc(part.crc),
                    )
                finally:
                    if reading.complete and reading.crc != part.crc:
                        raise ContentChangedError(key)
                return answer["ETag"]

        etags[part.number] = self._access.ask("write", sent, passing=("NoSuchUpload", "404"))

    def _complete(self, key: str, upload: str, body: Body, parts: list[_Part], etags: dict[int, str]) -> bool:
        listed: Any = [
            {"PartNumber": part.number, "ETag": etags[part.number], "ChecksumCRC64NVME": encode_crc(part.crc)}
            for part in parts
        ]
        try:
            self._access.ask(
                "write",
                lambda client: client.complete_multipart_upload(
                    Bucket=self._access.bucket,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={"Parts": listed},
                    IfNoneMatch="*",
                    ChecksumCRC64NVME=body.crc64nvme,
                    ChecksumType="FULL_OBJECT",
                    MpuObjectSize=body.size,
                ),
                passing=(*_TAKEN, *_LOST),
            )
        except ClientError as error:
            if code_of(error) in _TAKEN:
                return False
            raise
        return True


def _parts(body: Body) -> list[_Part]:
    size = part_size(body.size)
    offsets = range(0, body.size, size)
    return [
        _Part(number, offset, min(size, body.size - offset), crc)
        for number, (offset, crc) in enumerate(zip(offsets, body.parts, strict=True), 1)
    ]


def _is_part(found: Any, part: _Part, body: Body) -> bool:
    """Whether a part that is there already is the planned one: by its checksum, or by MD5 where the server has none."""
    if found["Size"] != part.size:
        return False
    if "ChecksumCRC64NVME" in found:
        return bool(found["ChecksumCRC64NVME"] == encode_crc(part.crc))
    digest = hashlib.md5(usedforsecurity=False)
    with body.open() as stream:
        stream.seek(part.offset)
        left = part.size
        while left and (chunk := stream.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    return bool(found["ETag"].strip('"') == digest.hexdigest())
