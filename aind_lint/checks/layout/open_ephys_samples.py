"""Do the files of an Open Ephys recording have the right number of samples?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

NEEDS_DATA = True

_RECORDINGS = "ecephys*/**/structure.oebin"
_MAX_JSON = 20_000_000
#: Open Ephys writes 16-bit integers.
_SAMPLE_BYTES = 2
#: Samples of a clipped recording.
_CLIPPED_SAMPLES = 100


class Options(verb.Options):
    """What to report: a ``continuous.dat`` with a partial sample, or a clipped one with more than 100 samples."""

    problem: Literal["partial-sample", "not-clipped"]


def searches(options: Options) -> list[str]:
    """The glob of the files that describe recordings."""
    return [_RECORDINGS]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every such stream of every ``structure.oebin`` below a folder of ecephys."""
    yield from report_limited(_faults(asset, options))


def _faults(asset: Asset, options: Options) -> Iterator[Fault | Unchecked]:
    for key in asset.listing.key_index.files_matching([_RECORDINGS]):
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
            sample = channels * _SAMPLE_BYTES
            if options.problem == "partial-sample" and entry.size % sample:
                message = (
                    f"{dat} has {entry.size:,} bytes, not a multiple of {channels} channels of {_SAMPLE_BYTES} bytes"
                )
                yield Fault(message, dat, found=f"{entry.size}", related=((key, None),))
            elif options.problem == "not-clipped" and entry.size > _CLIPPED_SAMPLES * sample:
                message = f"{dat} has {entry.size // sample:,} samples; a clipped recording has {_CLIPPED_SAMPLES}"
                yield Fault(message, dat, found=f"{entry.size}", expected=f"{_CLIPPED_SAMPLES * sample}")


def _streams(asset: Asset, key: str) -> dict[str, int] | str:
    """The number of channels by the folder of the stream, or why they are not known."""
    try:
        content = json.loads(asset.listing.read(key, _MAX_JSON))
    except OSError:
        return "the file could not be read"
    except (ValueError, RecursionError):
        return "the file is not JSON"
    listed = content.get("continuous") if isinstance(content, dict) else None
    return dict(_stream(item) for item in (listed if isinstance(listed, list) else []) if _is_stream(item))


def _is_stream(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("folder_name"), str)
        and isinstance(item.get("num_channels"), int)
        and item["num_channels"] > 0
    )


def _stream(item: dict[str, Any]) -> tuple[str, int]:
    return item["folder_name"].rstrip("/"), item["num_channels"]
