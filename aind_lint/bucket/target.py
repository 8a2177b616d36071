"""Where small objects go, by libcurl: each one conditional PUT with its checksum, which the server compares.

libcurl needs a fraction of the processor's time of any other client, and one thread can have hundreds of its requests
under way. What is here needs nothing of boto3: a process that only sends is ready at once.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field
from urllib.parse import quote

import pycurl

from aind_lint._version import __version__

#: Metadata of an object that says which attempt stored it.
TAG = "aind-lint"

CONNECT_SECONDS = 5

#: Bytes of a refusal that are read; what it is stands at its beginning.
_REFUSAL = 1 << 14


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


@dataclass(frozen=True)
class Target:
    """The address of a bucket and the way there.

    Attributes:
        url: What the address of an object begins with; its key follows.
        region: The region that requests are signed for.
        patience: Seconds that one object may take.
        certificates: The file of the authorities that vouch for servers.
        proxy: The proxy; empty for none.
    """

    url: str
    region: str
    patience: float
    certificates: str
    proxy: str = ""


@dataclass(frozen=True)
class Delegation:
    """What has to be known to store small objects, by a thread or by another process of this machine.

    Attributes:
        target: Where they go.
        prefix: What their keys begin with.
        access_key: The credentials of this moment.
        secret_key: Likewise.
        token: Likewise, if they are those of a session.
        seconds: How long the fastest answer has taken: the distance.
    """

    target: Target
    prefix: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)
    seconds: float = field(compare=False)


class Put:
    """A request that stores one object. It can be made again for another one, and so keeps its connection.

    Attributes:
        curl: The request as libcurl knows it.
    """

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self._target: Target | None = None
        self._answer = bytearray()
        self.curl.setopt(pycurl.UPLOAD, 1)
        self.curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        self.curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        self.curl.setopt(pycurl.USERAGENT, f"aind-lint/{__version__}")
        self.curl.setopt(pycurl.NOSIGNAL, 1)  # which threads must not use
        self.curl.setopt(pycurl.CONNECTTIMEOUT, CONNECT_SECONDS)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._hear)

    def _hear(self, data: bytes) -> None:
        self._answer += data[: _REFUSAL - len(self._answer)]

    def prepare(self, delegation: Delegation, key: str, content: bytes, crc: str, tag: str) -> None:
        """Make ready to store an object under a free key.

        Args:
            delegation: Where to, and by whom.
            key: The key after the delegation's prefix.
            content: The bytes.
            crc: Their CRC64NVME, as S3 writes it.
            tag: The mark of the attempt.
        """
        if delegation.target != self._target:
            self._turn_to(delegation.target)
        path = quote(delegation.prefix + key, safe="/~")
        headers = [
            "Expect:",  # an answer before the body would cost a journey more
            "If-None-Match: *",
            f"x-amz-checksum-crc64nvme: {crc}",
            "x-amz-content-sha256: UNSIGNED-PAYLOAD",  # that checksum is signed, so hashing again adds nothing
            f"x-amz-meta-{TAG}: {tag}",
        ]
        if delegation.token:
            headers.append(f"x-amz-security-token: {delegation.token}")
        self.curl.setopt(pycurl.URL, delegation.target.url + path)
        self.curl.setopt(pycurl.HTTPHEADER, [header.encode() for header in headers])
        self.curl.setopt(pycurl.USERNAME, delegation.access_key.encode())
        self.curl.setopt(pycurl.PASSWORD, delegation.secret_key.encode())
        self.curl.setopt(pycurl.INFILESIZE, len(content))
        # It can be read once: what has been sent, nobody but whoever asks for it sends again.
        self.curl.setopt(pycurl.READFUNCTION, io.BytesIO(content).read)
        self._answer.clear()

    def _turn_to(self, target: Target) -> None:
        self.curl.setopt(pycurl.AWS_SIGV4, f"aws:amz:{target.region}:s3".encode())
        self.curl.setopt(pycurl.TIMEOUT_MS, round(target.patience * 1000))
        # libcurl would take from the environment what is not said here.
        self.curl.setopt(pycurl.PROXY, target.proxy.encode())
        self.curl.setopt(pycurl.NOPROXY, "")
        authorities = os.fsencode(target.certificates)
        self.curl.setopt(pycurl.CAINFO, authorities)
        self.curl.setopt(pycurl.PROXY_CAINFO, authorities)
        self._target = target

    def perform(self) -> bool:
        """Make the request; False when the key is taken.

        Raises:
            PutError: The object was not stored, or there was no answer.
        """
        try:
            self.curl.perform()
        except pycurl.error as error:
            slow = error.args[0] == pycurl.E_OPERATION_TIMEDOUT
            raise PutError("the server does not answer, or very slowly" if slow else "the connection failed") from None
        return self.outcome()

    def outcome(self) -> bool:
        """What was answered; False when the key is taken.

        Raises:
            PutError: The object was not stored.
        """
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status == 412:
            return False
        if 200 <= status < 300:
            return True
        code = match.group(1).decode() if (match := re.search(rb"<Code>(\w+)</Code>", self._answer)) else ""
        raise PutError(code or f"the server answered {status}", code, status)
