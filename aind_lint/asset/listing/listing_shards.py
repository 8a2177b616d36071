"""Where the listing of a large asset can be divided, so that a distant bucket is not waited for page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: Folders that hold other folders, as prefixes (empty is the asset, others end in ``/``), each with those in it.
#: Of a folder that is one of them, so is every folder around it.
ListingShards = Mapping[str, Sequence[str]]

NO_SHARDS: ListingShards = {}

#: Files below a folder for each of the folders in it: fewer would be more requests than pages.
_WORTH = 500

#: Folders in a folder that is divided, at most.
_MOST = 500

#: Objects that a bucket lists at once.
_PAGE = 1000


@dataclass
class _Folder:
    prefix: str
    files: int = 0
    folders: list[str] = field(default_factory=list)
    branches: dict[str, list[str]] = field(default_factory=dict)


def find_shards(keys: Iterable[str]) -> ListingShards:
    """The folders of sorted keys that are worth listing folder by folder."""
    around = [_Folder("")]
    for key in keys:
        folder = key[: key.rfind("/") + 1]
        if folder != around[-1].prefix:
            while not folder.startswith(around[-1].prefix):
                _close(around)
            while (prefix := around[-1].prefix) != folder:
                around.append(_Folder(folder[: folder.index("/", len(prefix)) + 1]))
        around[-1].files += 1
    while len(around) > 1:
        _close(around)
    return _branches_of(around[0])


def _close(around: list[_Folder]) -> None:
    """Leave the innermost folder, and tell the one around it what is known of it."""
    inner = around.pop()
    outer = around[-1]
    outer.files += inner.files
    if len(outer.folders) <= _MOST:
        outer.folders.append(inner.prefix)
    outer.branches |= _branches_of(inner)


def _branches_of(folder: _Folder) -> dict[str, list[str]]:
    if folder.files <= _PAGE or not 0 < len(folder.folders) <= min(folder.files // _WORTH, _MOST):
        return {}
    return {folder.prefix: folder.folders, **folder.branches}
