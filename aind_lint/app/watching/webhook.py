"""Notifies a webhook when an asset is not published."""

from __future__ import annotations

import json
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from aind_lint.errors import UsageError, os_error_reason

#: Seconds for one step of a request, and for the whole request: a server can send a reply byte by byte.
_STEP_SECONDS, _REQUEST_SECONDS = 10, 30


class Webhook:
    """An address that takes a JSON object by POST; chat systems show its ``text``.

    Raises:
        UsageError: The address is not valid, or does not begin with http:// or https://.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https") or port == 0 or not url.isprintable() or " " in url:
            raise UsageError("the webhook is not an address of the form https://host/path or http://host:port/path")
        self._url = url
        #: The host only, because the rest of the address may contain a secret.
        self.host = host
        self._opener = build_opener(_NoRedirects)

    def send(self, content: dict[str, object]) -> str | None:
        """Send a message; return why it could not be sent, or None. Never raises: a publication must not stop."""
        problem: list[str | None] = [f"no reply within {_REQUEST_SECONDS} seconds"]
        thread = Thread(target=lambda: problem.append(self._send(content)), daemon=True)
        thread.start()
        thread.join(_REQUEST_SECONDS)
        return problem[-1]

    def _send(self, content: dict[str, object]) -> str | None:
        """As `send`. No reason shows a text of the server or of a library, which could contain the address."""
        try:
            body = json.dumps(content).encode("ascii")
            request = Request(self._url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - checked above
            with self._opener.open(request, timeout=_STEP_SECONDS):
                return None
        except HTTPError as error:
            redirects = ", a redirect, which is not followed" if 300 <= error.code < 400 else ""
            return f"the server answered {error.code}{redirects}"
        except URLError as error:
            return os_error_reason(error.reason) if isinstance(error.reason, OSError) else "the request failed"
        except OSError as error:
            return os_error_reason(error)
        except HTTPException:
            return "the reply is not HTTP"
        except Exception as error:
            return f"the request failed ({type(error).__name__})"


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirect: another host must not get the message, and may not be asked for the address."""

    def redirect_request(self, *about: Any) -> None:
        """None, so that a redirect is an error."""
