"""Where small objects go, through obstore: each one conditional PUT with its checksum, which the server compares.

obstore computes that checksum from the bytes it is given, so those are compared with the plan before. It takes a third
of the time of any other client. What is here needs nothing of boto3: a process that only sends is ready at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Credential

#: Metadata of an object that says which attempt stored it.
TAG = "aind-lint"

CONNECT_SECONDS = 5


class PutError(Exception):
    """An object was not stored, or nobody knows whether it was.

    Attributes:
        reason: What was answered, in a few words.
        code: The server's code, or empty.
        status: The status of HTTP; 599 when there was no answer.
    """

    def __init__(self, reason: str, code: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Target:
    """The address of a bucket as obstore has to be told it.

    Attributes:
        bucket: The bucket's name.
        endpoint: Where requests go.
        region: The region they are signed for.
        virtual: Whether the endpoint is that of the bucket.
        patience: How long one object may take, as obstore writes it.
        certificates: Own certificates of authorities (PEM); empty for those that obstore brings along.
        proxy: The proxy; empty for none.
        proxy_excludes: Hosts that are reached without it.
    """

    bucket: str
    endpoint: str
    region: str
    virtual: bool
    patience: str
    certificates: str = ""
    proxy: str = ""
    proxy_excludes: str = ""

    def connect(self, credentials: Callable[[], S3Credential]) -> S3Store:
        """A client. What is said here cannot be said by the environment, from which obstore takes the rest."""
        options: ClientConfig = {
            "allow_http": True,
            "connect_timeout": f"{CONNECT_SECONDS}s",
            "timeout": self.patience,
        }
        if self.certificates:
            options["root_certificate"] = self.certificates.encode("latin-1")
        if self.proxy:
            options["proxy_url"] = self.proxy
        if self.proxy_excludes:
            options["proxy_excludes"] = self.proxy_excludes
        return S3Store(
            self.bucket,
            endpoint=self.endpoint,
            region=self.region,
            virtual_hosted_style_request=self.virtual,
            checksum_algorithm="CRC64NVME",
            unsigned_payload=True,
            skip_signature=False,
            conditional_put="etag",
            client_options=options,
            retry_config={"max_retries": 0},  # `Retries` shows what it does
            credential_provider=credentials,
        )


@dataclass(frozen=True)
class Delegation:
    """What another process of this machine has to know to store small objects.

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

    def connect(self) -> S3Store:
        """A client."""
        credentials: S3Credential = {
            "access_key_id": self.access_key,
            "secret_access_key": self.secret_key,
            "token": self.token,
            "expires_at": None,  # the server will say so
        }
        return self.target.connect(lambda: credentials)


def put(store: S3Store, key: str, content: bytes, tag: str) -> bool:
    """Store an object under a free key; False when the key is taken.

    Raises:
        PutError: It was not stored, or there was no answer.
    """
    try:
        obstore.put(store, key, content, mode="create", use_multipart=False, attributes={TAG: tag})
    except (BaseError, OSError) as error:
        text = str(error)
        code = match.group(1) if (match := re.search(r"<Code>(\w+)</Code>", text)) else ""
        status = int(match.group(1)) if (match := re.search(r"status code: (\d{3})", text)) else 599
        if isinstance(error, AlreadyExistsError) and status != 409:
            return False
        raise PutError(_reason(text, code, status), code, status) from None
    return True


def _reason(text: str, code: str, status: int) -> str:
    if code:
        return code
    if status != 599:
        return f"the server answered {status}"
    return "the connection failed" if "kind: Timeout" not in text else "the server does not answer, or very slowly"
