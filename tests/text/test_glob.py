"""The glob dialect of configurations and rule files."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aind_lint.text.glob import compile_globs, has_wildcards, literal_texts


def matches(glob: str, path: str) -> bool:
    return compile_globs((glob,)).fullmatch(path) is not None


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("a/b.csv", ["a/b.csv"], ["b.csv", "a/b.CSV", "a/b.csv.x", "x/a/b.csv", "a/bxcsv"]),
        ("*.csv", ["b.csv", ".csv"], ["a/b.csv", "b.csv/c"]),
        ("?.csv", ["b.csv"], [".csv", "bb.csv", "/.csv"]),
        ("[ab]*", ["a", "bc"], ["c", "A"]),
        ("[!ab]*", ["c", "A"], ["a", "", "/x"]),
        ("[a-c]-[]]-[[]-[*]", ["b-]-[-*"], ["b-]-[-x"]),
        ("[ab", ["[ab"], ["a"]),
        ("**", ["a", "a/b", "s3://bucket/a"], []),
        ("**/a", ["a", "x/a", "x/y/a"], ["xa", "a/x"]),
        ("a/**", ["a", "a/x", "a/x/y"], ["ab", "x/a"]),
        ("a/**/*", ["a/x", "a/x/y"], ["a"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "b"]),
        ("a/**b", ["a/b", "a/xb"], ["a/x/b"]),
        ("s3://*/a", ["s3://bucket/a"], ["s3://bucket/x/a"]),
    ],
)
def test_what_a_glob_matches(glob, matching, other):
    assert [path for path in matching if not matches(glob, path)] == []
    assert [path for path in other if matches(glob, path)] == []


def test_several_globs_are_alternatives_and_none_match_nothing():
    assert compile_globs(("a", "b*")).fullmatch("bc")
    assert not compile_globs(()).fullmatch("")


def test_case_is_ignored_only_on_request():
    assert not matches("**/.DS_Store", "x/.ds_store")
    assert compile_globs(("**/.DS_Store",), ignore_case=True).fullmatch("x/.ds_store")


def test_has_wildcards():
    assert [glob for glob in ["a/b", "*", "a?", "[a]"] if has_wildcards(glob)] == ["*", "a?", "[a]"]


PARTS = st.text("abA.-!^\\[]", max_size=3)
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
TOKENS = st.sampled_from(["a", "b", "A", ".", "-", "!", "^", "\\", "[", "]", "*", "?", "[ab]", "[!a]", "[a-", "**"])
GLOBS = st.lists(st.just("**") | st.lists(TOKENS, max_size=4).map("".join), min_size=1, max_size=4).map("/".join)


def by_parts(globs: list[str], parts: list[str]) -> bool:
    """What the table in the module's docstring says, part by part; slow, and plainly right."""
    if not globs:
        return not parts
    first, *rest = globs
    if first == "**":
        return any(by_parts(rest, parts[skipped:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], first) and by_parts(rest, parts[1:])


@given(GLOBS, PATHS)
def test_every_part_is_matched_as_fnmatch_does(glob, path):
    assert matches(glob, path) is by_parts(glob.split("/"), path.split("/"))
    if matches(glob, path):
        texts = literal_texts(glob)
        assert all(text in path for text in texts)
        assert path.startswith(texts[0]) and path.endswith(texts[-1])


def test_any_number_of_double_asterisks_is_one():
    assert not matches("/".join(["**"] * 30 + ["b"]), "/".join("a" * 200))  # would not end otherwise
