"""Is every NWB file at a place that DANDI accepts?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from aind_lint.archives.dandi.layout import expected_path, layout_problem
from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import format_files_of, nwb_files, place_of
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.timestamps import parse_iso

SCOPE = "data"
NEEDS_DATA = True


class Options(verb.Options):
    """None."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every NWB file at another place, and if there is none at all."""
    found = []
    is_complete = True
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
            is_complete = False
        else:
            found.append(nwb)
    if not found and is_complete:
        if format_files_of(asset).has("ome"):
            yield Unchecked("DANDI takes images in a dataset of BIDS, which is not checked")
        else:
            message = "DANDI takes NWB files, and there is none that can be read"
            yield Fault(message, found="no NWB file", fix="Convert the data to NWB, and check the NWB files.")
    faults = []
    for nwb in found:
        is_zarr = nwb.prefix is not None
        folder, name = place_of(asset, nwb)
        if problem := layout_problem(folder, name, is_zarr):
            start = parse_iso(nwb.start or "")
            expected = expected_path(nwb.subject("subject_id"), start if isinstance(start, datetime) else None, is_zarr)
            fix = f"Copy it into the dandiset as {expected}."
            faults.append(
                Fault(f"{nwb.name}: {problem}", nwb.key, found=f"{folder}/{name}", expected=expected, fix=fix)
            )
    yield from report_limited(faults)
