"""The verb unwanted: globs at the root and at any depth, in one case or any."""

from __future__ import annotations

import pytest

from aind_lint.checks.general.unwanted import Options, check
from aind_lint.engine.rules.check_context import CheckContext
from tests.engine.sample_rules import make_asset_with


@pytest.mark.parametrize(
    ("paths", "any_case", "found"),
    [
        (["README.MD"], True, ["ReadMe.md"]),
        (["README.MD"], False, []),
        (["ReadMe.md"], False, ["ReadMe.md"]),
        (["**/NOTES.*"], True, ["a/notes.txt", "notes.txt"]),
        (["notes.*"], False, ["notes.txt"]),
        (["A/*"], True, ["a/b", "a/notes.txt"]),
        (["a"], False, ["a"]),
        (["**/b"], False, ["a/b"]),
    ],
)
def test_globs_find_files_and_folders(paths, any_case, found):
    asset = make_asset_with(["ReadMe.md", "notes.txt", "a/notes.txt", "a/b/c"])
    options = Options(paths=paths, any_case=any_case, message="is not wanted")
    assert [fault.file for fault in check(asset, options, CheckContext())] == found
