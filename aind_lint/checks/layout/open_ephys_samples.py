"""Are the samples of an Open Ephys recording whole?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

NEEDS_DATA = True

_MAX_JSON = 20_000_000
#: Open Ephys writes int16.
_ITEM = 2
#: Samples of a clipped recording.
_CLIPPED = 100


class Options(verb.Options):
    """What to find: a ``continuous.dat`` that does not hold whole samples, or a clipped one with more than 100."""

    problem: Literal["partial-sample", "not-clipped"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every such stream of every ``structure.oebin`` below a folder of ecephys."""
    for key in asset.listing.key_index.files_matching(("ecephys*/**/structure.oebin", "ecephys*/structure.oebin")):
        recording = key.rpartition("/")[0]
        clipped = any(part == "ecephys_clipped" for part in recording.split("/"))
        if options.problem == "not-clipped" and not clipped:
            continue
        streams = _streams(asset, key)
        if isinstance(streams, str):
            yield Unchecked(streams, key)
            continue
        for folder, channels in streams.items():
            dat = f"{recording}/continuous/{folder}/continuous.dat"
            entry = asset.listing.files.get(dat)
            if entry is None:
                continue
            sample = channels * _ITEM
            if options.problem == "partial-sample" and entry.size % sample:
                message = f"{dat} has {entry.size:,} bytes, no multiple of {channels} channels of {_ITEM} bytes"
                yield Fault(message, dat, found=f"{entry.size}", related=((key, None),))
            elif options.problem == "not-clipped" and entry.size > _CLIPPED * sample:
                message = f"{dat} holds {entry.size // sample:,} samples; a clipped recording has {_CLIPPED}"
                yield Fault(message, dat, found=f"{entry.size}", expected=f"{_CLIPPED * sample}")


def _streams(asset: Asset, key: str) -> dict[str, int] | str:
    """The number of channels by the folder of the stream, or why they are not known."""
    try:
        with asset.listing.open(key) as stream:
            content = json.loads(stream.read(_MAX_JSON))
    except OSError:
        return "it could not be read"
    except (ValueError, RecursionError):
        return "it is no JSON"
    listed = content.get("continuous") if isinstance(content, dict) else None
    return dict(_stream(each) for each in (listed if isinstance(listed, list) else []) if _is_stream(each))


def _is_stream(each: Any) -> bool:
    return (
        isinstance(each, dict)
        and isinstance(each.get("folder_name"), str)
        and isinstance(each.get("num_channels"), int)
        and each["num_channels"] > 0
    )


def _stream(each: dict[str, Any]) -> tuple[str, int]:
    return each["folder_name"].rstrip("/"), each["num_channels"]
