"""A bucket of S3, or of a server that speaks its protocol."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from botocore.exceptions import ClientError

from aind_lint.asset.listing.listing_shards import NO_SHARDS, ListingShards
from aind_lint.bucket.retry import Notify
from aind_lint.bucket.s3.byte_budget import ByteBudget
from aind_lint.bucket.s3.checksum_negotiation import Checksum, ChecksumNegotiator
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.failures import code_of, explain, no_s3
from aind_lint.bucket.s3.multipart_uploader import MultipartUploader
from aind_lint.bucket.s3.object_reader import ObjectReader
from aind_lint.bucket.s3.parallel_listing import is_listing, pages_side_by_side, rows_of
from aind_lint.bucket.s3.part_reader import PartReader
from aind_lint.bucket.s3.probes import Probes, version_of
from aind_lint.bucket.s3.upload_loop import UploadLoop
from aind_lint.bucket.s3.upload_signer import S3UploadSigner
from aind_lint.bucket.store import Body, ContentChangedError, MultipartUpload, ResumeState, StoredObject, part_size
from aind_lint.bucket.upload_context import TAG
from aind_lint.bucket.upload_control import UploadControl
from aind_lint.errors import BucketError, ConflictError
from aind_lint.storage.checksum import crc64nvme_of_stream, encode_crc
from aind_lint.system.concurrency import FAR_SECONDS, SMALL_OBJECT_MEMORY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: A signature of S3 is good for 15 minutes before and after its time; a delayed request can arrive that late.
SIGNATURE_WINDOW = 30 * 60

_READ_SIZE = 1 << 18

_MISSING = ("404", "NoSuchKey", "NotFound")
_TAKEN = ("PreconditionFailed", "412")


class S3Store:
    """The objects of one bucket below an optional prefix.

    Attributes:
        url: The address.
        max_write_delay: Seconds for which a request that was signed can still be obeyed.
    """

    max_write_delay: float = SIGNATURE_WINDOW

    def __init__(self, client: BucketClient, prefix: str = "") -> None:
        self._client = client
        self._bucket = client.bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._signer = S3UploadSigner(client, self._prefix)
        self._memory = ByteBudget(SMALL_OBJECT_MEMORY)
        self._proof = ChecksumNegotiator(client)
        self._large = MultipartUploader(client, self._proof, self._prove)
        self.url = client.url

    def scan(self, prefix: str, limit: int | None = None, shards: ListingShards = NO_SHARDS) -> Iterator[StoredObject]:
        """The objects below ``prefix``, all pages."""
        start = self._prefix + prefix
        if shards and limit is None and self._client.min_latency > FAR_SECONDS:
            pages = pages_side_by_side(self._page, start, shards)
        else:
            pages = self._pages(Prefix=start, **({"MaxKeys": min(limit, 1000)} if limit else {}))
        rows = (row for page in pages for row in rows_of(page))
        return (StoredObject(key[len(self._prefix) :], size) for key, size in islice(rows, limit))

    def list_folders(self, prefix: str) -> list[str]:
        """The common prefixes directly below ``prefix``."""
        start = self._prefix + prefix
        return sorted(
            item["Prefix"][len(start) :].rstrip("/")
            for page in self._pages(Prefix=start, Delimiter="/")
            for item in page.get("CommonPrefixes", [])
        )

    def _pages(self, **arguments: Any) -> Iterator[Any]:
        while True:
            page = self._page(**arguments)
            yield page
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def _page(self, **arguments: Any) -> Any:
        page = self._client.call("list", lambda s3: s3.list_objects_v2(Bucket=self._bucket, **arguments))
        if not is_listing(page):  # which must not be taken for one of nothing
            raise no_s3(self.url, "it does not list")
        if page.get("IsTruncated") and not page.get("NextContinuationToken"):
            raise no_s3(self.url, "a LIST that goes on has no token")
        return page

    def head(self, key: str) -> StoredObject | None:
        """One object with the checksum that S3 keeps for it."""
        found = self._look(self._prefix + key)
        if found is None:
            return None
        if "ETag" not in found:
            raise no_s3(self.url, "an object has no ETag")
        # A part-wise ("COMPOSITE") checksum depends on how the object was sent, so it proves nothing here.
        whole = found.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
        crc = found.get("ChecksumCRC64NVME") if whole else None
        checksums = {"ETag": found["ETag"].strip('"'), "CRC32C": found.get("ChecksumCRC32C") if whole else None}
        return StoredObject(
            key,
            found["ContentLength"],
            crc,
            found.get("Metadata", {}).get(TAG),
            version_of(found),
            {name: value for name, value in checksums.items() if value} if crc is None else {},
        )

    def _look(self, key: str) -> Any:
        try:
            return self._client.call(
                "look at",
                lambda s3: s3.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED"),
                expected_errors=_MISSING,
            )
        except ClientError:
            # Without a body a missing bucket and a missing key look alike; a LIST before has told them apart.
            return None

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        return self._open(self._prefix + key)

    def _open(self, key: str) -> BinaryIO:
        body = self._client.call("read", lambda s3: s3.get_object(Bucket=self._bucket, Key=key)["Body"])
        return io.BufferedReader(ObjectReader(body, self._fail_reading), _READ_SIZE)

    def _fail_reading(self, error: Exception) -> NoReturn:
        raise BucketError(f"cannot read {self.url}: {explain(error, 'read')}") from None

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a free key, by one conditional PUT with its checksum."""
        return self._put(self._prefix + key, body)

    def _put(self, key: str, body: Body, on_failure: Callable[[], object] = lambda: None, **more: Any) -> bool:
        while True:
            sent = self._proof.of(body)
            try:
                answer = self._client.call(
                    "write",
                    lambda s3: self._put_once(s3, key, body, sent, on_failure, more),  # noqa: B023
                    expected_errors=(*_TAKEN, *self._proof.refusals),
                )
                break
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    return False
                self._proof.refused(sent.kind, error)
        if not self._proof.shown(sent, answer, lambda: self._look(key) or {}):
            self._prove(key, body)
        return True

    def _put_once(
        self, s3: S3Client, key: str, body: Body, sent: Checksum, on_failure: Callable[[], object], more: Any
    ) -> Any:
        with body.open() as stream:
            if stream.seek(0, io.SEEK_END) != body.size:
                raise ContentChangedError(key)
            stream.seek(0)
            reading = PartReader(stream, body.size)
            try:
                return s3.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=cast(BinaryIO, reading),
                    ContentLength=body.size,
                    IfNoneMatch="*",
                    **sent.arguments,
                    **more,
                )
            except Exception:
                on_failure()
                raise
            finally:
                if reading.complete and encode_crc(reading.crc) != body.crc64nvme:
                    raise ContentChangedError(key)

    def _prove(self, key: str, body: Body) -> bool:
        """Compare a stored object with what was sent, by its checksum or else by reading it; whether it has one.

        Raises:
            ConflictError: It is another one.
        """
        if (self._look(key) or {}).get("ChecksumCRC64NVME") == body.crc64nvme:
            return True
        with self._open(key) as stream:
            if crc64nvme_of_stream(stream) != (body.size, body.crc64nvme):
                raise ConflictError(
                    f"{self.url} does not hold what was sent as {key}: it was damaged on the way, and the server did "
                    "not notice; nothing was committed. Remove the attempt with 'aind-lint abandon' and publish again"
                )
        return False

    def upload(self, key: str, body: Body, tag: str, resume_state: ResumeState | None = None) -> bool:
        """Store an object of any size under a free key."""
        if body.size > part_size(body.size):
            return self._large.put(self._prefix + key, body, tag, resume_state)
        content: list[bytes] = []

        def open_content() -> io.BytesIO:
            if not content:  # read and compared as a whole before anything is sent
                content.append(body.read(key))
            return io.BytesIO(content[0])

        with self._memory.reserve(body.size):
            held = Body(body.size, body.crc64nvme, open_content)
            # Every retry reads again, because reading checks whether the attempt is still undecided.
            return self._put(self._prefix + key, held, content.clear, Metadata={TAG: tag})

    def upload_loop(self, control: UploadControl, max_requests: int) -> UploadLoop | None:
        """An event loop for small objects, once the server has shown that it compares their checksums."""
        return UploadLoop(self._signer, control, max_requests) if self._proof.is_planned else None

    @property
    def proof(self) -> str:
        """What proves that objects have arrived."""
        kinds = [self._proof.kind, *([self._large.proof.kind] if self._large.proof.settled else [])]
        return " and ".join(dict.fromkeys(kinds))

    @property
    def trials(self) -> Probes:
        """What can be tried of the bucket without leaving anything in it."""
        return Probes(self._client, self._prefix, self._large.uploads, self._remove)

    def stop(self) -> None:
        """Give up what has been begun and is not finished."""
        self._large.uploads.stop()

    def write_lock(self, asset: str) -> AbstractContextManager[None]:
        """S3 has no locks; the decision of an attempt does their work."""
        return nullcontext()

    removal_lock = write_lock

    def age(self, key: str) -> float:
        """Seconds since an object was stored, by the server's clock."""
        found = self._look(self._prefix + key)
        if found is None:
            raise BucketError(f"{key} is not in {self.url} any more")
        headers = found["ResponseMetadata"]["HTTPHeaders"]
        if "date" not in headers:
            raise no_s3(self.url, "an answer has no date")
        now = parsedate_to_datetime(headers["date"])
        return float((now - found["LastModified"]).total_seconds())

    def list_uploads(self, prefix: str) -> list[MultipartUpload]:
        """Every unfinished upload in parts whose key begins with ``prefix``."""
        found = self._large.uploads.listed(self._prefix + prefix)
        return [MultipartUpload(upload.key[len(self._prefix) :], upload.id) for upload in found]

    def abort_upload(self, upload: MultipartUpload) -> None:
        """Give up an unfinished upload."""
        self._large.uploads.abort(self._prefix + upload.key, upload.id)

    def remove(self, stored: StoredObject) -> bool:
        """Remove one version, or the object if it still has the ETag that was seen."""
        assert stored.version is not None
        return self._remove(self._prefix + stored.key, stored.version)

    def _remove(self, key: str, version: str) -> bool:
        kind, _, value = version.partition(" ")
        condition: Any = {"VersionId": value} if kind == "version" else {"IfMatch": value}
        try:
            self._client.call(
                "remove from",
                lambda s3: s3.delete_object(Bucket=self._bucket, Key=key, **condition),
                expected_errors=(*_TAKEN, *_MISSING),
            )
        except ClientError:
            return False
        return True


def connect(
    bucket: str,
    prefix: str = "",
    endpoint_url: str | None = None,
    profile: str | None = None,
    region: str | None = None,
    on_retry: Notify = lambda text: None,
) -> S3Store:
    """A store for a bucket, with credentials where boto3 finds them: environment, profile, instance.

    Raises:
        UsageError: The profile does not exist or the endpoint is no address.
    """
    url = f"s3://{bucket}/{prefix.strip('/')}".rstrip("/")
    client = BucketClient(bucket, url, endpoint_url, profile, region)
    client.retries.on_retry = on_retry
    return S3Store(client, prefix)
