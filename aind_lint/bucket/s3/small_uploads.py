"""Many small objects of this process on their way to a bucket; what fails is tried again."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, LifoQueue
from threading import Lock
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from aind_lint.bucket.s3.byte_budget import ByteBudget
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.curl_client import PutError, PutRequest
from aind_lint.bucket.s3.put_dispatcher import PutDispatcher
from aind_lint.bucket.upload_context import Endpoint, SignedUploadContext
from aind_lint.errors import BucketError

#: Bytes of small objects that are in memory at once.
_ROOM = 64 * 2**20

#: Seconds for one object; the room above in this time is 4 Mbit/s.
_SECONDS = 120.0


class SmallUploads:
    """Sends small objects to a bucket."""

    def __init__(self, access: BucketClient, prefix: str) -> None:
        self._access = access
        self._prefix = prefix
        self._lock = Lock()
        self._target: tuple[int, Endpoint] | None = None
        self._idle: LifoQueue[PutRequest] = LifoQueue()
        self._line = PutDispatcher()
        self.room = ByteBudget(_ROOM)

    def put(self, key: str, read: Callable[[], bytes], crc: str, tag: str) -> bool:
        """Store an object under a free key; False when the key is taken.

        Args:
            key: The key below the prefix.
            read: Gives the bytes, before every try: only then is it known whether they may still be sent.
            crc: Their CRC64NVME, as S3 writes it.
            tag: The mark of the attempt.

        Raises:
            BucketError: The bucket cannot be written.
        """
        return self._access.retries.run(lambda: self._put(key, read(), crc, tag))

    def _put(self, key: str, content: bytes, crc: str, tag: str) -> bool:
        generation = self._access.generation
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = PutRequest()
        try:
            request.prepare(self.delegation(), key, content, crc, tag)
            stored = self._line.perform(request)
            self._idle.put(request)  # and not after an interrupt, when it is still under way
            return stored
        except PutError as error:
            self._idle.put(request)
            code = error.code or str(error.status)
            raise self._access.failure("write", error.reason, code, error.status, generation) from None
        except BotoCoreError as error:  # which boto3 was asked for the address
            raise self._access.failure("write", error) from None
        except ValueError:  # of a null character, for one
            url = self._access.url
            raise BucketError(f"cannot write {url}: the credentials hold what no request can carry") from None

    def delegation(self) -> SignedUploadContext:
        """What whoever sends has to know at this moment.

        Raises:
            BucketError: There are no credentials.
            TransientError: There are none at this moment.
            BotoCoreError: The address cannot be found out.
        """
        with self._lock:
            if self._target is None or self._target[0] != self._access.generation:
                self._target = self._access.generation, self._find_target()
            target = self._target[1]
        found = self._access.credentials()
        access_key, secret_key = found.access_key or "", found.secret_key or ""
        return SignedUploadContext(target, self._prefix, access_key, secret_key, found.token, self._access.seconds)

    def _find_target(self) -> Endpoint:
        """The address that boto3 would use: it knows endpoints, addressing styles and regions best."""
        access = self._access
        region = access.region
        if access.client.meta.endpoint_url.endswith(".amazonaws.com"):
            try:
                head = access.client.head_bucket(Bucket=access.bucket)
                region = head.get("BucketRegion", region)
            except ClientError as error:
                region = error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", region)
        url = urlsplit(access.client.generate_presigned_url("put_object", {"Bucket": access.bucket, "Key": "k"}))
        # An endpoint may have a path of its own, and the bucket may be in the name of the host or in the path.
        where = f"{url.scheme}://{url.netloc}{url.path.removesuffix('k')}"
        return Endpoint(
            where, region, _SECONDS, access.route.authorities, access.route.proxy(access.client.meta.endpoint_url)
        )
