"""Many small objects, through obstore: each one conditional PUT whose checksum is that of the plan.

obstore computes the checksum that it sends from the bytes it is given; those are compared with the plan before, in
memory, so what is sent is what was planned. It is a third of the time of any other client.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from threading import Condition, Lock
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from botocore.exceptions import ClientError
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from aind_lint.bucket.access import CONNECT_SECONDS, Access

if TYPE_CHECKING:
    from obstore.store import S3Credential

#: Metadata of an object that says which attempt stored it.
TAG = "aind-lint"

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
        self._store: S3Store | None = None
        self._generation = -1
        self.room = Room(_ROOM)

    def put(self, key: str, content: bytes, tag: str) -> bool:
        """Store an object under a free key; False when the key is taken.

        Raises:
            BucketError: The bucket cannot be written.
        """
        return self._access.retries.run(lambda: self._put(key, content, tag))

    def _put(self, key: str, content: bytes, tag: str) -> bool:
        generation = self._access.generation
        try:
            obstore.put(self._connected(), key, content, mode="create", use_multipart=False, attributes={TAG: tag})
        except (BaseError, OSError) as error:
            text = str(error)
            code = match.group(1) if (match := re.search(r"<Code>(\w+)</Code>", text)) else ""
            status = int(match.group(1)) if (match := re.search(r"status code: (\d{3})", text)) else 599
            if isinstance(error, AlreadyExistsError) and status != 409:
                return False
            said = _reason(text, code, status)
            raise self._access.failure("write", said, code or str(status), status, generation) from None
        return True

    def _connected(self) -> S3Store:
        if self._store is None or self._generation != self._access.generation:
            with self._lock:
                if self._store is None or self._generation != self._access.generation:
                    generation = self._access.generation
                    self._store = self._connect()
                    self._generation = generation
        return self._store

    def _connect(self) -> S3Store:
        """A store at the address that boto3 would use: it knows endpoints, addressing styles and regions best."""
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
        # What is said here cannot be said by the environment, from which obstore takes the rest.
        return S3Store(
            access.bucket,
            endpoint=endpoint,
            region=region,
            virtual_hosted_style_request=virtual,
            checksum_algorithm="CRC64NVME",
            unsigned_payload=True,
            skip_signature=False,
            conditional_put="etag",
            client_options={
                **access.route.options(endpoint),
                "connect_timeout": f"{CONNECT_SECONDS}s",
                "timeout": f"{_SECONDS}s",
            },
            retry_config={"max_retries": 0},  # `Retries` shows what it does
            credential_provider=self._credentials,
        )

    def _credentials(self) -> S3Credential:
        found = self._access.credentials()
        return {
            "access_key_id": found.access_key or "",
            "secret_access_key": found.secret_key or "",
            "token": found.token,
            "expires_at": datetime.now(timezone.utc) + _CREDENTIALS_LAST,
        }


class Room:
    """Memory that many threads share: who enters waits until there is enough left."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = Condition()

    def of(self, size: int) -> _Share:
        """A share of so many bytes, to be held with ``with``."""
        return _Share(self, size)

    def take(self, size: int) -> None:
        """Wait for so many bytes."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size

    def give(self, size: int) -> None:
        """Return them."""
        with self._changed:
            self._left += size
            self._changed.notify_all()


class _Share:
    def __init__(self, room: Room, size: int) -> None:
        self._room = room
        self._size = size

    def __enter__(self) -> None:
        self._room.take(self._size)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.give(self._size)


def _reason(text: str, code: str, status: int) -> str:
    if code:
        return code
    if status != 599:
        return f"the server answered {status}"
    return "the connection failed" if "kind: Timeout" not in text else "the server does not answer, or very slowly"
