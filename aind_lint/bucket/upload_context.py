"""Where small objects go, and what has to be known to store them there.

What is here needs nothing of boto3: a process that only sends is ready at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Metadata of an object that says which attempt stored it.
TAG = "aind-lint"

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Endpoint:
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
class SignedUploadContext:
    """What has to be known to store small objects, by a thread or by another process of this machine.

    Attributes:
        target: Where they go.
        prefix: What their keys begin with.
        access_key: The credentials of this moment.
        secret_key: Likewise.
        token: Likewise, if they are those of a session.
        seconds: How long the fastest answer has taken: the distance.
    """

    target: Endpoint
    prefix: str
    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(repr=False)
    seconds: float = field(compare=False)
