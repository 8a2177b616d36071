"""Searching keys: the index says what asking every key would."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.asset.keys import KeyIndex
from aind_lint.asset.listing import folders_of

SEGMENTS = st.sampled_from(["a", "b.csv", "B.CSV", "._x", "x.tmp", "x.harp", "1.bin", "é", "a b", ".git", "fib", "tmp"])
KEYS = st.lists(st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join), unique=True, max_size=12)
GLOBS = ["*.tmp", "._*", ".git", "*.harp", "tmp", "*a*"]


@given(KEYS)
def test_named_like_is_what_every_segment_says(keys):
    index = KeyIndex(keys, folders_of(keys))
    found = index.named_like(GLOBS)
    expected: dict[str, int] = {}
    for key in keys:
        parts = key.split("/")
        for end, part in enumerate(parts, 1):
            if any(fnmatch.fnmatchcase(part.lower(), glob) for glob in GLOBS):
                culprit = "/".join(parts[:end])
                expected[culprit] = expected.get(culprit, 0) + 1
                break
    assert found == expected


@given(KEYS)
def test_files_and_folders_like(keys):
    index = KeyIndex(keys, folders_of(keys))
    assert index.files_like(["fib/**/*.csv"]) == sorted(
        key for key in keys if key.startswith("fib/") and key.endswith(".csv")
    )
    assert index.files_like(["**/*.harp/*.bin"]) == sorted(
        key for key in keys if re.fullmatch(r"(.*/)?[^/]*\.harp/[^/]*\.bin", key)
    )
    assert index.folders_like(["**/*.harp"]) == sorted(key for key in folders_of(keys) if key.endswith(".harp"))


@pytest.mark.parametrize(
    ("keys", "culprits"),
    [
        (["a/x.tmp"], {"a/x.tmp": 1}),
        (["x.tmp/a", "x.tmp/b/c"], {"x.tmp": 2}),
        (["a/tmp"], {}),
        ([], {}),
    ],
)
def test_a_folder_is_told_once(keys, culprits):
    assert KeyIndex(keys, folders_of(keys)).named_like(["*.tmp"]) == culprits
