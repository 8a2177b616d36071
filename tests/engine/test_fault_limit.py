"""Limits on the faults of one verb: the first twenty one by one, the rest counted."""

from __future__ import annotations

from typing import Any

import pytest

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import FAULT_LIMIT, report_limited
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked, load_verb
from aind_lint.examples.tree import Tree
from tests.engine.sample_rules import NAME

COUNT = FAULT_LIMIT + 5
_FRAMES = {"frame_table": "{stem}.csv", "frame_metadata": "{stem}.json", "dimensions": ["Width"], "bit_depth": "Depth"}


def folders(name: str) -> dict[str, bytes | int]:
    return {f"{name.format(number)}/file.bin": 1 for number in range(COUNT)}


def derived_asset_names() -> dict[str, bytes | int]:
    return folders("123456_2022-12-12_05-06-07_sorted_2022-12-13_05-06-{:02}")


def frames(number: int) -> dict[str, bytes | int]:
    beside = f"fib/{number}"
    return {f"{beside}.bin": 7, f"{beside}.csv": b"n\n1\n", f"{beside}.json": b'{"Width": 2, "Depth": "U16"}'}


def all_frames() -> dict[str, bytes | int]:
    return {key: content for number in range(COUNT) for key, content in frames(number).items()}


def sources() -> dict[str, bytes | int]:
    names = ", ".join(f'"source {number}"' for number in range(COUNT))
    return {"data_description.json": f'{{"source_data": [{names}]}}'.encode()}


def recordings() -> dict[str, bytes | int]:
    streams = ", ".join(f'{{"folder_name": "{number}", "num_channels": 2}}' for number in range(COUNT))
    samples: dict[str, bytes | int] = {f"ecephys/r/continuous/{number}/continuous.dat": 3 for number in range(COUNT)}
    return {"ecephys/r/structure.oebin": f'{{"continuous": [{streams}]}}'.encode(), **samples}


@pytest.mark.parametrize(
    ("verb", "options", "files"),
    [
        ("nested_asset", {}, derived_asset_names()),
        ("declared_source", {"problem": "not-an-asset-name"}, sources()),
        ("binary_size", {"files": ["fib/*.bin"], **_FRAMES}, all_frames()),
        ("uncompressed_video", {"files": ["**/*.raw"]}, {f"v/{number}.raw": 1 for number in range(COUNT)}),
        ("open_ephys_samples", {"problem": "partial-sample"}, recordings()),
        ("modality_folder", {"problem": "unknown"}, folders("folder{}")),
        (
            "csv_table",
            {"problem": "missing-header", "files": ["*.csv"]},
            {f"{number}.csv": b"1,2\n3,4\n" for number in range(COUNT)},
        ),
    ],
)
def test_a_verb_reports_twenty_faults_and_counts_the_rest(
    verb: str, options: dict[str, Any], files: dict[str, bytes | int]
) -> None:
    loaded = load_verb(verb)
    asset = Asset(Tree(NAME, files).listing())
    *faults, remainder = loaded.check(asset, loaded.options.from_json(options), CheckContext())
    assert len(faults) == FAULT_LIMIT
    assert isinstance(remainder, Fault)
    assert remainder.message.startswith("5 more ")


def test_everything_unchecked_is_reported() -> None:
    results: list[Fault | Unchecked] = [Fault("first"), Unchecked("one"), Fault("second"), Unchecked("other")]
    results.append(Fault("third"))
    limited = list(report_limited(results, "more", limit=1))
    assert limited == [Fault("first"), Unchecked("one"), Unchecked("other"), Fault("2 more", found="2")]


def test_no_remainder_at_the_limit() -> None:
    assert list(report_limited([Fault("one"), Fault("two")], limit=2)) == [Fault("one"), Fault("two")]
