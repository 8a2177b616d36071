"""Searching keys: the index says what asking every key would."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.asset.listing.key_index import KeyIndex
from aind_lint.asset.listing.listing import folders_of
from aind_lint.text.glob import compile_globs

SEGMENTS = st.sampled_from(["a", "b.csv", "B.CSV", "._x", "x.tmp", "x.harp", "1.bin", "é", "a b", ".git", "fib", "tmp"])
KEYS = st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join), unique=True, max_size=12)
# A file and a folder of one name cannot be in a folder, only in a bucket.
KEYS = KEYS.map(lambda keys: [key for key in keys if not any(other.startswith(f"{key}/") for other in keys)])
NAMES = ["*.tmp", "._*", ".git", "*.harp", "tmp", "*a*", "[bx].CSV"]
GLOBS = [f"**/{name}" for name in NAMES]


@given(KEYS)
def test_entries_at_any_depth_are_found_by_their_names(keys):
    index = KeyIndex(keys, folders_of(keys))
    found = dict(index.entries_matching(GLOBS, ignore_case=True))
    expected: dict[str, int] = {}
    for key in keys:
        parts = key.split("/")
        for end, part in enumerate(parts, 1):
            if any(fnmatch.fnmatchcase(part.lower(), name.lower()) for name in NAMES):
                offender = "/".join(parts[:end])
                expected[offender] = expected.get(offender, 0) + 1
                break
    assert found == expected


@given(KEYS, st.booleans())
def test_other_entries_are_compared_with_their_whole_keys(keys, ignore_case):
    folders = list(folders_of(keys))
    globs = ["*.csv", "fib", "[a-c]*/**", "*/X.tmp", "?/**/*.[CB]SV"]
    found = [key for key, _ in KeyIndex(keys, folders).entries_matching(globs, ignore_case)]
    assert set(found) == {key for key in [*keys, *folders] if compile_globs(tuple(globs), ignore_case).fullmatch(key)}


@given(KEYS)
def test_files_and_folders_matching(keys):
    index = KeyIndex(keys, folders_of(keys))
    assert list(index.files_matching(["fib/**/*.csv"])) == sorted(
        key for key in keys if key.startswith("fib/") and key.endswith(".csv")
    )
    assert list(index.files_matching(["**/*.harp/*.bin"])) == sorted(
        key for key in keys if re.fullmatch(r"(.*/)?[^/]*\.harp/[^/]*\.bin", key)
    )
    assert index.folders_matching(["**/*.harp"]) == sorted(key for key in folders_of(keys) if key.endswith(".harp"))


@pytest.mark.parametrize(
    ("keys", "offenders"),
    [
        (["a/x.tmp"], {"a/x.tmp": 1}),
        (["x.tmp/a", "x.tmp/b/c"], {"x.tmp": 2}),
        (["a/tmp"], {}),
        ([], {}),
    ],
)
def test_a_folder_is_reported_once(keys, offenders):
    assert dict(KeyIndex(keys, folders_of(keys)).entries_matching(["**/*.tmp"])) == offenders


@given(KEYS)
def test_children_of_a_folder(keys):
    folders = list(folders_of(keys))
    index = KeyIndex(keys, folders)
    assert index.top_folders == {key.partition("/")[0] for key in keys if "/" in key}
    assert list(index.file_names_at_root()) == sorted(key for key in keys if "/" not in key)
    for folder in folders:
        everything = [*keys, *(f"{key}/" for key in folders)]
        inside = [key.removeprefix(f"{folder}/") for key in everything if key.startswith(f"{folder}/")]
        assert sorted(index.names_in(folder)) == sorted(name for name in inside if name and "/" not in name[:-1])
        assert list(index.keys_below(folder)) == sorted(key for key in keys if key.startswith(f"{folder}/"))
