"""The pages of a LIST: many at the same time, and read many times faster than by the general reader of boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from aind_lint.asset.listing.listing_shards import ListingShards
from aind_lint.system.concurrency import MAX_LISTINGS

#: Seconds after which a wait for pages begins anew.
_LISTENING_SECONDS = 0.2

_ROWS = "Rows"


def read_contents(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take keys and sizes out of an answer and leave the rest of it to boto3; an event handler of ``before-parse``."""
    if response_dict["status_code"] != 200:
        return
    try:
        root = ElementTree.fromstring(response_dict["body"])  # noqa: S314 - boto3 reads answers with the same parser
    except ElementTree.ParseError:
        return  # boto3 says what is wrong with it
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
    """Whether a page is one: boto3 finds in the page of a portal or a proxy a listing of nothing."""
    return _ROWS in page or "Contents" in page or "CommonPrefixes" in page


def pages_side_by_side(ask: Callable[..., Any], start: str, shards: ListingShards) -> Iterator[Any]:
    """The pages of everything below ``start``, in any order.

    A branch is listed as what lies directly in it, with the names of its folders; each of those, named by the bucket or
    expected, is listed by itself. So every key lies below exactly one of the prefixes that are listed, whatever there
    is and in whatever order the bucket lists.

    Args:
        ask: Gives a page, for the arguments of a LIST.
        start: The prefix.
        shards: The folders that are expected.
    """
    known = dict.fromkeys(["", *(folder for folders in shards.values() for folder in folders)])
    coming: list[dict[str, str]] = [_question(start, folder, shards) for folder in known]
    running: dict[Future[Any], dict[str, str]] = {}
    pool = ThreadPoolExecutor(MAX_LISTINGS)
    try:
        while coming or running:
            while coming and len(running) < MAX_LISTINGS:
                question = coming.pop()
                running[pool.submit(ask, **question)] = question
            # On Windows an endless wait hears no interrupt.
            for future in wait(running, _LISTENING_SECONDS, FIRST_COMPLETED).done:
                question, page = running.pop(future), future.result()
                if page.get("IsTruncated"):
                    coming.append({**question, "ContinuationToken": page["NextContinuationToken"]})
                for item in page.get("CommonPrefixes", []):
                    folder = item["Prefix"][len(start) :]
                    if folder not in known:
                        known[folder] = None
                        coming.append(_question(start, folder, shards))
                yield page
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _question(start: str, folder: str, shards: ListingShards) -> dict[str, str]:
    return {"Prefix": start + folder, **({"Delimiter": "/"} if folder in shards else {})}
