"""LIST requests: several pages in parallel, and parsed several times faster than by boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from aind_lint.asset.listing.listing_shards import ListingShards
from aind_lint.system.concurrency_limits import MAX_LISTINGS

#: Seconds of one wait for pages; on Windows a wait without a limit blocks KeyboardInterrupt.
_WAIT_SECONDS = 0.2

_ROWS = "Rows"


def read_contents(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Parse keys and sizes and leave the rest of the response to boto3; an event handler of ``before-parse``."""
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
        key, size = item.findtext(f"{space}Key"), item.findtext(f"{space}Size")
        if key is None or size is None:
            return
        rows.append((unquote_plus(key) if is_encoded and ("%" in key or "+" in key) else key, int(size)))
        root.remove(item)
    response_dict["body"] = ElementTree.tostring(root)
    customized_response_dict[_ROWS] = rows


def rows_of(page: Any) -> Iterator[tuple[str, int]]:
    """Keys and sizes of a page."""
    if _ROWS in page:
        yield from page[_ROWS]
    else:  # a page that only boto3 understands
        yield from ((item["Key"], item["Size"]) for item in page.get("Contents", []))


def is_listing(page: Any) -> bool:
    """Whether a response is a page of a LIST; boto3 parses the HTML page of a login portal as an empty one."""
    return _ROWS in page or "Contents" in page or "CommonPrefixes" in page


def list_in_parallel(list_page: Callable[..., Any], start: str, shards: ListingShards) -> Iterator[Any]:
    """The pages of everything below ``start``, in any order.

    A folder of ``shards`` is listed with a delimiter: its own keys and the names of its folders. Each folder, found or
    expected, gets a LIST of its own. So every key is below exactly one listed prefix, whatever the bucket holds and in
    whatever order it lists.

    Args:
        list_page: Requests a page; its arguments are those of a LIST.
        start: The prefix.
        shards: The folders that are expected.
    """
    known = dict.fromkeys(["", *(folder for folders in shards.values() for folder in folders)])
    pending: list[dict[str, str]] = [_request_for(start, folder, shards) for folder in known]
    running: dict[Future[Any], dict[str, str]] = {}
    pool = ThreadPoolExecutor(MAX_LISTINGS)
    try:
        while pending or running:
            while pending and len(running) < MAX_LISTINGS:
                request = pending.pop()
                running[pool.submit(list_page, **request)] = request
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
