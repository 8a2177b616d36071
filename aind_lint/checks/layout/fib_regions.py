"""Does regions.json of a fiber photometry recording describe the same regions for both cameras?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import os_error_reason
from aind_lint.text.constraint import NOT_EMPTY

NEEDS_DATA = True

_MAX_SIZE = 2_000_000
_REGIONS = ("camera_green_iso_roi", "camera_red_roi")
_KEYS = ("camera_green_iso_background", "camera_red_background", *_REGIONS)


class Options(verb.Options):
    """Globs of the files."""

    files: Annotated[list[str], NOT_EMPTY]


def searches(options: Options) -> list[str]:
    """The globs of the files."""
    return options.files


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every file without the four keys, with unequal counts, or with other counts than the tables."""
    yield from report_limited(_faults(asset, options), "more files like this")


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching(options.files):
        try:
            content = json.loads(asset.listing.read(key, _MAX_SIZE))
        except OSError as error:
            yield Unchecked(f"the file could not be read: {os_error_reason(error)}", key)
            continue
        except (ValueError, RecursionError):
            yield Fault(f"{key} is not valid JSON", key)
            continue
        if fault := _fault(key, content):
            yield fault


def _fault(key: str, content: Any) -> Fault | None:
    regions = content if isinstance(content, dict) else {}
    if missing := [name for name in _KEYS if name not in regions]:
        names = ", ".join(missing)
        return Fault(f"{key} lacks {names}", key, expected=names)
    counts = [len(regions[name]) if isinstance(regions[name], list) else 1 for name in _REGIONS]
    if counts[0] != counts[1]:
        message = f"{key} has {counts[0]} regions for the green camera and {counts[1]} for the red one"
        return Fault(message, key, found=f"{counts[1]}", expected=f"{counts[0]}")
    return None
