"""Times in an NWB file: those of series ascend, and intervals end after they start.

Source: ``TimeIntervals`` and ``TimeSeries``, https://nwb-schema.readthedocs.io/en/latest/format.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from aind_lint.formats.nwb.nwb_file import Descent, NwbFile, NwbNode
from aind_lint.formats.nwb.unread_values import UnreadValues
from aind_lint.formats.problem import Result

TIMESTAMPS = "timestamps"
#: The columns of a table of intervals.
START, STOP = "start_time", "stop_time"


def check_times(nwb: NwbFile) -> Iterator[Result]:
    """Times that descend, and intervals that end before they start; one problem for each array or table."""
    unread = UnreadValues(nwb, "nwb-times", "arrays of times")
    descents: dict[Descent, list[NwbNode]] = {}  # series can share their times through links
    for node in list(nwb.nodes.values()):
        if node.path.endswith(f"/{TIMESTAMPS}") and node.shape and len(node.shape) == 1:
            descent = yield from unread.read(node, nwb.find_descent)
            if descent:
                descents.setdefault(descent, []).append(node)
    for (position, before, after), nodes in descents.items():
        also = f" (and {len(nodes) - 1:,} more)" if len(nodes) > 1 else ""
        yield nodes[0].problem(
            "nwb-times",
            f"{nodes[0].path}{also} of {nwb.name} descends: item {position:,} is {before:.15g} s, the next "
            f"{after:.15g} s",
            found=f"{after:.15g}",
            expected=f"at least {before:.15g}",
        )
    for group in list(nwb.groups()):
        starts, stops = (nwb.dataset(f"{group.path}/{name}") for name in (START, STOP))
        if starts is not None and stops is not None:
            yield from _check_intervals(nwb, group, starts, stops, unread)
    yield from unread.results()


def _check_intervals(
    nwb: NwbFile, table: NwbNode, starts: NwbNode, stops: NwbNode, unread: UnreadValues
) -> Iterator[Result]:
    begins = yield from unread.read(starts, nwb.read_numbers)
    ends = yield from unread.read(stops, nwb.read_numbers)
    rows = [
        (row, begin, end)
        for row, (begin, end) in enumerate(zip(begins or (), ends or (), strict=False))
        if isinstance(begin, (int, float)) and isinstance(end, (int, float))
    ]
    if wrong := [(row, begin, end) for row, begin, end in rows if end < begin]:
        row, begin, end = wrong[0]
        more = f" (and {len(wrong) - 1:,} more rows)" if len(wrong) > 1 else ""
        yield stops.problem(
            "nwb-times",
            f"row {row:,}{more} of {table.path} of {nwb.name} ends at {end:.15g} s, before it starts at {begin:.15g} s",
            found=f"{end:.15g}",
            expected=f"at least {begin:.15g}",
        )
    descents = [(row, begin, after) for (row, begin, _), (_, after, _) in pairwise(rows) if after < begin]
    if descents:
        row, begin, after = descents[0]
        yield starts.problem(
            "nwb-times",
            f"the rows of {table.path} of {nwb.name} are not in the order of their times: row {row:,} starts at "
            f"{begin:.15g} s, the next at {after:.15g} s",
            found=f"{after:.15g}",
            expected=f"at least {begin:.15g}",
        )
