"""An asset as it would be uploaded: the files that an upload manifest names, where the services would put them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing import FileStat, Listing, OnProgress, folders_of, scan_folder
from aind_lint.asset.opening import Opener
from aind_lint.asset.upload import Overwrite, Upload
from aind_lint.asset.upload_manifest import Source, UploadManifest, read_upload_manifest
from aind_lint.errors import UsageError

#: Where a path leads: to a folder's listing, to a listing with one file, or to nothing. The path is as it is written.
Look = Callable[[str], "Listing | None"]


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
    upload = Upload(manifest)
    origins: dict[str, _Origin] = {}
    folders: set[str] = set()
    links: dict[str, str] = {}
    specials: list[str] = []
    for source in [*manifest.sources, *manifest.schemas]:
        found = look(source.path)
        if found is None:
            upload.missing.append(source)
            continue
        start = f"{source.folder}/" if source.folder else ""
        folders.update(f"{start}{folder}" for folder in found.folders)
        links.update({f"{start}{key}": target for key, target in found.links.items()})
        specials += [f"{start}{key}" for key in found.specials]
        for key, entry in found.files.items():
            origin = _Origin(f"{start}{key}", source, found, key, entry)
            # The file server tells no names apart that differ only in case.
            before = origins.get(origin.target.casefold())
            if before is not None and before.place != origin.place:
                upload.overwrites.append(Overwrite(before.target, before.source, source))
            origins[origin.target.casefold()] = origin
    by_key = {origin.target: origin for origin in origins.values()}
    folders.update(source.folder for source in manifest.sources if source.folder)
    folders.update(folders_of([*by_key, *folders, *links, *specials]))
    listing = Listing(
        name=manifest.stated_name or "",
        where=manifest.path.as_posix(),
        files={key: origin.entry for key, origin in by_key.items()},
        open=lambda key: by_key[key].open(),
        folders=sorted(folders),
        links=links,
        specials=specials,
    )
    return Asset(replace(listing, name=_name(manifest, listing)), upload=upload)


@dataclass(frozen=True)
class _Origin:
    """Where a file of the assembled asset comes from."""

    target: str
    source: Source
    listing: Listing
    key: str
    entry: FileStat

    @property
    def place(self) -> str:
        return f"{self.listing.where}/{self.key}"

    def open(self) -> BinaryIO:
        return self.listing.open(self.key)


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
        if prefix := manifest.prefix(job):
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
        raise UsageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if stat.S_ISDIR(info.st_mode):
        return scan_folder(path, on_progress)
    files = {path.name: FileStat(info.st_size, info.st_mtime_ns)} if stat.S_ISREG(info.st_mode) else {}
    parent = Listing(path.parent.name, path.parent.as_posix(), files, Opener(path.parent).open)
    if files:
        return parent
    if stat.S_ISLNK(info.st_mode):
        parent.links[path.name] = os.readlink(path)  # noqa: PTH115 - as it is written
    else:
        parent.specials.append(path.name)
    return parent
