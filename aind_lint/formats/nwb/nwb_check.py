"""What NWB demands of a file: root, session start, subject, tables, time series, units.

Source: https://nwb-schema.readthedocs.io/en/latest/format.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError, UndecodedError
from aind_lint.formats.nwb.nwb_file import NwbFile, NwbNode
from aind_lint.formats.nwb.ragged_columns import SPIKE_INDEX, check_ragged_columns, wrong_end
from aind_lint.formats.nwb.regions import check_regions
from aind_lint.formats.nwb.times import check_times
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import Problem, Result
from aind_lint.text.timestamps import parse_iso

_REQUIRED = "session_description", "identifier", "session_start_time"
#: Groups at the root that have no data: everything else is data, also in versions to come.
_DESCRIPTIVE = "general", "specifications"
_SUBJECT = "general/subject"
_START = "session_start_time"


def check_nwb(nwb: NwbFile) -> Iterator[Result]:
    """What an NWB file lacks, by itself."""
    root = nwb.nodes.get("")
    if root is None:
        return  # another problem names the root
    yield from nwb.findings
    yield from _check_root(nwb, root)
    yield from _check_start(nwb)
    yield from _check_subject(nwb, root)
    yield from _check_references(nwb)
    yield from check_regions(nwb)
    for group in list(nwb.groups()):
        if isinstance(group.attributes.get("colnames"), (list, tuple)):
            yield from _check_table(nwb, group)
        if nwb.dataset(_below(group, "data")) is not None and group.type:
            yield from _check_series(nwb, group)
    yield from check_ragged_columns(nwb)
    yield from check_times(nwb)
    yield from _check_units(nwb)
    if not any(_is_data(node) for node in nwb.nodes.values()):
        message = f"{nwb.name} contains no data: acquisition, processing, units, intervals are empty"
        yield root.problem("nwb-no-data", message)


def _below(group: NwbNode, name: str) -> str:
    return f"{group.path}/{name}" if group.path else name


def _check_root(nwb: NwbFile, root: NwbNode) -> Iterator[Problem]:
    if root.type != "NWBFile" and "neurodata_type" not in root.unreadable:
        yield root.problem(
            "nwb-root",
            f"the root of {nwb.name} has the type {root.type or 'none'}, so no reader recognizes an NWB file",
            "neurodata_type" if root.type else "",
            found=root.type or None,
            expected="neurodata_type NWBFile",
        )
    version = root.attributes.get("nwb_version")
    if version is None and "nwb_version" not in root.unreadable:
        yield root.problem("nwb-root", f"{nwb.name} states no nwb_version", expected="nwb_version")
    elif version is not None and not isinstance(version, str):
        kind = f"a list of length {len(version)}" if isinstance(version, list) else "no text"
        yield root.problem(
            "nwb-root",
            f"nwb_version of {nwb.name} is {str(version)[:80]}, {kind}; readers expect one text",
            "nwb_version",
            found=str(version)[:80],
            expected="one text, such as 2.7.0",
        )
    for name in _REQUIRED:
        if nwb.dataset(name) is None:
            yield root.problem("nwb-root", f"{nwb.name} has no {name}, which NWB requires", expected=name)


def _check_start(nwb: NwbFile) -> Iterator[Result]:
    node = nwb.dataset(_START)
    if node is None:
        return
    try:
        text = nwb.read_text(_START)
    except UndecodedError as error:
        yield nwb.not_read("nwb-start", error, node)
        return
    except BrokenChunkError as error:
        yield node.problem("nwb-start", f"{_START} of {nwb.name} cannot be read: {error}")
        return
    start = parse_iso(text)
    if not isinstance(start, datetime):
        yield node.problem(
            "nwb-start",
            f"{_START} of {nwb.name} is '{text}', no date and time",
            found=text,
            expected="2022-12-12T05:06:07-08:00",
        )
    elif start.tzinfo is None:
        yield node.problem(
            "nwb-start",
            f"{_START} of {nwb.name} is '{text}', without a time zone",
            found=text,
            expected=f"{text}-08:00, or another offset",
        )


def _check_subject(nwb: NwbFile, root: NwbNode) -> Iterator[Result]:
    subject = nwb.group(_SUBJECT)
    if subject is None:
        yield root.problem("nwb-subject-incomplete", f"{nwb.name} has no subject", expected=_SUBJECT)
        return
    missing = [name for name in ("subject_id", "species", "sex") if nwb.dataset(f"{_SUBJECT}/{name}") is None]
    if not any(nwb.dataset(f"{_SUBJECT}/{name}") for name in ("age", "date_of_birth")):
        missing.append("age or date_of_birth")
    if missing:
        yield subject.problem(
            "nwb-subject-incomplete",
            f"the subject of {nwb.name} has no {', no '.join(missing)}, which archives require",
            expected=", ".join(missing),
        )


def _check_references(nwb: NwbFile) -> Iterator[Problem]:
    reported = set()
    for node, path in nwb.references:
        if path and path not in nwb.nodes and (node.path, path) not in reported:
            reported.add((node.path, path))
            yield node.problem(
                "nwb-reference", f"{node.path} of {nwb.name} refers to /{path}, which does not exist", found=f"/{path}"
            )


def _check_table(nwb: NwbFile, group: NwbNode) -> Iterator[Problem]:
    rows = nwb.dataset(_below(group, "id"))
    lengths: dict[NwbNode, int] = {}
    for name in group.attributes["colnames"]:
        column = nwb.dataset(_below(group, str(name)))
        if column is None and nwb.group(_below(group, str(name))) is None:
            yield group.problem(
                "nwb-column",
                f"the table {group.path} of {nwb.name} names a column '{name}' that does not exist",
                "colnames",
                found=str(name),
            )
            continue
        index = nwb.dataset(f"{_below(group, str(name))}_index") or column
        while index is not None and (outer := nwb.dataset(f"{index.path}_index")):
            index = outer
        if rows is not None and index is not None and index.shape and rows.shape and index.shape[0] != rows.shape[0]:
            lengths[index] = index.shape[0]
    if lengths and rows is not None and rows.shape:
        columns = ", ".join(f"{node.path.rpartition('/')[2]} {length}" for node, length in lengths.items())
        yield rows.problem(
            "nwb-lengths",
            f"the table {group.path} of {nwb.name} has {rows.shape[0]} rows, but columns of other lengths: {columns}",
            found=str(rows.shape[0]),
            expected=str(next(iter(lengths.values()))),
        )


def _check_series(nwb: NwbFile, group: NwbNode) -> Iterator[Result]:
    data = nwb.dataset(_below(group, "data"))
    timestamps = nwb.dataset(_below(group, "timestamps"))
    start = nwb.dataset(_below(group, "starting_time"))
    if data is None or (timestamps is None and start is None):
        if group.type.endswith("Series") and not {"timestamps", "starting_time"} & set(_linked(group)):
            yield group.problem(
                "nwb-series",
                f"{group.path} of {nwb.name} has neither timestamps nor a starting_time with a rate, so its samples "
                "have no times",
                expected="timestamps or starting_time",
            )
        return  # otherwise no time series, but a container with a dataset called data
    if not isinstance(data.attributes.get("unit"), str) and "unit" not in data.unreadable:
        yield data.problem(
            "nwb-series", f"{data.path} of {nwb.name} has no unit", expected="an attribute 'unit', such as volts"
        )
    if start is not None and timestamps is None:
        rate = start.attributes.get("rate")
        if positive_number(rate) is None and "rate" not in start.unreadable:
            yield start.problem(
                "nwb-series",
                f"the rate of {group.path} of {nwb.name} is {'missing' if rate is None else rate}",
                "" if rate is None else "rate",
                found=str(rate),
                expected="a number of Hz above 0",
            )
    # A series of images can have them in video files; then its data is empty.
    is_elsewhere = nwb.dataset(_below(group, "external_file")) is not None or "Image" in group.type
    lengths = (data.shape[0], timestamps.shape[0]) if data.shape and timestamps and timestamps.shape else (0, 0)
    if lengths[0] != lengths[1] and not (is_elsewhere and not lengths[0]):
        yield data.problem(
            "nwb-lengths",
            f"{data.path} of {nwb.name} has {lengths[0]:,} samples, its timestamps {lengths[1]:,}",
            found=str(lengths[0]),
            expected=str(lengths[1]),
        )
    electrodes = nwb.dataset(_below(group, "electrodes"))
    if electrodes is not None and electrodes.shape and data.shape and len(data.shape) > 1:
        channels = electrodes.shape[0]
        if data.shape[1] != channels:
            yield data.problem(
                "nwb-lengths",
                f"{data.path} of {nwb.name} has the shape {list(data.shape)}, but {channels} electrodes: NWB stores "
                "frames by channels",
                found=str(list(data.shape)),
                expected=f"[…, {channels}]",
            )


def _linked(group: NwbNode) -> Iterator[str]:
    """The names of the links in a group of a Zarr store, which are attributes there."""
    links = group.attributes.get("zarr_link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and isinstance(link.get("name"), str):
            yield link["name"]


def _check_units(nwb: NwbFile) -> Iterator[Result]:
    times, index = nwb.dataset("units/spike_times"), nwb.dataset(SPIKE_INDEX)
    if times is None or index is None or not times.shape:
        return
    total = times.shape[0]
    ends = yield from _numbers(nwb, index)
    if ends and (wrong := wrong_end(ends, total)):
        yield index.problem(
            "nwb-units",
            f"{index.path} of {nwb.name} assigns spike times up to {wrong.end} to unit {wrong.row}, but there are "
            f"{total}",
            found=str(wrong.end),
            expected=f"at most {total}, ascending",
        )
    values = yield from _numbers(nwb, times)
    if values is not None:
        numbers = (value for value in values if isinstance(value, (int, float)) and not math.isnan(value))
        least = min(numbers, default=0.0)
        if least < 0:
            yield times.problem(
                "nwb-units", f"{times.path} of {nwb.name} contains a negative time, {least:g} s", found=f"{least:g}"
            )


def _numbers(nwb: NwbFile, node: NwbNode) -> Any:
    """The numbers of a dataset; None, after a result, if they are not read."""
    try:
        return nwb.read_numbers(node.path)
    except UndecodedError as error:
        yield nwb.not_read("nwb-units", error, node)
        return None
    except BrokenChunkError as error:
        yield node.problem("broken-chunk", f"{node.path} of {nwb.name} cannot be read: {error}")
        return None


def _is_data(node: NwbNode) -> bool:
    top, slash, _ = node.path.partition("/")
    return node.shape is not None and bool(slash) and top not in _DESCRIPTIVE
