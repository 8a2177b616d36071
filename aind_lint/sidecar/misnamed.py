"""Files at the root of an asset whose name is probably a misspelled sidecar name."""

from __future__ import annotations

import re

from aind_lint.sidecar.kinds import KINDS, SIDECARS, is_unmerged
from aind_lint.text.suggestions import closest

# These are compiled at their first use: nearly every start imports them, and few need them.
#: Extensions that editors, mail programs and Windows (which hides extensions) add to a JSON file.
_ENDING = r"(?i)(\.(json|jsonc|json5|jsn|txt|bak|old|orig|yaml|yml))+$"
_COPY = r"(?i)( \([0-9]+\)| - copy|[-_. ]?(copy|backup|final|new|old|v?[0-9]+))+$"
#: ``rig_EPHYS1`` and ``ephys_session``; instrument_<suffix> and acquisition_<suffix> are parts before a merge.
_QUALIFIED = r"(?i)rig_[^.]+|[^.]+_(?P<kind>session|rig|subject|procedures|data_description)"


def intended_sidecar(file_name: str) -> str | None:
    """The sidecar that a file at the root was probably meant to be: ``subject.json`` for ``Subject.json``."""
    if file_name in SIDECARS or file_name == "metadata.nd.json" or is_unmerged(file_name):
        return None
    stem = re.sub(_ENDING, "", file_name)
    if stem == file_name:
        return None
    words = re.sub(_COPY, "", stem).strip().replace("-", "_").replace(" ", "_").replace(".", "_")
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words)  # DataDescription
    for candidate in (words, spaced):
        if candidate.casefold() in KINDS:
            return f"{candidate.casefold()}.json"
    # The name of a rig, or of what was recorded, in the name of a file that has one fixed name.
    if file_name.casefold().endswith(".json") and (match := re.fullmatch(_QUALIFIED, words)):
        return f"{(match['kind'] or 'rig').casefold()}.json"
    # Compare similar names only for JSON files: notes.txt is not a misspelling of model.json.
    if file_name.casefold().endswith(".json") and len(words) > 4:
        kind = closest(words, KINDS)
        return f"{kind}.json" if kind else None
    return None
