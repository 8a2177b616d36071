"""Is the date-time in a file's name its last part, in the format of the file standards?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_FILE_TIMESTAMP = re.compile(
    r"""(?<![0-9])(?:19|20)[0-9]{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12][0-9]|3[01])
    [-_T\ ]{0,2}(?:[01][0-9]|2[0-3])[-_.]?[0-5][0-9][-_.]?[0-5][0-9](?![0-9])""",
    re.VERBOSE,
)
#: A quick test before `_FILE_TIMESTAMP`. It begins with a set of characters, which makes the search several times as
#: fast.
_LIKE_TIMESTAMP = re.compile("[12][09][0-9][0-9][-_.]?[01][0-9][-_.]?[0-3][0-9][-_T ]{0,2}[0-2][0-9]")
#: With or without a zone: the standard recommends one, but its examples use several forms of it.
_CORRECT = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}(?:Z|[+-][0-9]{1,4})?(?=\.|$)", re.ASCII)


class Options(verb.Options):
    """Which folders at the root are checked, with everything in them."""

    folders: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The folders."""
    return options.folders


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every file or folder with a date-time in another format or another place."""
    keys = asset.listing.key_index
    timestamped = (key for folder in options.folders for key in keys.keys_below(folder) if _LIKE_TIMESTAMP.search(key))
    wrong = (
        matching
        for matching in keys.matching_names(_FILE_TIMESTAMP, timestamped)
        if not _is_correct(matching[0].rpartition("/")[2])
    )
    yield from report_limited_keys(
        wrong, lambda key: "has a date and time that is not YYYY-MM-DDTHHMMSS or not at the end of its name"
    )


def _is_correct(name: str) -> bool:
    timestamps = list(_FILE_TIMESTAMP.finditer(name))
    return len(timestamps) == 1 and _CORRECT.match(name, timestamps[0].start()) is not None
