"""Where a listing is divided, and that nothing is lost or seen twice when it is."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aind_lint.asset.listing.listing_shards import find_shards
from aind_lint.bucket.s3.parallel_listing import list_in_parallel
from aind_lint.bucket.s3.unexpected_responses import PageSequence


def test_a_small_asset_is_not_divided() -> None:
    assert find_shards(f"behavior/{number:04}.bin" for number in range(1000)) == {}


def test_a_flat_folder_is_not_divided() -> None:
    keys = sorted(["subject.json", *(f"behavior/{number:05}.bin" for number in range(5000))])
    assert find_shards(keys) == {"": ["behavior/"]}


def test_folders_with_many_files_and_their_parents_are_shards() -> None:
    keys = sorted(
        ["subject.json", *(f"ecephys/block{number // 1000}/{number:05}.bin" for number in range(5000)), "pophys/a/b/c"]
    )
    blocks = [f"ecephys/block{number}/" for number in range(5)]
    assert find_shards(keys) == {"": ["ecephys/", "pophys/"], "ecephys/": blocks}


def test_many_small_folders_get_no_requests_of_their_own() -> None:
    keys = sorted(f"ecephys/{folder:04}/{number}.bin" for folder in range(1000) for number in range(10))
    assert find_shards(keys) == {"": ["ecephys/"]}


parts = st.sampled_from(["", "a", "a b", "b", "c", "é"])
keys = st.sets(st.lists(parts, min_size=1, max_size=4).map("/".join).filter(bool), max_size=40)


@st.composite
def divisions(draw: st.DrawFn) -> dict[str, list[str]]:
    """Branches as an asset may expect them, whatever the bucket holds."""
    found: dict[str, list[str]] = {"": []}
    for folder in draw(st.lists(st.sampled_from(["a/", "b/", "c/", "gone/"]), unique=True)):
        found[""].append(folder)
        if draw(st.booleans()):
            found[folder] = [f"{folder}{name}/" for name in draw(st.sets(st.sampled_from(["a", "b", "gone"])))]
    return found


@given(keys, divisions(), st.integers(1, 5), st.randoms())
def test_every_key_is_listed_once_whatever_is_expected_and_in_whatever_order(keys, branches, page, random) -> None:
    stored = [f"asset/{key}" for key in keys]
    random.shuffle(stored)

    def ask(sequence: PageSequence, **question: Any) -> Any:
        items: dict[str, str] = {}
        for key in stored:
            if key.startswith(question["Prefix"]):
                rest = key[len(question["Prefix"]) :]
                folder = rest.partition("/")[0] + "/" if "Delimiter" in question and "/" in rest else None
                items[question["Prefix"] + folder if folder else key] = "CommonPrefixes" if folder else "Contents"
        begin = int(question.get("ContinuationToken", 0))
        shown = list(items.items())[begin : begin + page]
        return {
            "Contents": [{"Key": name} for name, kind in shown if kind == "Contents"],
            "CommonPrefixes": [{"Prefix": name} for name, kind in shown if kind == "CommonPrefixes"],
            "IsTruncated": begin + page < len(items),
            "NextContinuationToken": str(begin + page),
        }

    pages = list_in_parallel(ask, "asset/", branches)
    assert sorted(item["Key"] for page in pages for item in page["Contents"]) == sorted(stored)
