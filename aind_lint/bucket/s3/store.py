"""A bucket of AWS S3 or of a compatible server."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from aind_lint.bucket.address import Connection
from aind_lint.bucket.body import Body, ContentChangedError, part_size
from aind_lint.bucket.retry import OnMessage
from aind_lint.bucket.s3.checksum_negotiation import REFUSAL_CODES, Checksum, ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.memory_budget import ByteBudget
from aind_lint.bucket.s3.multipart_uploader import MultipartUploader
from aind_lint.bucket.s3.probes import Probes
from aind_lint.bucket.s3.reader import MISSING, S3Reader
from aind_lint.bucket.s3.s3_errors import code_of, refused_condition_error, require_etag
from aind_lint.bucket.s3.small_objects.request_signer import S3RequestSigner
from aind_lint.bucket.s3.streams import PartReader
from aind_lint.bucket.store import MultipartUpload, ResumeState, StoredObject
from aind_lint.bucket.upload_context import TAG
from aind_lint.bucket.upload_control import UploadControl
from aind_lint.errors import ConflictError
from aind_lint.storage.checksum import crc64nvme_of_stream, encode_crc
from aind_lint.system.compiled_packages import is_available
from aind_lint.system.concurrency_limits import SMALL_OBJECT_MEMORY
from aind_lint.system.thread_pool import BackgroundCall

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from aind_lint.bucket.s3.small_objects.worker_pool import ParallelUploader, WorkerPool

#: Seconds for which S3 accepts a signature: from 15 minutes before its time to 15 minutes after. A delayed request can
#: arrive that late.
SIGNATURE_SECONDS = 30 * 60

_KEY_TAKEN = ("PreconditionFailed", "412")


class S3Store(S3Reader):
    """The objects of one bucket below an optional prefix.

    Attributes:
        max_write_delay: Seconds for which the server accepts a request after it was signed.
    """

    max_write_delay: float = SIGNATURE_SECONDS

    def __init__(self, client: BucketClient, prefix: str = "") -> None:
        """As `S3Reader`."""
        super().__init__(client, prefix)
        self._signer = S3RequestSigner(client, self._root, "write")
        self._memory = ByteBudget(SMALL_OBJECT_MEMORY)
        self._workers: WorkerPool | None = None
        self._negotiator = ChecksumNegotiator(client)
        self._multipart = MultipartUploader(client, self._negotiator, self._verify_stored)

    def create(self, key: str, body: Body) -> str | None:
        """Store an object under a free key by one conditional PUT with its checksum."""
        return self._put(self._root + key, body)

    def _put(
        self, key: str, body: Body, on_failure: Callable[[], object] = lambda: None, **arguments: Any
    ) -> str | None:
        while True:
            checksum = self._negotiator.checksum_of(body)
            try:
                response = self._client.call(
                    "write",
                    lambda s3: self._put_once(s3, key, body, checksum, on_failure, arguments),  # noqa: B023
                    expected_errors=(*_KEY_TAKEN, *(() if self._negotiator.is_decided else REFUSAL_CODES)),
                )
                break
            except ClientError as error:
                if code_of(error) in _KEY_TAKEN:
                    return None
                if checksum.kind == "reading back":  # not the checksum is refused, because there is none
                    raise refused_condition_error(self.url, error) from None
                self._negotiator.note_refusal(checksum.kind, error)
        etag = require_etag(response, self.url, "PUT")
        if not self._negotiator.confirm(checksum, response, lambda: self._head(key) or {}):
            self._verify_stored(key, body)
        return etag

    def _put_once(
        self, s3: S3Client, key: str, body: Body, checksum: Checksum, on_failure: Callable[[], object], arguments: Any
    ) -> Any:
        with body.open() as stream:
            if stream.seek(0, io.SEEK_END) != body.size:
                raise ContentChangedError(key)
            stream.seek(0)
            reader = PartReader(stream, body.size)
            try:
                return s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=cast(BinaryIO, reader),
                    ContentLength=body.size,
                    IfNoneMatch="*",
                    **checksum.arguments,
                    **arguments,
                )
            except Exception:
                on_failure()
                raise
            finally:
                if reader.complete and encode_crc(reader.crc) != body.crc64nvme:
                    raise ContentChangedError(key)

    def _verify_stored(self, key: str, body: Body) -> bool:
        """Compare a stored object with the plan by its checksum, or else by reading it; whether it has a checksum.

        Raises:
            ConflictError: It differs.
        """
        if (self._head(key) or {}).get("ChecksumCRC64NVME") == body.crc64nvme:
            return True
        with self._open(key) as stream:
            if crc64nvme_of_stream(stream) != (body.size, body.crc64nvme):
                raise ConflictError(
                    f"{self.url} stored {key} with other content than was sent: it was damaged in transit, and the "
                    "server did not detect it; nothing was committed. Remove the attempt with 'aind-lint abandon' and "
                    "publish again"
                )
        return False

    def upload(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> str | None:
        """Store an object of any size under a free key."""
        if body.size > part_size(body.size):
            return self._multipart.put(self._root + key, body, tag, resume_state)
        content: list[bytes] = []

        def open_content() -> io.BytesIO:
            if not content:  # read and compared completely before anything is sent
                content.append(body.read(key))
            return io.BytesIO(content[0])

        with self._memory.reserve(body.size):
            in_memory = Body(body.size, body.crc64nvme, open_content)
            # Every retry reads again, because reading checks whether the attempt is still undecided.
            return self._put(self._root + key, in_memory, content.clear, Metadata={TAG: tag})

    def start_workers(self, root: Path, asset: str, max_requests: int) -> int:
        """Start worker processes for small objects."""
        if not is_available("pycurl"):
            return 0
        from aind_lint.bucket.s3.small_objects.worker_pool import start_worker_pool

        self._workers = start_worker_pool(root, asset, max_requests)
        return len(self._workers.workers) if self._workers else 0

    def stop_workers(self) -> None:
        """End the worker processes, without waiting for their end, which takes up to 50 ms."""
        if self._workers:
            BackgroundCall(self._workers.close)
            self._workers = None

    def upload_loop(self, control: UploadControl, max_requests: int) -> ParallelUploader | None:
        """Event loops for small objects, once the server has shown that it compares their checksums.

        They need pycurl. Where it has no wheel there are none, and threads send all objects by boto3.
        """
        if not (self._negotiator.uses_planned_checksum and is_available("pycurl")):
            return None
        from aind_lint.bucket.s3.small_objects.worker_pool import ParallelUploader

        return ParallelUploader(self._signer, control, max_requests, self._workers)

    @property
    def proof(self) -> str:
        """Which checksum proves that objects have arrived."""
        parts = self._multipart.negotiator
        kinds = [self._negotiator.kind, *([parts.kind] if parts.is_decided else [])]
        return " and ".join(dict.fromkeys(kinds))

    @property
    def probes(self) -> Probes:
        """Probes that leave nothing in the bucket."""
        return Probes(self._client, self._root, self._multipart.uploads, self._remove)

    def refuses_completion(self, key: str, body: Body) -> bool:
        """Whether the completion of a multipart upload keeps the object that is stored at ``key``."""
        return self._multipart.refuses_completion(self._root + key, body)

    def stop(self) -> None:
        """Abort the unfinished multipart uploads of this run."""
        self._multipart.uploads.stop()

    def write_lock(self, asset: str) -> AbstractContextManager[None]:
        """Nothing: S3 has no locks, and the conditional write of the decision replaces them."""
        return nullcontext()

    removal_lock = write_lock

    def list_uploads(self, prefix: str) -> list[MultipartUpload]:
        """Every unfinished multipart upload whose key begins with ``prefix``."""
        found = self._multipart.uploads.find(self._root + prefix)
        return [replace(upload, key=upload.key[len(self._root) :]) for upload in found]

    def abort_upload(self, upload: MultipartUpload) -> None:
        """Abort an unfinished upload."""
        self._multipart.uploads.abort(self._root + upload.key, upload.id)

    def remove(self, stored: StoredObject) -> bool:
        """Remove one version, or the object if its ETag is still the same."""
        assert stored.version is not None
        return self._remove(self._root + stored.key, stored.version)

    def _remove(self, key: str, version: str) -> bool:
        kind, _, value = version.partition(" ")
        condition: Any = {"VersionId": value} if kind == "version" else {"IfMatch": value}
        try:
            self._client.call(
                "remove from",
                lambda s3: s3.delete_object(Bucket=self._bucket, Key=key, **condition),
                expected_errors=(*_KEY_TAKEN, *MISSING),
            )
        except ClientError:
            return False
        return True


def connect(
    bucket: str,
    prefix: str = "",
    connection: Connection = Connection(),
    on_retry: OnMessage = lambda text: None,
) -> S3Store:
    """A store for a bucket, with the credentials that boto3 finds: environment, profile, instance.

    Raises:
        UsageError: The profile does not exist or the endpoint is invalid.
    """
    url = f"s3://{bucket}/{prefix.strip('/')}".rstrip("/")
    client = BucketClient(bucket, url, connection)
    client.retries.on_retry = on_retry
    return S3Store(client, prefix)
