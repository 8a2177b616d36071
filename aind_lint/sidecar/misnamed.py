"""Files at the root of an asset that were probably meant to be sidecars."""

from __future__ import annotations

import re

from aind_lint.sidecar.kinds import KINDS, SIDECARS, is_unmerged
from aind_lint.text.suggestions import closest

#: Endings that editors, mail programs and Windows (which hides endings) leave on a JSON file.
_ENDING = re.compile(r"(\.(json|jsonc|json5|jsn|txt|bak|old|orig|yaml|yml))+$", re.IGNORECASE)
_COPY = re.compile(r"( \([0-9]+\)| - copy|[-_. ]?(copy|backup|final|new|old|v?[0-9]+))+$", re.IGNORECASE)


def intended_sidecar(file_name: str) -> str | None:
    """The sidecar that a root file with another name was probably meant to be: ``Subject.json`` → ``subject.json``."""
    if file_name in SIDECARS or file_name == "metadata.nd.json" or is_unmerged(file_name):
        return None
    stem = _ENDING.sub("", file_name)
    if stem == file_name:
        return None
    words = _COPY.sub("", stem).strip().replace("-", "_").replace(" ", "_").replace(".", "_")
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words)  # DataDescription
    for candidate in (words, spaced):
        if candidate.casefold() in KINDS:
            return f"{candidate.casefold()}.json"
    # A near miss counts only with the right ending: notes.txt is nobody's model.json.
    if file_name.casefold().endswith(".json") and len(words) > 4:
        kind = closest(words, KINDS)
        return f"{kind}.json" if kind else None
    return None
