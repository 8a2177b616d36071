"""Is a recording of the benchmark data where, and what, its folder promises?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.benchmark_layout import NAMED_SETS, is_recording_name
from aind_lint.checks.format_problems import format_files_of, is_one_file, path_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.formats.format_files import BINARY, CACHED

SCOPE = "data"


#: Beginnings of the names of files that only a recording has.
_RECORDING_FILES = (CACHED, BINARY, "traces_cached_seg")


class Options(verb.Options):
    """What is checked.

    Attributes:
        value: The name of the folder of a recording; or whether it has a recording.
    """

    value: Literal["name", "content"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for a folder with another name, or without a recording."""
    files = format_files_of(asset)
    if is_one_file(asset):
        return
    if options.value == "content":
        names = asset.listing.key_index.names_in("")
        if not files.store_keys and not any(name.startswith(_RECORDING_FILES) for name in names):
            yield Fault(
                f"{asset.listing.name} has no recording of SpikeInterface", expected="cached.json or binary.json"
            )
        return
    *_, parent, name = ["", *path_of(asset).split("/")]
    if parent in NAMED_SETS and not is_recording_name(name):
        yield Fault(
            f"the recording is called {name}, not SUBJECT_DATE_TIME_ProbeX",
            found=name,
            expected="a name like 612962_2022-04-13_19-18-04_ProbeB",
        )
