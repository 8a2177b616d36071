"""Finding the assets to check, from the paths that a user gives."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aind_lint.asset.data_stores import DATA_SUFFIXES, is_store, looks_like_store
from aind_lint.asset.folder_entries import entry_names, folder_names
from aind_lint.asset.listing.entry_kind import is_link
from aind_lint.asset.listing.folder_scan import named_path
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY
from aind_lint.errors import NoAssetError, UsageError, os_error_reason
from aind_lint.sidecar.kinds import KINDS, SIDECARS
from aind_lint.sidecar.misnamed import intended_sidecar
from aind_lint.system.disk_paths import path_on_disk
from aind_lint.text.shell import shell_argument

_DATE = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-?[0-9]{2}-?[0-9]{2}(?![0-9])")
#: Extensions of upload manifests.
YAML_SUFFIXES = (".yml", ".yaml")
#: Kinds that describe equipment or a subject of many assets. Repositories store such files outside any asset.
_STANDALONE_KINDS = ("procedures", "rig", "instrument")
_STANDALONE_NAME = re.compile(rf"(?:{'|'.join(_STANDALONE_KINDS)})(?:_.+)?\.json")
#: Matches the paths of sidecars, including those before a merge and standalone ones; ignores case.
SIDECAR_PATH = rf"(?i)(^|/)({'|'.join(KINDS)}|({'|'.join(('acquisition', *_STANDALONE_KINDS))})_[^/]+)\.json$"
#: Bytes of the largest JSON file of another program that is recognized.
_MAX_OTHER_JSON = 2_000_000
#: Folders of tools, which are not searched for assets.
_TOOL_FOLDERS = frozenset(["node_modules", "__pycache__", "venv", "site-packages"])


@dataclass
class DiscoveredPaths:
    """The paths that were found.

    Attributes:
        assets: Folders of assets, in the order of their paths.
        sidecars: Sidecars outside any asset.
        manifests: Upload manifests, each for one asset.
        data: Stores and data files outside any asset.
        job_requests: Job requests and job tables, which only list jobs.
        ignored: The number of folders that do not look like assets.
    """

    assets: list[Path] = field(default_factory=list)
    sidecars: list[Path] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    data: list[Path] = field(default_factory=list)
    job_requests: list[Path] = field(default_factory=list)
    ignored: int = 0

    @property
    def count(self) -> int:
        """The number of paths."""
        paths = (self.assets, self.sidecars, self.manifests, self.data, self.job_requests)
        return sum(map(len, paths))

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, other: DiscoveredPaths) -> None:
        """Add the paths that were found elsewhere, without duplicates."""
        self.assets += [path for path in other.assets if path not in self.assets]
        self.sidecars += [path for path in other.sidecars if path not in self.sidecars]
        self.manifests += [path for path in other.manifests if path not in self.manifests]
        self.data += [path for path in other.data if path not in self.data]
        self.job_requests += [path for path in other.job_requests if path not in self.job_requests]
        self.ignored += other.ignored


def is_asset(folder: Path) -> bool:
    """Whether a folder is an asset: it has the name of an asset, a date in its name, a sidecar or a modality folder.

    A date or a modality folder indicates an asset with a wrong name, unless the folder contains assets: then it is the
    folder of a day or of a project.
    """
    if _is_named_as_asset(folder) or _has_sidecar(folder):
        return True
    return not VOCABULARY.modality_folders.isdisjoint(folder_names(folder)) and not _contains_assets(folder)


def discover(path: Path) -> DiscoveredPaths:
    """Find the assets, sidecars, upload manifests, stores and data files at or below a path.

    A folder is an asset or a store, or is searched for both at any depth, but not inside them. Below such a folder or
    in a repository, sidecars outside assets are found as well. A file is a standalone sidecar, an upload manifest or a
    data file. Folders are not searched for upload manifests, and repositories not for stores and data files: those are
    examples.

    Raises:
        UsageError: The path does not exist or cannot be read.
        NoAssetError: The path exists, but leads to nothing that can be checked.
    """
    try:
        is_file, is_folder, is_link, exists = path.is_file(), path.is_dir(), path.is_symlink(), path.exists()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_error_reason(error)}") from None
    if is_file:
        return _discover_file(path)
    if exists and not is_folder:
        raise UsageError(f"{path} is neither a file nor a folder")
    if not exists:
        raise UsageError(f"{path} {'is a broken link' if is_link else 'does not exist'}")
    if not _can_list(path):
        return DiscoveredPaths(assets=[path])  # whether it is one cannot be known, so its check reports the reason
    if not entry_names(path):
        raise NoAssetError(f"{path} is empty")
    if _is_given_store(path):
        return DiscoveredPaths(data=[path])
    is_repository = (path / ".git").exists()
    if is_asset(path) and not (is_repository and standalone_sidecars(path)):
        return DiscoveredPaths(assets=[path])
    found = DiscoveredPaths(sidecars=standalone_sidecars(path))
    _search(path, found, with_data=not is_repository)
    if not found:
        data = (
            "in a repository, name the stores and data files to check"
            if is_repository
            else "and it contains no store or data file"
        )
        raise NoAssetError(
            f"{path} contains no asset: no folder has a date in its name or a sidecar "
            f"(data_description.json, subject.json, …) at its root; {data}"
        )
    return found


def _discover_file(path: Path) -> DiscoveredPaths:
    # Imported here: most paths are folders, and zip files and time zones take 20 ms to import.
    from aind_lint.asset.upload.job_request import TABLE_SUFFIXES, lists_jobs
    from aind_lint.asset.upload.upload_manifest import refuse_other_yaml

    if path.suffix.lower() in YAML_SUFFIXES:
        refuse_other_yaml(path)
        return DiscoveredPaths(manifests=[path])
    if path.suffix.lower() in (".json", *TABLE_SUFFIXES) and path.name not in SIDECARS and lists_jobs(path):
        return DiscoveredPaths(job_requests=[path])
    if path.suffix.lower() in DATA_SUFFIXES:
        return DiscoveredPaths(data=[path])
    if path.suffix.lower() != ".json":
        raise NoAssetError(
            f"{path} is not the folder of an asset, a sidecar (.json), an upload manifest (.yml), a job table of "
            f"the transfer service (.csv, .xlsx), or a data file whose format is known ({', '.join(DATA_SUFFIXES)})"
        )
    _refuse_other_json(path)
    return DiscoveredPaths(sidecars=[path])


def _refuse_other_json(path: Path) -> None:
    """Refuse a JSON file that is neither a sidecar nor a job request, such as the configuration of a program.

    Raises:
        NoAssetError: Neither its name nor its keys are those of a sidecar.
    """
    if re.search(SIDECAR_PATH, path.name) or intended_sidecar(path.name):
        return
    try:
        content = json.loads(path.read_bytes()[:_MAX_OTHER_JSON])
    except (ValueError, RecursionError):
        return  # the check of a sidecar reports what is wrong with it
    if (
        isinstance(content, dict)
        and content
        and content.keys().isdisjoint(("schema_version", "describedBy", "object_type"))
    ):
        raise NoAssetError(
            f"{path} is neither a sidecar nor a job request: it has none of the keys schema_version, describedBy and "
            "upload_jobs"
        )


def find_owning_assets(changed: Iterable[Path]) -> DiscoveredPaths:
    """The assets that contain changed files, and changed sidecars outside any asset.

    The files can be deleted: the asset that contained them is checked. Of nested assets the outermost is checked, since
    the nesting is its problem.
    """
    owns = cache(is_owning_asset)
    assets: set[Path] = set()
    sidecars: set[Path] = set()
    for path in changed:
        owner = next((parent for parent in reversed(path.parents) if owns(parent)), None)
        if owner is not None:
            assets.add(owner)
        elif (path.name in SIDECARS or _STANDALONE_NAME.fullmatch(path.name)) and path.is_file():
            sidecars.add(path)
    return DiscoveredPaths(sorted({path_on_disk(asset) for asset in assets}), sorted(sidecars))


def owner_of_sidecar(path: Path) -> Path | None:
    """The asset that a sidecar belongs to: the outermost around it; None for a sidecar outside any asset.

    Raises:
        UsageError: A folder cannot be read.
    """
    path = named_path(path)
    owner = next((parent for parent in reversed(path.parents) if is_owning_asset(parent)), None)
    if owner is None and is_asset(path.parent) and not standalone_sidecars(path.parent):
        return path.parent
    return owner


def reject_parent_folder(folder: Path) -> None:
    """Raise NoAssetError for a folder that is not an asset but contains assets."""
    if is_asset(folder):
        return
    found = DiscoveredPaths()
    _search(folder, found, with_data=False)
    if found.assets:
        parent = min((asset.parent for asset in found.assets), key=lambda path: len(path.parts))
        raise NoAssetError(
            f"{folder} is not an asset but contains {len(found.assets):,}; "
            f"publish them with: aind-lint publish {_shell_glob(parent)}"
        )


def _shell_glob(folder: Path) -> str:
    """Everything in a folder, as an argument. The shells of Windows expand no globs and need no quotes for one."""
    return f'"{folder / "*"}"' if os.name == "nt" else f"{shell_argument(str(folder))}/*"


def is_owning_asset(folder: Path) -> bool:
    """Whether a folder is the asset that contains its files.

    Stricter than `is_asset`: a folder of a repository that only has sidecars of one kind is not an asset, unless it has
    the name of one.
    """
    try:
        return folder.is_dir() and (_is_named_as_asset(folder) or (folder / "data_description.json").is_file())
    except PermissionError:
        return True  # its check reports the reason


def _is_named_as_asset(folder: Path) -> bool:
    name = named_path(folder).name
    return parse_name(name).form is not None or (_DATE.search(name) is not None and not _contains_assets(folder))


def _has_sidecar(folder: Path) -> bool:
    return not set(SIDECARS).isdisjoint(entry_names(folder))


def standalone_sidecars(folder: Path) -> list[Path]:
    """The sidecars of a folder that has only descriptions of equipment or subjects and is not an asset."""
    names = entry_names(folder)
    standalone = sorted(name for name in names if _STANDALONE_NAME.fullmatch(name) and (folder / name).is_file())
    others = set(SIDECARS).difference(standalone).intersection(names)
    if others or _is_named_as_asset(folder) or not VOCABULARY.modality_folders.isdisjoint(names):
        return []
    return [folder / name for name in standalone]


def _contains_assets(folder: Path) -> bool:
    """Whether a folder or one of its folders contains assets.

    Acquisition software names its output after the session, so two levels down an asset needs a sidecar as well.
    """
    children = [folder / name for name in folder_names(folder)]
    grandchildren = (child / name for child in children if _can_list(child) for name in folder_names(child))
    return any(parse_name(child.name).form is not None for child in children) or any(
        parse_name(grandchild.name).form is not None and _can_list(grandchild) and _has_sidecar(grandchild)
        for grandchild in grandchildren
    )


def _search(folder: Path, found: DiscoveredPaths, with_data: bool) -> None:
    if with_data:
        names = sorted(name for name in entry_names(folder) if name.lower().endswith(DATA_SUFFIXES))
        files = [folder / name for name in names]
        found.data += [file for file in files if file.is_file() and not is_link(file.lstat())]
    for name in sorted(folder_names(folder)):
        if name.startswith(".") or name in _TOOL_FOLDERS:
            continue
        child = folder / name
        if not _can_list(child):
            found.assets.append(child)
            continue
        if with_data and _is_surely_store(child):
            found.data.append(child)
            continue
        standalone = standalone_sidecars(child)
        if not standalone and is_asset(child):
            found.assets.append(child)
            continue
        found.sidecars += standalone
        count_before = found.count
        _search(child, found, with_data)
        if not standalone and found.count == count_before:
            found.ignored += 1


def _is_given_store(folder: Path) -> bool:
    """Whether a folder that was named is a store. A recording of Open Ephys with an asset's name is that asset."""
    is_named_as_asset = parse_name(folder.name).subject_id is not None
    return is_store(folder) and (not is_named_as_asset or looks_like_store(folder.name, entry_names(folder)))


def _is_surely_store(folder: Path) -> bool:
    """Whether a folder is a store and not an asset whose sidecars are missing: neither by its name nor by a date in it.

    Zarr metadata and files of SpikeInterface are only in stores; a recording of Open Ephys can be all of an asset.
    """
    if parse_name(folder.name).form is not None or not is_store(folder):
        return False
    return not _DATE.search(folder.name) or looks_like_store(folder.name, entry_names(folder))


def _can_list(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
