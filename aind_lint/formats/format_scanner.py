"""Everything that the formats of one asset show, each format scanned once for all rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from aind_lint.asset.listing.listing import Listing
from aind_lint.formats.codecs.chunk_error import UndecodedError
from aind_lint.formats.data_files import DataFiles
from aind_lint.formats.file_reader import FileReader
from aind_lint.formats.format_files import Format, FormatFiles
from aind_lint.formats.nwb.nwb_check import check_nwb
from aind_lint.formats.nwb.nwb_file import NwbFile
from aind_lint.formats.nwb.nwb_file import stated_version as stated_nwb_version
from aind_lint.formats.nwb.nwb_hdf5 import open_nwb_hdf5
from aind_lint.formats.nwb.nwb_zarr import FIRST, is_nwb, open_nwb_zarr
from aind_lint.formats.ome.store_check import check_ome, is_ome, stated_version
from aind_lint.formats.ome.voxel_size import VoxelSize, image_shapes, voxel_sizes
from aind_lint.formats.open_ephys.compressed import compare_with_original
from aind_lint.formats.open_ephys.recording import OpenEphysRecording
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.read_budget import Contents, ReadBudget
from aind_lint.formats.spikeinterface import zarr_recording
from aind_lint.formats.spikeinterface.binary_folder import BinaryFolder
from aind_lint.formats.zarr.chunk_check import Flavor, check_chunks, check_presence
from aind_lint.formats.zarr.consolidated import compare_consolidated
from aind_lint.formats.zarr.store import ZarrStore, read_store

#: Requests for an asset in a bucket: for the metadata of all stores (less if there are several NWB files), for the
#: values of each NWB file, and the least for metadata; and how many stores are read.
_METADATA_REQUESTS, _VALUE_REQUESTS, _LEAST_REQUESTS, _MAX_REMOTE_STORES = 90, 19, 40, 12


class FormatScanner:
    """Scans the files of one asset.

    Args:
        listing: The files.
        files: Which of them are of a format.
        contents: How much of the data is read; not ``none``.
    """

    def __init__(self, listing: Listing, files: FormatFiles, contents: Contents) -> None:
        self._files = files
        self._reader = FileReader(listing)
        self._data_files = DataFiles(self._reader, files)
        self._budget = ReadBudget.of(contents, self._reader.remote)

    def results(self, format_: Format) -> list[Result]:
        """Everything that was found in the files of one format."""
        match format_:
            case "zarr":
                return self._zarr
            case "nwb":
                return self._nwb[0]
            case "ome":
                return self._ome
            case "spikeinterface":
                return self._spikeinterface
            case "open-ephys":
                return self._open_ephys
            case "hdf5":
                return self._data_files.hdf5
            case "mearec":
                return self._data_files.mearec
            case "video":
                return self._data_files.videos
            case "tiff":
                return self._data_files.tiffs

    @cached_property
    def descriptions(self) -> list[str]:
        """Format and version of each store and data file, each once."""
        found = [
            *(_describe_store(store, flavor) for store, flavor in self._stores),
            *(folder.description for folder in self._folders),
            *(f"Open Ephys {recording.version} binary recording" for recording in self.recordings),
            *self._data_files.descriptions(),
        ]
        return list(dict.fromkeys(found))

    @property
    def nwb_files(self) -> list[NwbFile]:
        """The NWB files whose metadata is known."""
        return self._nwb[1]

    @property
    def unread_nwb_files(self) -> list[NotRead]:
        """The NWB files, or what may be one, whose metadata is not known."""
        return self._nwb[2]

    @cached_property
    def _stores(self) -> list[tuple[ZarrStore, Flavor]]:
        """The Zarr stores that can be opened, with what they contain."""
        reader, keys = self._reader, self._files.store_keys
        prefixes = list(keys)[: _MAX_REMOTE_STORES if reader.remote else None]
        named_nwb = sum(prefix.endswith((".nwb.zarr/", ".nwb/")) for prefix in prefixes)
        requests = max(_METADATA_REQUESTS - _VALUE_REQUESTS * max(1, named_nwb), _LEAST_REQUESTS)
        last = reader.requests_left - requests
        stores = []
        for number, prefix in enumerate(prefixes):
            share = max(0, reader.requests_left - last) // (len(prefixes) - number) if reader.remote else None
            stores.append(read_store(reader, prefix, keys, share, FIRST))
        return [(store, _flavor(store)) for store in stores]

    def _unread_stores(self) -> Iterator[NotRead]:
        """The stores for which there are no requests left, of whatever they contain."""
        if len(self._stores) < len(self._files.store_keys):
            unread = list(self._files.store_keys)[len(self._stores) :]
            yield NotRead((), f"{len(unread)} more stores in the bucket were not read", unread[0])

    def _readable(self, flavor: Flavor) -> tuple[list[ZarrStore], list[NotRead]]:
        """The stores of a flavor whose metadata is known, and those that are not read."""
        readable: list[ZarrStore] = []
        unread = [*self._unread_stores()]
        for store, contained in self._stores:
            if contained != flavor or store.version is None:
                continue
            root = store.nodes.get("")
            if store.unread and not (flavor == "nwb" and root and root.key not in store.unread):
                count = len(store.unread)
                reason = f"{count} metadata file{'s' if count > 1 else ''} of {store.name} could not be read"
                unread.append(NotRead((), reason, min(store.unread)))
            elif root and any(isinstance(one, Problem) and one.file == root.key for one in store.problems):
                unread.append(NotRead((), f"the attributes of {store.name} cannot be read", root.key))
            else:
                readable.append(store)
        return readable, unread

    @cached_property
    def _zarr(self) -> list[Result]:
        nwb = self._nwb[0]  # before chunks, which take the requests that are left
        inside = [*self._ome, *self._spikeinterface]
        wrong_shapes = {one.file for one in inside if isinstance(one, Problem) and _is_shape(one)}
        results: list[Result] = [*_empty_stores(self._reader.listing, self._files)]
        results += self._unread_stores()
        for store, flavor in self._stores:
            results += store.problems
            results += _links(store)
            if store.version is None:
                continue
            missing = set(store.census.unassigned)
            if store.root_key not in store.files:
                missing.add(store.prefix)
            results += _without(compare_consolidated(store), missing)
            results += check_presence(store, flavor, wrong_shapes)
            results += check_chunks(store, self._budget)
        return results + [result for result in nwb if "broken-chunk" in _kinds(result)]

    @cached_property
    def _nwb(self) -> tuple[list[Result], list[NwbFile], list[NotRead]]:
        stores, unread = self._readable("nwb")
        files: list[NwbFile] = [open_nwb_zarr(store) for store in stores]
        for key, content in self._data_files.contents.items():
            if isinstance(content, UndecodedError):
                if key.lower().endswith(".nwb"):
                    unread.append(NotRead((), f"{key}: {content}", key))
            elif key.lower().endswith(".nwb") or "nwb_version" in content.nodes.get("", {}).get("attributes", {}):
                if not content.complete:
                    unread.append(NotRead((), f"{key} has too many groups and datasets to list", key))
                    continue
                files.append(open_nwb_hdf5(key, content))
        found = [result for nwb in files for result in check_nwb(nwb)]
        return [*unread, *found], files, unread

    @cached_property
    def _ome(self) -> list[Result]:
        stores, unread = self._readable("ome")
        return [*unread, *(problem for store in stores for problem in check_ome(store))]

    @cached_property
    def _spikeinterface(self) -> list[Result]:
        stores, unread = self._readable("spikeinterface")
        results: list[Result] = [*unread]
        for store in stores:
            results += zarr_recording.check_recording(store)
        for folder in self._folders:
            results += folder.check()
        return results

    @cached_property
    def _folders(self) -> list[BinaryFolder]:
        """The recordings that SpikeInterface saved as binary files."""
        return [BinaryFolder(self._reader, prefix, key) for prefix, key in self._files.folders.items()]

    @cached_property
    def recordings(self) -> list[OpenEphysRecording]:
        """The recordings of Open Ephys."""
        return [OpenEphysRecording(self._reader, key) for key in self._files.recordings]

    @property
    def voxel_sizes(self) -> list[VoxelSize | NotRead]:
        """The voxel size of every image of OME-Zarr that states one, and the stores whose metadata is not known."""
        stores, unread = self._readable("ome")
        return [*unread, *(size for store in stores for size in voxel_sizes(store))]

    @property
    def image_shapes(self) -> list[dict[str, int]]:
        """The items along each axis of every image of OME-Zarr that could be read."""
        return [shape for store in self._readable("ome")[0] for shape in image_shapes(store)]

    @cached_property
    def _open_ephys(self) -> list[Result]:
        results = [result for recording in self.recordings for result in recording.check()]
        if self.recordings:
            stores, unread = self._readable("spikeinterface")
            for store in stores:
                results += compare_with_original(store, self.recordings)
            results += [NotRead(("compressed-recording",), one.reason, one.file) for one in unread]
        return results


def _describe_store(store: ZarrStore, flavor: Flavor) -> str:
    zarr = f"Zarr v{store.version}" if store.version else "Zarr of no clear version"
    attributes = store.attributes
    if flavor == "nwb":
        return f"NWB {stated_nwb_version(attributes) or 'of unknown version'} in {zarr}"
    if flavor == "spikeinterface":
        return f"SpikeInterface recording in {zarr}"
    if flavor == "ome":
        return f"OME-Zarr {stated_version(store)} in {zarr}"
    return zarr


def _links(store: ZarrStore) -> Iterator[Problem]:
    listing = store.reader.listing
    for key in listing.links:
        if key.startswith(store.prefix):
            target = listing.link_target(key) or "another place"
            yield Problem("store-link", f"{key} is a link to {target}, and links are not followed", key, found=target)


def _is_shape(problem: Problem) -> bool:
    return (problem.pointer or "").startswith("/shape") and problem.kind != "ome-levels-differ"


def _kinds(result: Result) -> set[str]:
    return {result.kind} if isinstance(result, Problem) else set(result.kinds)


def _flavor(store: ZarrStore) -> Flavor:
    if is_nwb(store):
        return "nwb"
    if zarr_recording.is_recording(store):
        return "spikeinterface"
    return "ome" if is_ome(store) else "plain"


def _without(problems: Iterator[Problem], missing: set[str]) -> list[Result]:
    """Problems but those of the metadata files that are missing in some folders, which is reported already."""
    return [
        problem
        for problem in problems
        if not (
            problem.found is None
            and problem.expected
            and problem.expected[: problem.expected.rfind("/") + 1] in missing
        )
    ]


def _empty_stores(listing: Listing, files: FormatFiles) -> Iterator[Problem]:
    """Folders that are called like stores and have no metadata at all."""
    for folder in files.folders_without_metadata:
        start = f"{folder}/" if folder else ""
        name = folder or listing.name
        called = "an NWB file in Zarr" if name.endswith((".nwb", ".nwb.zarr")) else "a Zarr store"
        yield Problem(
            "metadata",
            f"{name} is called {called}, but has no Zarr metadata",
            folder,
            expected=f"{start}.zgroup or {start}zarr.json",
        )
