"""Does the subject of every NWB file have the values that DANDI demands, in its form?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.archives.dandi.layout import subject_label
from aind_lint.archives.dandi.subject import SUBJECT_FIELDS, wrong_subject_values
from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import nwb_files, place_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

SCOPE = "data"
NEEDS_DATA = True


class Options(verb.Options):
    """None."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every value that DANDI does not accept."""
    for nwb in nwb_files(asset, context):
        if isinstance(nwb, Unchecked):
            yield nwb
            continue
        values = {name: value for name in ("subject_id", *SUBJECT_FIELDS) if (value := nwb.subject(name)) is not None}
        for name in SUBJECT_FIELDS:
            if name not in values and nwb.dataset(f"general/subject/{name}") is not None:
                yield Unchecked(f"the {name} of the subject of {nwb.name} is not read", nwb.key)
        for wrong in wrong_subject_values(values):
            yield Fault(
                f"the {wrong.field} of the subject of {nwb.name} is '{wrong.found}'",
                nwb.key,
                found=wrong.found,
                expected=wrong.expected,
                fix=f"Write general/subject/{wrong.field} as {wrong.expected}.",
            )
        label = subject_label(place_of(asset, nwb)[1])
        if label is not None and values.get("subject_id") not in (None, label):
            yield Fault(
                f"{nwb.name} is of subject {values['subject_id']}, its name states {label}",
                nwb.key,
                found=label,
                expected=values["subject_id"],
                fix=f"Rename the file and its folder to sub-{values['subject_id']}, or correct subject_id in the file.",
            )
