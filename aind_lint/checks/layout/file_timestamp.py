"""Is a date-time in a file's name the last part, and written as the file standards write it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True

_STAMP = re.compile(
    r"""(?<![0-9])(?:19|20)[0-9]{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12][0-9]|3[01])
    [-_T\ ]{0,2}(?:[01][0-9]|2[0-3])[-_.]?[0-5][0-9][-_.]?[0-5][0-9](?![0-9])""",
    re.VERBOSE,
)
#: Begins with a set of characters, which is searched for several times as fast.
_LIKE_STAMP = re.compile("[12][09][0-9][0-9][-_.]?[01][0-9][-_.]?[0-3][0-9][-_T ]{0,2}[0-2][0-9]")
#: With or without its zone: the standard discourages leaving it out, and gives every example with another form of it.
_RIGHT = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}(?:Z|[+-][0-9]{1,4})?(?=\.|$)", re.ASCII)


class Options(verb.Options):
    """Which folders at the root are looked at, with all that is in them."""

    folders: list[str] = Field(min_length=1)


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every file or folder with a date-time in another form or another place."""
    keys = asset.listing.key_index
    stamped = (key for folder in options.folders for key in keys.keys_below(folder) if _LIKE_STAMP.search(key))
    wrong = (pair for pair in keys.offenders(_STAMP, stamped) if not _is_right(pair[0].rpartition("/")[2]))
    yield from report_limited(
        wrong, lambda key: "has a date-time that is not YYYY-MM-DDTHHMMSS, or is not the last part"
    )


def _is_right(name: str) -> bool:
    stamps = list(_STAMP.finditer(name))
    return len(stamps) == 1 and _RIGHT.match(name, stamps[0].start()) is not None
