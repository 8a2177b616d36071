"""Where small objects are sent, and what is needed to sign their requests.

Nothing here imports boto3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: The metadata key of an object that names the attempt which stored it.
TAG = "aind-lint"

#: Seconds within which a connection must be made.
CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Endpoint:
    """The address of a bucket and how it is reached.

    Attributes:
        url: The beginning of the URL of every object; the key follows.
        region: The region that requests are signed for.
        request_seconds: The time limit of one request.
        certificates: The file of the trusted certificate authorities.
        proxy: The proxy; empty for none.
        headers: Headers of every request, which are signed.
    """

    url: str
    region: str
    request_seconds: float
    certificates: str
    proxy: str = ""
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SigningContext:
    """What is needed to sign requests that store small objects.

    Attributes:
        endpoint: The address.
        prefix: The beginning of every key.
        access_key: The access key, as of now.
        secret_key: The secret key, as of now.
        token: The session token, if the credentials are those of a session.
        credentials_version: Increases whenever credentials are read again.
        min_latency: Seconds of the fastest request so far: how far the server is.
    """

    endpoint: Endpoint
    prefix: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)
    credentials_version: int = field(default=0, compare=False)
    min_latency: float = field(default=0.0, compare=False)
