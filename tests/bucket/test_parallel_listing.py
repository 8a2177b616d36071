"""Listing a distant bucket from many keys at the same time: the result is that of one page after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aind_lint.bucket.body import Body
from aind_lint.bucket.destination.comparison import compare_listing
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.bucket.s3.parallel_listing import list_in_parallel
from aind_lint.bucket.s3.unexpected_responses import PageSequence
from aind_lint.bucket.store import StoredObject
from aind_lint.storage.sorted_table import SortedTable

KEYS = st.lists(st.text("ab/-", min_size=1, max_size=4), unique=True, max_size=30)


class Server:
    """Lists its keys in an order of its own, page by page.

    Attributes:
        requests: The arguments of the LISTs, in the order of their arrival.
    """

    def __init__(self, keys: list[str], page_size: int) -> None:
        self._keys = [f"x/{key}" for key in keys]
        self._page_size = page_size
        self.requests: list[dict[str, str]] = []

    def list_page(self, sequence: PageSequence, **arguments: str) -> Any:
        self.requests.append(arguments)
        assert arguments["Prefix"] == "x/"
        first = 0
        if token := arguments.get("ContinuationToken"):
            first = int(token)
        elif (after := arguments.get("StartAfter")) in self._keys:
            first = self._keys.index(after) + 1
        elif after:
            first = next((place for place, key in enumerate(self._keys) if key > after), len(self._keys))
        end = first + self._page_size
        rows = [(key, 1, None, None, None) for key in self._keys[first:end]]
        return {"Rows": rows, "IsTruncated": end < len(self._keys), "NextContinuationToken": str(end)}


def listed(server: Server, boundaries: list[str]) -> list[str]:
    rows = list_in_parallel(server.list_page, "x/", [f"x/{key}" for key in boundaries])
    return [row[0].removeprefix("x/") for page in rows for row in page]


@given(KEYS, KEYS, st.integers(1, 8))
def test_every_key_is_listed_once_and_in_order(keys, boundaries, page_size):
    assert listed(Server(sorted(keys), page_size), sorted(boundaries)) == sorted(keys)


@given(KEYS, KEYS, st.integers(1, 8))
def test_every_key_is_listed_once_by_a_server_with_an_order_of_its_own(keys, boundaries, page_size):
    assert listed(Server(keys, page_size), sorted(boundaries)) == keys


def test_the_expected_pages_are_all_requested_by_their_first_key():
    keys = [f"{number:04}" for number in range(95)]
    server = Server(keys, 10)
    assert listed(server, keys[8::9]) == keys
    assert not any("ContinuationToken" in request for request in server.requests)


def test_keys_that_are_missing_or_not_expected_take_few_more_requests():
    expected = [f"{number:04}" for number in range(200)]
    keys = sorted([*expected[:60], *expected[100:], *(f"0150-{number}" for number in range(30))])
    server = Server(keys, 10)
    assert listed(server, expected[8::9]) == keys
    assert sum("ContinuationToken" in request for request in server.requests) <= 5


class HidingStore(MemoryStore):
    """Leaves out a key when it is listed from others, as a server with two orders of keys would."""

    def scan(self, prefix: str, limit: int | None = None, boundaries: Sequence[str] = ()) -> Iterator[StoredObject]:
        return (one for one in super().scan(prefix, limit) if not (boundaries and one.key.endswith("0001")))


def test_a_key_that_is_missing_is_looked_for_again_page_by_page():
    store = HidingStore()
    rows = [(f"data/{number:04}", 1, 0) for number in range(1000)]
    manifest = Manifest("asset", SortedTable(rows, Manifest.COLUMNS))
    assert manifest.boundaries == ["data/0989"]
    for key, *_ in rows:
        store.create(f"asset/{key}", Body.of_bytes(b"x"))
    assert "asset/data/0001" not in [one.key for one in store.scan("asset/", boundaries=manifest.boundaries)]
    assert list(compare_listing(manifest, store, "asset")) == []
    other = Manifest("asset", SortedTable([*rows, ("data/x", 1, 0)], Manifest.COLUMNS))
    assert [(one.key, one.kind) for one in compare_listing(other, store, "asset")] == [("data/x", "missing")]
