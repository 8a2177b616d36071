"""Many small objects of this process on their way to a bucket; what fails is tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from aind_lint.bucket.access import Access
from aind_lint.bucket.room import Room
from aind_lint.bucket.target import PutError, Target, put

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3Store

#: Bytes of small objects that are in memory at once.
_ROOM = 64 * 2**20

#: Seconds for one object; the room above in this time is 4 Mbit/s.
_SECONDS = 120

#: obstore asks for credentials again five minutes before they end.
_CREDENTIALS_LAST = timedelta(minutes=6)


class SmallObjects:
    """Sends small objects to a bucket."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = Lock()
        self._target: tuple[int, Target] | None = None
        self._store: tuple[int, S3Store] | None = None
        self.room = Room(_ROOM)

    def put(self, key: str, read: Callable[[], bytes], tag: str) -> bool:
        """Store an object under a free key; False when the key is taken.

        Args:
            key: The whole key.
            read: Gives the bytes, before every try: only then is it known whether they may still be sent.
            tag: The mark of the attempt.

        Raises:
            BucketError: The bucket cannot be written.
        """
        return self._access.retries.run(lambda: self._put(key, read(), tag))

    def _put(self, key: str, content: bytes, tag: str) -> bool:
        generation = self._access.generation
        try:
            return put(self._connected(), key, content, tag)
        except PutError as error:
            code = error.code or str(error.status)
            raise self._access.failure("write", error.reason, code, error.status, generation) from None
        except BotoCoreError as error:  # which boto3 was asked for the address
            raise self._access.failure("write", error) from None

    def target(self) -> Target:
        """Where the objects go.

        Raises:
            BotoCoreError: It cannot be found out.
        """
        with self._lock:
            return self._found_target()

    def _found_target(self) -> Target:
        if self._target is None or self._target[0] != self._access.generation:
            self._target = self._access.generation, self._find_target()
        return self._target[1]

    def _connected(self) -> S3Store:
        connected = self._store  # one object, so that threads see what belongs together
        if connected is None or connected[0] != self._access.generation:
            with self._lock:
                generation = self._access.generation
                connected = self._store
                if connected is None or connected[0] != generation:
                    connected = self._store = generation, self._found_target().connect(self._credentials)
        return connected[1]

    def _find_target(self) -> Target:
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
        virtual = not url.path.startswith(f"/{access.bucket}/")
        # An endpoint may have a path of its own.
        path = url.path.removesuffix("/k").removesuffix("" if virtual else f"/{access.bucket}")
        endpoint = f"{url.scheme}://{url.netloc}{path}"
        way = access.route.options(endpoint)
        return Target(access.bucket, endpoint, region, virtual, f"{_SECONDS}s", **way)

    def _credentials(self) -> S3Credential:
        found = self._access.credentials()
        return {
            "access_key_id": found.access_key or "",
            "secret_access_key": found.secret_key or "",
            "token": found.token,
            "expires_at": datetime.now(timezone.utc) + _CREDENTIALS_LAST,
        }
