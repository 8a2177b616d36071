"""An asset as it would be uploaded: the files that an upload manifest names, where the services would put them."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import FileStat, FileTable, file_rows
from aind_lint.asset.listing.listing import Listing, OnProgress, folders_of, read_link_target, scan_folder
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.asset.upload.upload_manifest import UploadManifest, UploadSource, read_upload_manifest
from aind_lint.asset.upload.upload_preview import Overwrite, UploadPreview
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.storage.sorted_table import SortedTable, Sorter

#: Where a path leads: to a folder's listing, to a listing with one file, or to nothing. The path is as it is written.
Look = Callable[[str], "Listing | None"]

#: Digits of the number of an entry of the manifest, so that numbers sort as text.
_DIGITS = 8


def load_upload(path: Path, on_progress: OnProgress | None = None) -> Asset:
    """The asset that a manifest would upload. Paths that are not absolute begin at the manifest's folder.

    Raises:
        UsageError: The manifest, or a folder that it names, cannot be read.
    """
    manifest = read_upload_manifest(path)
    return assemble(manifest, lambda text: _look(path.parent, text, on_progress))


def assemble(manifest: UploadManifest, look: Look) -> Asset:
    """The asset that a manifest would upload, as far as what it names is there.

    Its name is the one that the manifest states, else that of ``data_description.json``, else the one that the
    transfer service computes.

    Raises:
        UsageError: Something that the manifest names cannot be read.
    """
    upload = UploadPreview(manifest)
    gathered = _Gathered()
    for source in [*manifest.sources, *manifest.schemas]:
        found = look(source.path)
        if found is None:
            upload.missing.append(source)
            continue
        start = f"{source.folder}/" if source.folder else ""
        gathered.add(source, start, found)
    files, origins = gathered.files(upload)
    links, specials = gathered.links(), gathered.specials()
    destinations = (f"{source.folder}/" for source in manifest.sources if source.folder)
    listing = Listing(
        name=manifest.stated_name or "",
        address=manifest.path.as_posix(),
        files=files,
        open=lambda key: gathered.open(origins[key][0], key),
        folders=folders_of(chain(files, gathered.folders(), destinations, links, specials)),
        links=links,
        link_target=lambda key: gathered.points_to(links[key][0], key),
        special_files=specials,
    )
    return Asset(replace(listing, name=_name(manifest, listing)), upload=upload)


@dataclass(frozen=True)
class _Origin:
    """What one entry of the manifest brings, and where it is put."""

    source: UploadSource
    start: str
    listing: Listing

    def place(self, target: str) -> str:
        """Where a file of the assembled asset lies now."""
        return f"{self.listing.address}/{target[len(self.start) :]}"


class _Gathered:
    """The files that all entries bring, sorted so that those of one name, but for case, come after one another."""

    def __init__(self) -> None:
        self._origins: list[_Origin] = []
        self._rows = Sorter(SortedTable, "qqqq")
        self._links, self._specials = Sorter(SortedTable, "q"), Sorter(SortedTable, "q")

    def add(self, source: UploadSource, start: str, found: Listing) -> None:
        """Add what an entry brings."""
        number = len(self._origins)
        self._origins.append(_Origin(source, start, found))
        for key, size, mtime in file_rows(found.files):
            target = f"{start}{key}"
            folded = target.casefold()
            self._rows.add((f"{folded}\x01{number:0{_DIGITS}}\x01{target}", len(folded), number, size, mtime))
        for keys, rows in ((found.links, self._links), (found.special_files, self._specials)):
            for key in keys:
                rows.add((f"{start}{key}", number))

    def files(self, upload: UploadPreview) -> tuple[FileTable, SortedTable]:
        """The files by target, and for each the number of its entry; which entry overwrites another is noted.

        The file server tells no names apart that differ only in case; what comes later stays.
        """
        files, origins = Sorter(FileTable, FileTable.COLUMNS), Sorter(SortedTable, "q")
        for _, same in groupby(self._rows.table().rows(), key=lambda row: row[0][: row[1]]):
            brought = [
                (key[length + _DIGITS + 2 :], self._origins[n], n, size, at) for key, length, n, size, at in same
            ]
            for (lost, before, *_), (target, origin, *_) in pairwise(brought):
                if before.place(lost) != origin.place(target):
                    upload.overwrites.append(Overwrite(lost, before.source, origin.source))
            target, _, number, size, mtime = brought[-1]
            files.add((target, size, mtime))
            origins.add((target, number))
        return files.table(), origins.table()

    def links(self) -> SortedTable:
        """The links by where they would be put, and for each the number of its entry."""
        return _last_of_each(self._links)

    def specials(self) -> SortedTable:
        """Likewise what is neither a file nor a link."""
        return _last_of_each(self._specials)

    def folders(self) -> Iterator[str]:
        """The folders that the entries bring, each ending in a slash."""
        return (f"{origin.start}{folder}/" for origin in self._origins for folder in origin.listing.folders)

    def open(self, number: int, target: str) -> BinaryIO:
        """Open a file of the assembled asset."""
        origin = self._origins[number]
        return origin.listing.open(target[len(origin.start) :])

    def points_to(self, number: int, target: str) -> str:
        """Where a link of the assembled asset points to."""
        origin = self._origins[number]
        return origin.listing.link_target(target[len(origin.start) :])


def _last_of_each(rows: Sorter[SortedTable]) -> SortedTable:
    """A table in which each key has the last of its rows."""
    return SortedTable((list(same)[-1] for _, same in groupby(rows.table().rows(), key=itemgetter(0))), "q")


def _name(manifest: UploadManifest, listing: Listing) -> str:
    return next(_names(manifest, listing), manifest.path.stem)


def _names(manifest: UploadManifest, listing: Listing) -> Iterator[str]:
    if manifest.stated_name:
        yield manifest.stated_name
    try:
        described = Asset(listing).value("data_description.json", "/name")
        if isinstance(described, str) and described:
            yield described
    except LookupError:
        pass
    for _, job in manifest.jobs:
        if prefix := manifest.computed_name(job):
            yield prefix


def _look(base: Path, text: str, on_progress: OnProgress | None) -> Listing | None:
    path = base / text
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a null character is no part of a path
        return None
    except OSError as error:
        if path.drive or error.errno is None:
            return None  # Windows: a drive or a server that is not there
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    if stat.S_ISDIR(info.st_mode):
        return scan_folder(path, on_progress)
    is_file, is_link = stat.S_ISREG(info.st_mode), stat.S_ISLNK(info.st_mode)
    return Listing(
        path.parent.name,
        path.parent.as_posix(),
        {path.name: FileStat(info.st_size, info.st_mtime_ns)} if is_file else {},
        NoFollowOpener(path.parent).open,
        links=(path.name,) if is_link else (),
        link_target=lambda key: read_link_target(path.parent / key),
        special_files=() if is_file or is_link else (path.name,),
    )
