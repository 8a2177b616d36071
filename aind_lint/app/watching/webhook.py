"""Notifies a webhook when an asset is not published."""

from __future__ import annotations

import json
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from aind_lint.errors import UsageError

_TIMEOUT_SECONDS = 10


class Webhook:
    """An address that takes a JSON object by POST; chat systems show its ``text``.

    Raises:
        UsageError: The address does not begin with http:// or https://.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            host = None
        if host is None or parts.scheme not in ("http", "https"):
            raise UsageError("the webhook is not an address that begins with https:// or http://")
        self._url = url
        #: The host only, because the rest of the address may contain a secret.
        self.host = host

    def send(self, content: dict[str, object]) -> str | None:
        """Send a message; return why it could not be sent, or None. Never raises: a publication must not stop."""
        body = json.dumps(content).encode("ascii")
        request = Request(self._url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310
                return None
        except URLError as error:
            return str(error.reason)
        except (OSError, ValueError) as error:
            return str(error) or type(error).__name__
