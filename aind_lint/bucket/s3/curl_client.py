"""Small objects on their way by libcurl: each one conditional PUT with its checksum, which the server compares.

libcurl needs a fraction of the processor's time of any other client, and one thread can have hundreds of its requests
under way.
"""

from __future__ import annotations

import io
import os
import re
import time
from urllib.parse import quote

import pycurl

from aind_lint._version import __version__
from aind_lint.bucket.upload_context import CONNECT_SECONDS, TAG, SignedUploadContext

#: Bytes of a refusal that are read; what it is stands at its beginning.
_REFUSAL = 1 << 14

#: Which part of the time that one answer takes others are waited for, and how many seconds at most: libcurl must see
#: in time that a connection was made.
_GATHERING, _LONGEST = 16, 0.1

#: Seconds after which it is seen whether there is more to begin, though nothing was answered.
_LISTENING = 0.01


class PutError(Exception):
    """An object was not stored, or nobody knows whether it was.

    Attributes:
        reason: What was answered, in a few words.
        code: The server's code, or empty.
        status: The status of HTTP; 599 when there was no answer.
    """

    def __init__(self, reason: str, code: str = "", status: int = 599) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.status = status


class PutRequest:
    """A request that stores one object, and can be made again for another one.

    Attributes:
        curl: The request as libcurl knows it.
        error: The number of libcurl's error that ended it; 0 is none. Until something is heard it has failed.
    """

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self._delegation: SignedUploadContext | None = None
        self._headers: list[bytes] = []
        self._answer = bytearray()
        self.error = pycurl.E_SEND_ERROR
        self.curl.setopt(pycurl.UPLOAD, 1)
        self.curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        self.curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        self.curl.setopt(pycurl.USERAGENT, f"aind-lint/{__version__}")
        self.curl.setopt(pycurl.UPLOAD_BUFFERSIZE, 1 << 15)  # of which hundreds have one each
        self.curl.setopt(pycurl.NOSIGNAL, 1)  # which threads must not use
        self.curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._hear)

    def _hear(self, data: bytes) -> None:
        self._answer += data[: _REFUSAL - len(self._answer)]

    def prepare(self, delegation: SignedUploadContext, key: str, content: bytes, crc: str, tag: str) -> None:
        """Make ready to store an object under a free key.

        Args:
            delegation: Where to, and by whom.
            key: The key after the delegation's prefix.
            content: The bytes.
            crc: Their CRC64NVME, as S3 writes it.
            tag: The mark of the attempt.
        """
        if delegation != self._delegation:
            self._turn_to(delegation)
        own = (f"x-amz-checksum-crc64nvme: {crc}".encode(), f"x-amz-meta-{TAG}: {tag}".encode())
        self.curl.setopt(pycurl.URL, delegation.target.url + quote(delegation.prefix + key, safe="/~"))
        self.curl.setopt(pycurl.HTTPHEADER, (*self._headers, *own))
        self.curl.setopt(pycurl.INFILESIZE, len(content))
        # It can be read once: what was sent, libcurl must not send again by itself: nobody knows whether it may.
        self.curl.setopt(pycurl.READFUNCTION, io.BytesIO(content).read)
        # It could of what is empty, when a connection fails that was used before.
        self.curl.setopt(pycurl.FRESH_CONNECT, not content)
        self._answer.clear()
        self.error = pycurl.E_SEND_ERROR

    def _turn_to(self, delegation: SignedUploadContext) -> None:
        target = delegation.target
        self.curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{target.region}:s3".encode())
        self.curl.setopt(pycurl.USERNAME, delegation.access_key.encode())
        self.curl.setopt(pycurl.PASSWORD, delegation.secret_key.encode())
        self.curl.setopt(pycurl.TIMEOUT_MS, round(target.patience * 1000))
        # libcurl would take from the environment the proxies that are not said here.
        self.curl.setopt(pycurl.PROXY, target.proxy.encode())
        self.curl.setopt(pycurl.NOPROXY, "")
        authorities = os.fsencode(target.certificates)
        self.curl.setopt(pycurl.CAINFO, authorities)
        self.curl.setopt(pycurl.PROXY_CAINFO, authorities)
        self._headers = [
            b"Expect:",  # an answer before the body would cost a journey more
            b"If-None-Match: *",
            b"x-amz-content-sha256: UNSIGNED-PAYLOAD",  # the checksum is signed, so hashing again adds nothing
        ]
        if delegation.token:
            self._headers.append(f"x-amz-security-token: {delegation.token}".encode())
        self._delegation = delegation

    def end(self, error: int) -> None:
        """Note how it ended, and let go of what was sent."""
        self.error = error
        self.curl.setopt(pycurl.READFUNCTION, io.BytesIO().read)

    def outcome(self) -> bool:
        """What was answered; False when the key is taken.

        Raises:
            PutError: The object was not stored, or there was no answer.
        """
        if self.error:
            slow = self.error == pycurl.E_OPERATION_TIMEDOUT
            raise PutError("the server does not answer, or very slowly" if slow else "the connection failed")
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status == 412:
            return False
        if 200 <= status < 300:
            return True
        code = match.group(1).decode() if (match := re.search(rb"<Code>(\w+)</Code>", self._answer)) else ""
        raise PutError(code or f"the server answered {status}", code, status)


class CurlMulti:
    """Requests that are under way at the same time, by one thread, on connections that are kept."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._under_way: dict[pycurl.Curl, PutRequest] = {}
        self._pause = 0.0

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, put: PutRequest) -> None:
        """Make a request that is prepared."""
        self._under_way[put.curl] = put
        self._multi.add_handle(put.curl)

    def ended(self) -> list[PutRequest]:
        """Go on with all, and give those that have ended; none at times."""
        self._multi.perform()
        _, answered, broken = self._multi.info_read()
        if self._under_way and not answered and not broken:
            # Every look costs the more the more is under way, so answers are let gather for a moment.
            self._multi.select(_LISTENING)
            time.sleep(self._pause)
        elif answered:
            self._pause = min(answered[-1].getinfo(pycurl.TOTAL_TIME) / _GATHERING, _LONGEST)
        return [*(self._end(curl, 0) for curl in answered), *(self._end(curl, error) for curl, error, _ in broken)]

    def _end(self, curl: pycurl.Curl, error: int) -> PutRequest:
        self._multi.remove_handle(curl)
        put = self._under_way.pop(curl)
        put.end(error)
        return put

    def close(self) -> None:
        """End the connections."""
        self._multi.close()
