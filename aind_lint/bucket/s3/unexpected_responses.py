"""Responses that S3 does not give: redirects to a login portal, web pages, listings without an end.

boto3 would follow such a redirect until the recursion limit, and take a web page for an error of S3 without a reason.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

_PAGE = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_ELEMENTS = re.compile(rb"<Region>([^<]*)</Region>"), re.compile(rb"<Endpoint>([^<]*)</Endpoint>")

_REGION_IN_ENDPOINT = re.compile(r"\.s3[.-]([a-z]{2}(?:-[a-z]+)+-[0-9])\.")

#: Truncated pages without a key that may follow one another in a listing; S3 gives them after many removals.
_MAX_EMPTY_PAGES = 100


class UnexpectedResponseError(Exception):
    """A response is not one of S3; the message says what it is."""


def refuse_unexpected_response(response_dict: dict[str, Any], **_: Any) -> None:
    """Refuse a redirect that names no region, and a page for people; an event handler of ``before-parse``.

    Raises:
        UnexpectedResponseError: The response is one of these.
    """
    status, headers, body = response_dict["status_code"], response_dict["headers"], response_dict["body"]
    if 300 <= status < 400 and status != 304:
        elements = [match[1].decode("ascii", "replace") if (match := part.search(body)) else "" for part in _ELEMENTS]
        region = region_in(headers.get("x-amz-bucket-region", ""), *elements)
        if not region:
            raise UnexpectedResponseError(describe_redirect(status, headers.get("location", "")))
        headers["x-amz-bucket-region"] = region  # so that boto3 need not ask for it, and be redirected again
    elif 400 <= status < 500 and is_page(body):
        raise UnexpectedResponseError(describe_page(status))


def region_in(header: str, region: str, endpoint: str) -> str:
    """The region that a server names for a bucket in another region; empty if it names none.

    Args:
        header: The header ``x-amz-bucket-region`` of the response.
        region: The element ``Region`` of the error.
        endpoint: The element ``Endpoint`` of the error.
    """
    found = _REGION_IN_ENDPOINT.search(endpoint)
    named = header or region or (found[1] if found else "")
    return named if re.fullmatch(r"[a-z0-9-]{1,40}", named) else ""


def is_page(body: bytes | bytearray) -> bool:
    """Whether a body is a web page."""
    return _PAGE.match(body) is not None


def describe_redirect(status: int, location: str) -> str:
    """A redirect, without the part of the address that can contain a secret."""
    where = urlsplit(location)
    host = where.netloc.rpartition("@")[2]
    return f"it redirects to {where.scheme or 'https'}://{host} ({status})" if host else f"it redirects ({status})"


def describe_page(status: int) -> str:
    """A web page instead of an error of S3."""
    login = {401: ", a login is required", 407: ", the proxy requires a login"}.get(status, "")
    return f"its answer is a web page with status {status}{login}"


class PageSequence:
    """The pages of one listing, which must come to an end."""

    def __init__(self) -> None:
        self._tokens: set[str] = set()
        self._first_entries: set[str] = set()
        self._empty = 0

    def check(self, token: str | None, first_entry: str | None) -> None:
        """Note a page.

        Args:
            token: What continues the listing after this page; None if it is the last one.
            first_entry: The first key or prefix of the page; None if it has none.

        Raises:
            UnexpectedResponseError: The server repeats itself.
        """
        if token is None:
            return
        self._empty = 0 if first_entry else self._empty + 1
        if token in self._tokens or first_entry in self._first_entries or self._empty > _MAX_EMPTY_PAGES:
            raise UnexpectedResponseError("its listing has no end: it repeats pages")
        self._tokens.add(token)
        if first_entry:
            self._first_entries.add(first_entry)
