"""LIST requests: several pages in parallel, and parsed several times faster than by boto3."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from aind_lint.asset.listing.listing_shards import ListingShards
from aind_lint.bucket.s3.s3_errors import bare_etag
from aind_lint.bucket.s3.unexpected_responses import PageSequence, UnexpectedResponseError
from aind_lint.system.concurrency_limits import MAX_LISTINGS
from aind_lint.text.characters import one_line

#: Seconds of one wait for pages; on Windows a wait without a limit blocks KeyboardInterrupt.
_WAIT_SECONDS = 0.2

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


def rows_of(page: Any) -> Iterator[tuple[str, int, str | None, int | None, str | None]]:
    """Key, size, ETag, time of the last change and storage class of each object of a page."""
    if _ROWS in page:
        yield from page[_ROWS]
    else:  # a page that only boto3 understands
        for item in page.get("Contents", []):
            modified = int(item["LastModified"].timestamp()) * 1000 if "LastModified" in item else None
            yield item["Key"], item["Size"], bare_etag(item.get("ETag")), modified, item.get("StorageClass")


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


def list_in_parallel(list_page: Callable[..., Any], start: str, shards: ListingShards) -> Iterator[Any]:
    """The pages of everything below ``start``, in any order.

    A folder of ``shards`` is listed with a delimiter: its own keys and the names of its folders. Each folder, found or
    expected, gets a LIST of its own. So every key is below exactly one listed prefix, whatever the bucket holds and in
    whatever order it lists.

    Args:
        list_page: Requests the next page of a sequence; its other arguments are those of a LIST.
        start: The prefix.
        shards: The folders that are expected.
    """
    known = dict.fromkeys(["", *(folder for folders in shards.values() for folder in folders)])
    pending: list[dict[str, str]] = [_request_for(start, folder, shards) for folder in known]
    sequences: dict[str, PageSequence] = defaultdict(PageSequence)
    running: dict[Future[Any], dict[str, str]] = {}
    pool = ThreadPoolExecutor(MAX_LISTINGS)
    try:
        while pending or running:
            while pending and len(running) < MAX_LISTINGS:
                request = pending.pop()
                running[pool.submit(list_page, sequences[request["Prefix"]], **request)] = request
            for future in wait(running, _WAIT_SECONDS, FIRST_COMPLETED).done:
                request, page = running.pop(future), future.result()
                if page.get("IsTruncated"):
                    pending.append({**request, "ContinuationToken": page["NextContinuationToken"]})
                for item in page.get("CommonPrefixes", []):
                    folder = item["Prefix"][len(start) :]
                    if folder not in known:
                        known[folder] = None
                        pending.append(_request_for(start, folder, shards))
                yield page
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _request_for(start: str, folder: str, shards: ListingShards) -> dict[str, str]:
    return {"Prefix": start + folder, **({"Delimiter": "/"} if folder in shards else {})}
