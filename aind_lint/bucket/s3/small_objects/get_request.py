"""GETs of small objects by libcurl, each on condition that the object is still the listed one."""

from __future__ import annotations

import io

import pycurl

from aind_lint.bucket.batch_read import ObjectRequest
from aind_lint.bucket.s3.small_objects.curl_client import CurlRequest
from aind_lint.bucket.upload_context import SigningContext

#: Bytes that a response may have in any case: the answer of a server that refuses has some hundred.
_MIN_LIMIT = 1 << 16


class ChangedObjectError(Exception):
    """The object is not the listed one: it changed after the listing."""


class GetRequest(CurlRequest):
    """A request that reads one object."""

    fixed_headers = (b"x-amz-content-sha256: UNSIGNED-PAYLOAD",)

    def __init__(self) -> None:
        super().__init__()
        self._size = 0
        self._body = io.BytesIO()
        self.curl.setopt(pycurl.HTTPGET, 1)

    def prepare(self, context: SigningContext, request: ObjectRequest) -> None:
        """Prepare to read an object.

        Raises:
            ValueError: libcurl refuses a value, such as a secret key with a null character.
        """
        condition = () if request.etag is None else (f'If-Match: "{request.etag}"'.encode(),)
        self.address(context, request.key, condition)
        self._size = request.size
        self._body = io.BytesIO()
        self.curl.setopt(pycurl.WRITEFUNCTION, self._body.write)
        self.curl.setopt(pycurl.MAXFILESIZE, max(request.size, _MIN_LIMIT))

    def content(self) -> bytes:
        """The bytes of the object.

        Raises:
            ChangedObjectError: The object is not the listed one.
            RequestError: It was not read, or there was no response.
        """
        if self.error == pycurl.E_FILESIZE_EXCEEDED:
            raise ChangedObjectError
        status, body = self.status(), self._body.getvalue()
        self._body = io.BytesIO()
        if status == 412:
            raise ChangedObjectError
        if status != 200:
            raise self.refusal(status, body)
        self.etag(status)
        if len(body) != self._size:
            raise ChangedObjectError
        return body
