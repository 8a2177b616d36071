"""Requests of libcurl for small objects: conditional PUTs, each with its checksum, which the server compares.

One thread can have hundreds of requests of libcurl in flight. A PUT of 16 KiB takes 66 to 100 µs of CPU time; boto3
in 16 threads takes 3,800 (docs/decisions/0001-pycurl-for-small-objects.md).
"""

from __future__ import annotations

import io
import os
import re
import time
from html import unescape
from typing import Generic, TypeVar
from urllib.parse import quote

import pycurl

from aind_lint._version import __version__
from aind_lint.bucket.s3.small_objects.request_error import NOT_S3, RequestError
from aind_lint.bucket.s3.unexpected_responses import describe_page, describe_redirect, is_page, region_in
from aind_lint.bucket.upload_context import CONNECT_SECONDS, TAG, SigningContext

#: Bytes of an error response that are kept; the code is at its beginning.
_MAX_ERROR_BYTES = 1 << 14

_ETAG = re.compile(rb"(?im)^etag:[ \t]*\"?([^\"\r\n]+)")

#: libcurl's buffer for sending; hundreds of requests have one each.
_SEND_BUFFER = 1 << 15

#: After a response the loop sleeps for this part of the time that a response takes, at most for so many seconds, so
#: that responses accumulate: each call into libcurl costs more, the more requests are in flight. It must be short
#: enough for libcurl to notice new connections in time.
_BATCHING_SHARE, _MAX_BATCHING_SECONDS = 1 / 16, 0.1

#: A key that a URL contains as it is; quoting takes 6 µs, this test 0.3.
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch

#: Seconds to wait for responses before the caller may begin more requests.
_POLL_SECONDS = 0.01


def _read_nothing(size: int) -> bytes:
    return b""


class CurlRequest:
    """A request of libcurl with a signature; it can be used again for another object.

    Attributes:
        curl: libcurl's handle.
        error: libcurl's error number; 0 is success. Until the request ends, it counts as failed.
    """

    #: Headers of every request of this kind, besides those of the endpoint.
    fixed_headers: tuple[bytes, ...] = ()

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self.error = pycurl.E_SEND_ERROR
        self._context: SigningContext | None = None
        self._headers: list[bytes] = []
        self._response_headers = bytearray()
        self.curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        self.curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        self.curl.setopt(pycurl.USERAGENT, f"aind-lint/{__version__}")
        self.curl.setopt(pycurl.NOSIGNAL, 1)  # required in threads
        self.curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._response_headers.extend)

    def address(self, context: SigningContext, key: str, own_headers: tuple[bytes, ...]) -> None:
        """Set the URL, the headers and the credentials for one object.

        Args:
            context: The address and the credentials.
            key: The key after the context's prefix.
            own_headers: The headers of this request.

        Raises:
            ValueError: libcurl refuses a value, such as a secret key with a null character.
        """
        if context is not self._context and context != self._context:
            self._use(context)
        path = context.prefix + key
        self.curl.setopt(pycurl.URL, context.endpoint.url + (path if _PLAIN(path) else quote(path, safe="/~")))
        self.curl.setopt(pycurl.HTTPHEADER, (*self._headers, *own_headers))
        self._response_headers.clear()
        self.error = pycurl.E_SEND_ERROR

    def _use(self, context: SigningContext) -> None:
        """Set everything that does not depend on the object."""
        endpoint = context.endpoint
        self.curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{endpoint.region}:s3".encode())
        self.curl.setopt(pycurl.USERNAME, context.access_key.encode())
        self.curl.setopt(pycurl.PASSWORD, context.secret_key.encode())
        self.curl.setopt(pycurl.TIMEOUT_MS, round(endpoint.request_seconds * 1000))
        # Without these two libcurl would read proxies from the environment.
        self.curl.setopt(pycurl.PROXY, endpoint.proxy.encode())
        self.curl.setopt(pycurl.NOPROXY, "")
        authorities = os.fsencode(endpoint.certificates)
        self.curl.setopt(pycurl.CAINFO, authorities)
        self.curl.setopt(pycurl.PROXY_CAINFO, authorities)
        self._headers = [*self.fixed_headers, *(header.encode() for header in endpoint.headers)]
        if context.token:
            self._headers.append(f"x-amz-security-token: {context.token}".encode())
        self._context = context

    def finish(self, error: int) -> None:
        """Note how the request ended."""
        self.error = error

    def status(self) -> int:
        """The HTTP status of the response.

        Raises:
            RequestError: There was no response.
        """
        if self.error:
            slow = self.error == pycurl.E_OPERATION_TIMEDOUT
            raise RequestError("the server does not answer, or very slowly" if slow else "the connection failed")
        return int(self.curl.getinfo(pycurl.RESPONSE_CODE))

    def etag(self, status: int) -> str:
        """The ETag of a response that reports success.

        Raises:
            RequestError: It has none, so that it is not a response of S3.
        """
        if (etag := _ETAG.search(self._response_headers)) is None:
            raise RequestError(
                "the response is not an S3 response: it has no ETag. Check the endpoint, and whether the network "
                "requires a login",
                NOT_S3,
                status,
            )
        return etag.group(1).decode("latin-1")

    def refusal(self, status: int, body: bytes | bytearray) -> RequestError:
        """What an error response says."""
        region = region_in("", _element(body, "Region"), _element(body, "Endpoint"))
        if 300 <= status < 400 and not region:
            return RequestError(describe_redirect(status, self.curl.getinfo(pycurl.REDIRECT_URL) or ""), NOT_S3, status)
        if 400 <= status < 500 and is_page(body):
            return RequestError(describe_page(status), NOT_S3, status)
        code = _element(body, "Code")
        reason = _element(body, "Message") if code else f"the server answered {status}"
        return RequestError(reason or code, code, status, region)


