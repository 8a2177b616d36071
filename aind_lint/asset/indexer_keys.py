"""Keys inside an asset that the bucket's indexer writes after the publication.

The indexer stores ``metadata.nd.json``, and before it rewrites a sidecar at the root for the first time, a copy:
``original_metadata/subject.20250101.json``. Everything else in ``original_metadata/`` is part of the asset, such as
``original_metadata/uploaded_json/``, where the metadata job of the upload path keeps its input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

INDEXER_FILE = "metadata.nd.json"
INDEXER_FOLDER = "original_metadata"

_COPY = re.compile(rf"{INDEXER_FOLDER}/([^/.]+)\.[0-9]{{8}}\.json", re.ASCII)


def is_indexer_key(key: str) -> bool:
    """Whether the bucket's indexer writes a key inside an asset."""
    return key == INDEXER_FILE or _COPY.fullmatch(key) is not None


def is_copy_of(sidecar: str, key: str) -> bool:
    """Whether a key inside an asset is the indexer's copy of a sidecar at the root, such as ``subject.json``."""
    match = _COPY.fullmatch(key)
    return match is not None and f"{match.group(1)}.json" == sidecar


def first_copies(keys: Iterable[str]) -> dict[str, str]:
    """The keys of the first copies of root sidecars, by the name of the sidecar.

    Args:
        keys: Keys inside an asset; others than copies are ignored.
    """
    copies: dict[str, str] = {}
    for key in sorted(keys, reverse=True):  # the earliest date is assigned last
        if match := _COPY.fullmatch(key):
            copies[f"{match.group(1)}.json"] = key
    return copies
