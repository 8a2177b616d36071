"""LIST requests: several pages in parallel, and parsed several times faster than by boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import lt
from types import TracebackType
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from aind_lint.bucket.s3.s3_errors import bare_etag
from aind_lint.bucket.s3.unexpected_responses import PageSequence, UnexpectedResponseError
from aind_lint.system.concurrency_limits import MAX_LISTINGS
from aind_lint.text.characters import one_line

#: Seconds of one wait for pages; on Windows a wait without a limit blocks KeyboardInterrupt.
_WAIT_SECONDS = 0.2

#: Key, size, ETag, time of the last change in milliseconds, and storage class of an object.
Row = tuple[str, int, str | None, int | None, str | None]

_ROWS = "Rows"

#: Digits of the largest size; 64 bits hold 18 in any case. An object of S3 has at most 48.8 TiB, 14 digits.
_MAX_SIZE_DIGITS = 18


def read_contents(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Parse the objects of a LIST and leave the rest of the response to boto3; an event handler of ``before-parse``."""
    if response_dict["status_code"] != 200:
        return
    try:
        root = ElementTree.fromstring(response_dict["body"])  # noqa: S314 - boto3 reads answers with the same parser
    except ElementTree.ParseError:
        return  # boto3 reports what is wrong
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    if root.tag != f"{space}ListBucketResult":
        return
    is_encoded = root.findtext(f"{space}EncodingType") == "url"
    rows = []
    for item in root.findall(f"{space}Contents"):
        key, size = item.findtext(f"{space}Key"), item.findtext(f"{space}Size") or ""
        if not key or not (size.isascii() and size.isdecimal()) or len(size) > _MAX_SIZE_DIGITS:
            raise UnexpectedResponseError(f"its listing has an entry without a key or a size: {one_line(size, 30)}")
        etag = bare_etag(item.findtext(f"{space}ETag"))
        name = unquote_plus(key) if is_encoded and ("%" in key or "+" in key) else key
        modified = _milliseconds(item.findtext(f"{space}LastModified"))
        rows.append((name, int(size), etag, modified, item.findtext(f"{space}StorageClass")))
        root.remove(item)
    response_dict["body"] = ElementTree.tostring(root)
    customized_response_dict[_ROWS] = rows


@lru_cache(maxsize=1000)  # many objects are stored in the same second
def _milliseconds(text: str | None) -> int | None:
    """A time of S3, ``2026-11-30T00:00:00.000Z``, as milliseconds since 1970; S3 has no fractions of a second."""
    if not text:
        return None
    try:
        if text.endswith("Z"):
            return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp()) * 1000
        return int(datetime.fromisoformat(text).timestamp()) * 1000
    except ValueError:
        raise UnexpectedResponseError(f"its listing has an entry with the time {one_line(text, 40)}") from None


def rows_of(page: Any) -> list[Row]:
    """The rows of a page."""
    if _ROWS in page:
        return page[_ROWS]  # type: ignore[no-any-return]
    # A page that only boto3 understands.
    return [
        (item["Key"], item["Size"], bare_etag(item.get("ETag")), _modified(item), item.get("StorageClass"))
        for item in page.get("Contents", [])
    ]


def _modified(item: Any) -> int | None:
    return int(item["LastModified"].timestamp()) * 1000 if "LastModified" in item else None


def check_page(page: Any, prefix: str, sequence: PageSequence) -> None:
    """Check the next page of a listing of the keys that begin with ``prefix``.

    Raises:
        UnexpectedResponseError: It is not one. It must not count as an empty listing, or as one of other keys.
    """
    rows, folders = page.get(_ROWS), page.get("CommonPrefixes", [])
    if rows is None and "Contents" not in page and not folders:
        # boto3 parses the HTML page of a login portal as an empty one.
        raise UnexpectedResponseError("the response to a LIST has no listing")
    names = [row[0] for row in rows] if rows is not None else [item.get("Key", "") for item in page.get("Contents", [])]
    names += [item.get("Prefix", "") for item in folders]
    if not all(name.startswith(prefix) for name in names):
        raise UnexpectedResponseError("its listing contains keys that do not begin with the requested prefix")
    token = page.get("NextContinuationToken") if page.get("IsTruncated") else None
    if page.get("IsTruncated") and not token:
        raise UnexpectedResponseError("a truncated LIST has no continuation token")
    sequence.check(token, names[0] if names else None)


def list_in_parallel(list_page: Callable[..., Any], prefix: str, boundaries: Sequence[str]) -> Iterator[list[Row]]:
    """The rows of every key that begins with a prefix, page by page.

    The pages after keys that are probably stored are requested at once, before the pages before them are known. Such a
    page is used only if its key is in the page before: then it is what follows there, whatever else the bucket holds.
    From a page without such a key, the listing goes on with the next page of the server.

    Args:
        list_page: Requests the next page of a sequence; its other arguments are those of a LIST.
        prefix: The prefix.
        boundaries: Sorted keys, fewer than a page apart.
    """
    number_of = {key: number for number, key in enumerate(boundaries)}
    sequence = PageSequence()
    after = ""
    with _RequestedPages(list_page, prefix, boundaries) as requested:
        page = list_page(sequence, Prefix=prefix)
        while True:
            rows = rows_of(page)
            if not page.get("IsTruncated"):
                yield rows
                return
            keys = [row[0] for row in rows]
            if not all(map(lt, chain([after], keys), keys)):
                number_of = {}  # not in the order of S3, so what follows a key is for the server to say
            # The last boundary in the page: where keys are missing, a page contains several.
            last = next((index for index in range(len(keys) - 1, -1, -1) if keys[index] in number_of), None)
            used = rows if last is None else rows[: last + 1]
            yield used
            after = used[-1][0] if used else after
            if last is None:
                page = list_page(sequence, Prefix=prefix, ContinuationToken=page["NextContinuationToken"])
            else:
                page = requested.page_after(number_of[after])


class _RequestedPages:
    """Pages that begin after boundaries; the next 16 pages are always requested in advance."""

    def __init__(self, list_page: Callable[..., Any], prefix: str, boundaries: Sequence[str]) -> None:
        self._list_page = list_page
        self._prefix = prefix
        self._boundaries = boundaries
        self._pool = ThreadPoolExecutor(MAX_LISTINGS)
        self._running: dict[int, Future[Any]] = {}
        self._request_from(0)

    def __enter__(self) -> _RequestedPages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def page_after(self, number: int) -> Any:
        """The page after a boundary; the boundaries of successive calls must increase."""
        for passed in [each for each in self._running if each < number]:
            self._running.pop(passed).cancel()
        self._request_from(number)
        future = self._running.pop(number)
        while not wait([future], _WAIT_SECONDS).done:
            continue
        return future.result()

    def _request_from(self, first: int) -> None:
        for number in range(first, min(first + MAX_LISTINGS, len(self._boundaries))):
            if number not in self._running:
                after = self._boundaries[number]
                self._running[number] = self._pool.submit(
                    self._list_page, PageSequence(), Prefix=self._prefix, StartAfter=after
                )
