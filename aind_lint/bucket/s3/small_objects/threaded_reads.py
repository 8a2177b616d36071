"""Reading small objects by boto3 in threads, where pycurl has no wheel."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from aind_lint.bucket.batch_read import CHANGED_SINCE_LISTED, GONE_SINCE_LISTED, ObjectContent, ObjectRequest
from aind_lint.bucket.rate_limiter import RateLimiter
from aind_lint.bucket.s3.client import BucketClient
from aind_lint.bucket.s3.s3_errors import code_of, require_etag, status_of
from aind_lint.bucket.s3.small_objects.request_error import RequestError
from aind_lint.bucket.s3.small_objects.request_signer import S3RequestSigner
from aind_lint.errors import BucketError
from aind_lint.system.concurrency_limits import RANGE_REQUESTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHANGED = ("PreconditionFailed", "412")
_MISSING = ("NoSuchKey", "404")
_REFUSED = ("AccessDenied", "403", "Forbidden", "InvalidObjectState")


def read_in_threads(
    client: BucketClient,
    prefix: str,
    signer: S3RequestSigner,
    requests: Iterable[ObjectRequest],
    rate_limiter: RateLimiter,
) -> Iterator[ObjectContent]:
    """Read every object, in any order.

    Args:
        client: The bucket.
        prefix: What every key begins with.
        signer: Describes refusals.
        requests: The objects; taken one by one, when there is a free thread.
        rate_limiter: How many requests may begin in a second.

    Raises:
        BucketError: The bucket cannot be read at all.
    """

    def read(request: ObjectRequest) -> ObjectContent:
        time.sleep(rate_limiter.reserve(1))
        condition: Any = {} if request.etag is None else {"IfMatch": f'"{request.etag}"'}

        def get(s3: S3Client) -> bytes:
            response = s3.get_object(Bucket=client.bucket, Key=prefix + request.key, **condition)
            require_etag(response, client.url, "GET")
            return response["Body"].read()

        try:
            content = client.call("read", get, expected_errors=(*_CHANGED, *_MISSING, *_REFUSED))
        except ClientError as error:
            code = code_of(error)
            if code in _CHANGED:
                return ObjectContent(request.key, None, CHANGED_SINCE_LISTED)
            if code in _MISSING:
                return ObjectContent(request.key, None, GONE_SINCE_LISTED)
            message = str(error.response.get("Error", {}).get("Message", ""))
            return ObjectContent(request.key, None, signer.describe(RequestError(message, code, status_of(error))))
        except BotoCoreError as error:
            raise BucketError(f"cannot read {client.url}: {error}") from None
        same = len(content) == request.size
        return ObjectContent(request.key, content if same else None, "" if same else CHANGED_SINCE_LISTED)

    remaining = iter(requests)
    with ThreadPoolExecutor(RANGE_REQUESTS) as pool:
        pending: set[Future[ObjectContent]] = set()
        while True:
            pending |= {pool.submit(read, request) for request in islice(remaining, RANGE_REQUESTS - len(pending))}
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
