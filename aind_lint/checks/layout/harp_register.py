"""Does every register file of a Harp device contain the register of its name?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

#: A message begins with its type (read, write, event; bit 3 marks an error), its length, and the register's address.
_TYPES = (1, 2, 3, 9, 10, 11)
_NUMBER = re.compile(r".*_([0-9]{1,3})(?:_[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}[^/]*)?\.bin", re.ASCII)


class Options(verb.Options):
    """Globs of the register files."""

    files: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file whose first message is of another register."""
    yield from report_limited(_faults(asset, options), "more register files like this")


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        match = _NUMBER.fullmatch(key)
        if match is None or not asset.listing.files[key].size:
            continue  # other rules report names without a number and empty files
        try:
            with asset.listing.open(key) as stream:
                head = stream.read(4)
        except OSError as error:
            yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
            continue
        number = int(match[1])
        if len(head) < 4 or head[0] not in _TYPES:
            yield Unchecked("the file does not begin with a Harp message", key)
        elif head[2] != number:
            message = f"{key} contains register {head[2]}, but its name says {number}"
            yield Fault(message, key, found=f"{head[2]}", expected=f"{number}")