def _element(body: bytes | bytearray, name: str) -> str:
    """The text of an element of a response; empty if there is none."""
    match = re.search(rb"<%b>([^<]*)</%b>" % ((name.encode(),) * 2), body)
    return unescape(match[1].decode("utf-8", "replace")) if match else ""


class PutRequest(CurlRequest):
    """A request that stores one object under a free key."""

    fixed_headers = (
        b"Expect:",  # waiting for "100 Continue" would cost a round trip
        b"If-None-Match: *",
        b"x-amz-content-sha256: UNSIGNED-PAYLOAD",  # the checksum is signed, so a second hash adds nothing
    )

    def __init__(self) -> None:
        super().__init__()
        self._opens_connection = False
        self._response = bytearray()
        self.curl.setopt(pycurl.UPLOAD, 1)
        self.curl.setopt(pycurl.UPLOAD_BUFFERSIZE, _SEND_BUFFER)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._receive)

    def _receive(self, data: bytes) -> None:
        self._response += data[: _MAX_ERROR_BYTES - len(self._response)]

    def prepare(self, context: SigningContext, key: str, content: bytes, crc: str, tag: str) -> None:
        """Prepare to store an object under a free key.

        Args:
            context: The address and the credentials.
            key: The key after the context's prefix.
            content: The bytes.
            crc: Their CRC64NVME, as S3 writes it.
            tag: The tag of the attempt.

        Raises:
            ValueError: libcurl refuses a value, such as a secret key with a null character.
        """
        self.address(context, key, (f"x-amz-checksum-crc64nvme: {crc}".encode(), f"x-amz-meta-{TAG}: {tag}".encode()))
        self.curl.setopt(pycurl.INFILESIZE, len(content))
        # The body can be read only once, so that libcurl never repeats a request: the attempt may have ended meanwhile.
        self.curl.setopt(pycurl.READFUNCTION, io.BytesIO(content).read)
        # libcurl repeats a request without a body when a reused connection fails, so such a request gets a new one.
        if self._opens_connection is not (not content):
            self._opens_connection = not content
            self.curl.setopt(pycurl.FRESH_CONNECT, not content)
        if self._response:
            self._response.clear()

    def finish(self, error: int) -> None:
        """Note how the request ended, and release the content."""
        super().finish(error)
        self.curl.setopt(pycurl.READFUNCTION, _read_nothing)

    def outcome(self) -> str | None:
        """The ETag of the object that was stored; None if the key is taken.

        Raises:
            RequestError: The object was not stored, or there was no response.
        """
        status = self.status()
        if status == 412:
            return None
        if 200 <= status < 300:
            return self.etag(status)
        raise self.refusal(status, self._response)


_Request = TypeVar("_Request", bound=CurlRequest)


class CurlRequestPool(Generic[_Request]):
    """Concurrent requests of one thread, on connections that are kept open."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._requests: dict[pycurl.Curl, _Request] = {}
        self._batching_seconds = 0.0

    def begin(self, request: _Request) -> None:
        """Start a prepared request."""
        self._requests[request.curl] = request
        self._multi.add_handle(request.curl)

    def poll(self) -> list[_Request]:
        """Continue all requests; those that have ended, which may be none."""
        self._multi.perform()
        _, answered, failed = self._multi.info_read()
        if self._requests and not answered and not failed:
            self._multi.select(_POLL_SECONDS)
            time.sleep(self._batching_seconds)
        elif answered:
            seconds = answered[-1].getinfo(pycurl.TOTAL_TIME)
            self._batching_seconds = min(seconds * _BATCHING_SHARE, _MAX_BATCHING_SECONDS)
        return [*(self._end(curl, 0) for curl in answered), *(self._end(curl, error) for curl, error, _ in failed)]

    def _end(self, curl: pycurl.Curl, error: int) -> _Request:
        self._multi.remove_handle(curl)
        request = self._requests.pop(curl)
        request.finish(error)
        return request

    def close(self) -> None:
        """Close the connections."""
        self._multi.close()
