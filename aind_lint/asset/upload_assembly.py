"""Assembling the asset that an upload manifest would produce, from its sources."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.entry_kind import is_link, is_only_in_cloud
from aind_lint.asset.listing.file_table import FileStat, FileTable, file_rows
from aind_lint.asset.listing.folder_scan import OnListed, open_local, read_link_target, scan_folder
from aind_lint.asset.listing.listing import Listing, folders_of
from aind_lint.asset.listing.safe_open import NoFollowOpener
from aind_lint.asset.upload.job_request import read_job_request
from aind_lint.asset.upload.upload_job import UploadSource
from aind_lint.asset.upload.upload_manifest import UploadManifest, read_upload_manifest
from aind_lint.asset.upload.upload_preview import Overwrite, UploadPreview
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.storage.sorted_table import SortedTable, Sorter

#: Lists a path of a manifest: a folder, or a single file. Returns None if the path does not exist.
ListPath = Callable[[str], "Listing | None"]

#: Digits of the number of a source, so that numbers are sorted correctly as text.
_NUMBER_WIDTH = 8
#: A path with a drive, or on a server: ``D:\data``, ``\\server\share``.
_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def load_upload(
    path: Path, on_progress: OnListed | None = None, admit: Callable[[UploadManifest], None] = lambda manifest: None
) -> Asset:
    """The asset that an upload manifest would produce. Relative paths are relative to the manifest's folder.

    Args:
        path: The manifest.
        on_progress: Called with the number of files listed so far.
        admit: Raises UsageError to refuse the manifest before a source is read.

    Raises:
        UsageError: The manifest or a source cannot be read.
    """
    manifest = read_upload_manifest(path)
    admit(manifest)
    return assemble(manifest, lambda text: _list_path(path.parent, text, on_progress))


def load_job_request(path: Path) -> Asset:
    """The jobs of a job request or a job table.

    Raises:
        UsageError: The file cannot be read or parsed.
    """
    return preview_jobs(read_job_request(path))


def preview_jobs(request: UploadManifest) -> Asset:
    """The jobs of a file, without the assets that they upload: one file can list jobs for several assets.

    The service reads the sources on its own file system. A source counts as missing only if that is mounted here.
    """
    path = request.path
    upload = UploadPreview(request)
    for source in request.sources:
        place = Path(source.path)
        mount = next((part for part in reversed(place.parents) if part != Path(place.anchor)), place)
        if is_elsewhere(source.path) or not place.is_absolute() or not mount.exists():
            upload.unreachable.append(source)
        elif not place.exists():
            upload.missing.append(source)
    return Asset(Listing(path.name, path.as_posix(), {}, NoFollowOpener(path.parent).open), upload=upload)


def assemble(manifest: UploadManifest, list_path: ListPath) -> Asset:
    """Assemble the asset from the sources that exist.

    Its name is the one in a manifest of the older dialect, or else that in ``data_description.json``, or else the one
    that the transfer service computes.

    Raises:
        UsageError: A source cannot be read.
    """
    upload = UploadPreview(manifest)
    merged = _MergedSources()
    for source in [*manifest.sources, *manifest.schemas]:
        found = list_path(source.path)
        if found is None:
            (upload.unreachable if is_elsewhere(source.path) else upload.missing).append(source)
            continue
        start = f"{source.folder}/" if source.folder else ""
        merged.add(source, start, found)
    files, origins = merged.files(upload)
    links, special_files, cloud_files = merged.links(), merged.special_files(), merged.cloud_files()
    not_found = [*upload.missing, *upload.unreachable]
    destinations = (f"{source.folder}/" for source in manifest.sources if source.folder and source not in not_found)
    listing = Listing(
        name="",
        address=manifest.path.as_posix(),
        files=files,
        open=lambda key: merged.open(origins[key][0], key),
        folders=folders_of(chain(files, merged.folders(), destinations, links, special_files)),
        links=links,
        link_target=lambda key: merged.link_target(links[key][0], key),
        special_files=special_files,
        cloud_files=cloud_files,
    )
    return Asset(replace(listing, name=_name(manifest, listing)), upload=upload)


@dataclass(frozen=True)
class _Origin:
    """One source of the manifest with its listing, and the prefix of its keys in the asset."""

    source: UploadSource
    start: str
    listing: Listing

    def original_path(self, target: str) -> str:
        """The present path of a file of the asset."""
        return f"{self.listing.address}/{target[len(self.start) :]}"


class _MergedSources:
    """The files of all sources, sorted so that keys that differ only in case are adjacent."""

    def __init__(self) -> None:
        self._origins: list[_Origin] = []
        self._rows = Sorter(SortedTable, "qqqq")
        self._links, self._special_files = Sorter(SortedTable, "q"), Sorter(SortedTable, "q")
        self._cloud_files = Sorter(SortedTable, "q")

    def add(self, source: UploadSource, start: str, found: Listing) -> None:
        """Add the listing of a source."""
        number = len(self._origins)
        self._origins.append(_Origin(source, start, found))
        for key, size, mtime in file_rows(found.files):
            target = f"{start}{key}"
            folded = target.casefold()
            self._rows.add((f"{folded}\x01{number:0{_NUMBER_WIDTH}}\x01{target}", len(folded), number, size, mtime))
        for keys, rows in (
            (found.links, self._links),
            (found.special_files, self._special_files),
            (found.cloud_files, self._cloud_files),
        ):
            for key in keys:
                rows.add((f"{start}{key}", number))

    def files(self, upload: UploadPreview) -> tuple[FileTable, SortedTable]:
        """The files by key, and the number of the source of each. Overwrites are added to ``upload``.

        The file server does not distinguish names that differ only in case; the later file remains.
        """
        files, origins = Sorter(FileTable, FileTable.COLUMNS), Sorter(SortedTable, "q")
        for _, same in groupby(self._rows.table().rows(), key=lambda row: row[0][: row[1]]):
            candidates = [
                (key[length + _NUMBER_WIDTH + 2 :], self._origins[n], n, size, at) for key, length, n, size, at in same
            ]
            for (lost, previous, *_), (target, origin, *_) in pairwise(candidates):
                if previous.original_path(lost) != origin.original_path(target):
                    upload.overwrites.append(Overwrite(lost, previous.source, origin.source))
            target, _, number, size, mtime = candidates[-1]
            files.add((target, size, mtime))
            origins.add((target, number))
        return files.table(), origins.table()

    def links(self) -> SortedTable:
        """The links by key, and the number of the source of each."""
        return _last_of_each(self._links)

    def special_files(self) -> SortedTable:
        """The special files by key, and the number of the source of each."""
        return _last_of_each(self._special_files)

    def cloud_files(self) -> SortedTable:
        """The files whose content is not on this computer by key, and the number of the source of each."""
        return _last_of_each(self._cloud_files)

    def folders(self) -> Iterator[str]:
        """The folders of all sources, each with a slash at the end."""
        return (f"{origin.start}{folder}/" for origin in self._origins for folder in origin.listing.folders)

    def open(self, number: int, target: str) -> BinaryIO:
        """Open a file of the assembled asset."""
        origin = self._origins[number]
        return origin.listing.open(target[len(origin.start) :])

    def link_target(self, number: int, target: str) -> str:
        """The target of a link of the assembled asset."""
        origin = self._origins[number]
        return origin.listing.link_target(target[len(origin.start) :])


def _last_of_each(rows: Sorter[SortedTable]) -> SortedTable:
    """A table with the last row of each key."""
    return SortedTable((list(same)[-1] for _, same in groupby(rows.table().rows(), key=itemgetter(0))), "q")


def _name(manifest: UploadManifest, listing: Listing) -> str:
    stated = manifest.stated_name if manifest.dialect == "older" else None
    return stated or _described_name(listing) or next(manifest.computed_names, manifest.path.stem)


def _described_name(listing: Listing) -> str | None:
    try:
        described = Asset(listing).value("data_description.json", "/name")
    except LookupError:
        return None
    return described if isinstance(described, str) and described else None


def is_elsewhere(path: str) -> bool:
    """Whether a path of a Windows machine or a file server is checked on another system, which cannot find it."""
    return os.name != "nt" and _WINDOWS_PATH.match(path) is not None


def _list_path(base: Path, text: str, on_progress: OnListed | None) -> Listing | None:
    path = base / text
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the path contains a null character
        return None
    except OSError as error:
        if path.drive or error.errno is None:
            return None  # Windows: the drive or server does not exist
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    link = is_link(info)
    if stat.S_ISDIR(info.st_mode) and not link:
        return scan_folder(path, on_progress)
    is_file = stat.S_ISREG(info.st_mode) and not link
    cloud_files = (path.name,) if is_file and is_only_in_cloud(info) else ()
    return Listing(
        path.parent.name,
        path.parent.as_posix(),
        {path.name: FileStat(info.st_size, info.st_mtime_ns)} if is_file else {},
        partial(open_local, NoFollowOpener(path.parent), cloud_files),
        links=(path.name,) if link else (),
        link_target=lambda key: read_link_target(path.parent / key),
        special_files=() if is_file or link else (path.name,),
        cloud_files=cloud_files,
    )
