"""A folder in which SpikeInterface saved a recording as binary files.

The layouts of the versions: 0.94 ``cached.json`` with ``num_chan``; 0.95 to 0.97 ``binary.json`` with ``num_chan`` and
``si_folder.json``; since 0.98 ``num_channels``; since 0.105 also ``file_timestamps_paths``. ``si_folder.json`` names a
class that SpikeInterface imports and calls, so only the text is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.file_reader import FileReader, NotJsonError, Range, UnreadableError
from aind_lint.formats.format_files import BINARY, CACHED, SI_FOLDER
from aind_lint.formats.npy_header import HEADER_BYTES, read_npy_header
from aind_lint.formats.pickle_scan import scan_pickle
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.formats.spikeinterface.channel_ids import check_unique
from aind_lint.formats.spikeinterface.recording_files import check_files, stored_item_size
from aind_lint.formats.zarr.data_types import without_byte_order

_CLASS = re.compile(r"spikeinterface(?:\.\w+)+", re.ASCII)
#: Files of a recording; snippets have ``.npy`` files.
_TRACES = re.compile(r"traces_cached_seg[0-9]+\.raw")
_PER_CHANNEL = "channel_ids", "gain_to_uV", "offset_to_uV"
_DESCRIPTIVE = "probe.json", "probegroup.json"
#: Bytes of pickled objects that are scanned.
_MAX_PICKLE = 1_000_000


class BinaryFolder:
    """A folder that SpikeInterface saved.

    Args:
        reader: Reads the files.
        prefix: The prefix of the folder, empty or ending with ``/``.
        key: The key of the file that describes the data.
    """

    def __init__(self, reader: FileReader, prefix: str, key: str) -> None:
        self._reader, self._prefix, self._key = reader, prefix, key
        described = [name for name in (f"{prefix}{SI_FOLDER}", key) if name in reader.listing.files]
        self._contents = dict(zip(described, reader.read_json(described), strict=True))

    @property
    def description(self) -> str:
        """What it is called, with the version of SpikeInterface that it states."""
        content = self._contents[self._key]
        version = content.get("version") if isinstance(content, dict) else None
        what = "folder" if self._key.endswith(SI_FOLDER) else "recording in binary files"
        return f"SpikeInterface {version} {what}" if version else f"SpikeInterface {what}"

    def check(self) -> Iterator[Result]:
        """What the recording lacks."""
        for name, content in self._contents.items():
            if isinstance(content, UnreadableError):
                yield NotRead(("folder-json",), f"{name} was not read: {content}", name)
            elif isinstance(content, NotJsonError):
                yield Problem("folder-json", f"{name} is not JSON: {content}", name)
            elif not isinstance(content, dict):
                yield Problem("folder-json", f"{name} is no JSON object", name)
            else:
                yield from _check_class(name, content)
        yield from _check_parts(self._reader, self._prefix, self._key)
        content = self._contents[self._key]
        if self._key.endswith(SI_FOLDER):
            yield from _check_properties(self._reader, self._prefix, None)
        elif isinstance(content, dict):
            yield from self._check_description(content)

    def _check_description(self, content: dict[str, Any]) -> Iterator[Result]:
        reader, prefix, key = self._reader, self._prefix, self._key
        arguments = content.get("kwargs")
        if not isinstance(arguments, dict):
            yield Problem("folder-json", f"{key} has no object 'kwargs', which names the data files", key, "/kwargs")
            return
        counts = list(_check_counts(key, arguments))
        yield from counts
        # Where the number of channels is in doubt, everything that is compared with it would only repeat that.
        channels = None if any(problem.kind == "recording-counts" for problem in counts) else _channels(arguments)
        if isinstance(ids := arguments.get("channel_ids"), list):
            yield from check_unique(ids, "recording-counts", key, "/kwargs/channel_ids")
        yield from check_files(reader, prefix, key, arguments, channels)
        yield from _check_properties(reader, prefix, channels)
        yield from _check_probe(reader, prefix, channels)
        yield _loads_in(key, content, arguments)


def _check_parts(reader: FileReader, prefix: str, key: str) -> Iterator[Problem]:
    if key.endswith(BINARY) and f"{prefix}{SI_FOLDER}" not in reader.listing.files:
        yield Problem(
            "folder-json",
            f"{prefix or 'the folder'} has {BINARY} but no {SI_FOLDER}, so SpikeInterface cannot load it",
            key,
            expected=f"{prefix}{SI_FOLDER}",
            fix=f"Restore {prefix}{SI_FOLDER}, or save the recording again.",
        )
    names = reader.listing.key_index.names_in(prefix.rstrip("/")) if key.endswith(SI_FOLDER) else ()
    if any(_TRACES.fullmatch(name) for name in names):
        yield Problem(
            "folder-json",
            f"{prefix or 'the folder'} has traces but neither {BINARY} nor {CACHED}, which describe them",
            key,
            expected=f"{prefix}{BINARY}",
        )


def _check_class(key: str, content: dict[str, Any]) -> Iterator[Problem]:
    name = content.get("class")
    if not isinstance(name, str) or not _CLASS.fullmatch(name):
        yield Problem(
            "folder-json",
            f"'class' of {key} is {name!r}, which SpikeInterface would import and call when it loads the folder",
            key,
            "/class",
            found=str(name),
            expected="a class of SpikeInterface, such as spikeinterface.core.binaryfolder.BinaryFolderRecording",
            fix="Save the recording again with SpikeInterface. Do not load this folder.",
        )


def _channels(arguments: dict[str, Any]) -> Any:
    return arguments.get("num_channels", arguments.get("num_chan"))


def _check_counts(key: str, arguments: dict[str, Any]) -> Iterator[Problem]:
    rate = arguments.get("sampling_frequency")
    if positive_number(rate) is None:
        yield Problem(
            "recording-counts",
            f"the sampling frequency in {key} is {rate}",
            key,
            "/kwargs/sampling_frequency",
            found=str(rate),
            expected="a number of Hz above 0",
        )
    offset = arguments.get("file_offset") or 0
    if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
        message = f"'file_offset' in {key} is {offset}, not a number of bytes"
        yield Problem("recording-counts", message, key, "/kwargs/file_offset", found=str(offset), expected="0 or more")
    axis = arguments.get("time_axis", 0)
    if axis not in (0, 1) or isinstance(axis, bool):
        message = f"'time_axis' in {key} is {axis}, not 0 (frames by channels) or 1"
        yield Problem("recording-counts", message, key, "/kwargs/time_axis", found=str(axis), expected="0 or 1")
    name = "num_channels" if "num_channels" in arguments else "num_chan"
    channels = _channels(arguments)
    pointer = f"/kwargs/{name}"
    if isinstance(channels, bool) or not isinstance(channels, int) or channels < 1:
        message = f"'{name}' in {key} is {channels}, not a number of channels"
        yield Problem("recording-counts", message, key, pointer, found=str(channels))
        return
    lists = {member: len(arguments[member]) for member in _PER_CHANNEL if isinstance(arguments.get(member), list)}
    if others := {member: length for member, length in lists.items() if length != channels}:
        stated = ", ".join(f"'{member}' has {length}" for member, length in others.items())
        yield Problem(
            "recording-counts",
            f"{key} states {channels} channels, but {stated} values",
            key,
            pointer if len(others) == len(lists) else f"/kwargs/{next(iter(others))}",
            found=str(channels),
        )
    data_type = arguments.get("dtype")
    if stored_item_size(data_type) is None:
        message = f"'dtype' in {key} is {data_type!r}, no NumPy data type"
        yield Problem("recording-counts", message, key, "/kwargs/dtype")
    elif isinstance(data_type, str) and re.fullmatch(r"[<>=|]?u?i[48]|u?int(?:32|64)", data_type):
        yield Problem(
            "recording-type",
            f"'dtype' in {key} is {data_type}, but probes record 16 bits: samples may be read in wrong pairs",
            key,
            "/kwargs/dtype",
            found=data_type,
            expected="<i2",
        )
    if stored_item_size(data_type) is not None and without_byte_order(data_type) not in ("i2", "int16"):
        message = f"'dtype' in {key} is {data_type}, the recordings of the benchmark data are int16"
        yield Problem("recording-not-int16", message, key, "/kwargs/dtype", found=str(data_type), expected="<i2")


def _check_properties(reader: FileReader, prefix: str, channels: int | None) -> Iterator[Result]:
    names = reader.listing.key_index.names_in(f"{prefix}properties")
    keys = [f"{prefix}properties/{name}" for name in names if name.endswith(".npy")]
    keys = [key for key in keys if key in reader.listing.files]
    reader.prefetch(Range(key, 0, min(reader.listing.files[key].size, HEADER_BYTES)) for key in keys)
    for key in keys:
        size = reader.listing.files[key].size
        try:
            data = reader.read(key, 0, min(size, HEADER_BYTES))
            header = read_npy_header(data)
            if header.size is not None and header.size != size:
                raise BrokenChunkError(f"it has {size:,} bytes, its header states {header.size:,}")
            if header.item_size is None:
                yield from _check_objects(reader, key, header.start, size)
            elif channels and header.shape[:1] != (channels,):
                raise BrokenChunkError(f"it has the shape {list(header.shape)} for {channels} channels")
        except BrokenChunkError as error:
            yield Problem("recording-property", f"{key} cannot be used: {error}", key)
        except UnreadableError as error:
            yield NotRead(("recording-property",), f"{key} was not read: {error}", key)


def _check_objects(reader: FileReader, key: str, start: int, size: int) -> Iterator[Result]:
    """Problems of a property of Python objects, which are pickled."""
    if size > _MAX_PICKLE:
        yield NotRead(("recording-property",), f"{key}: more than 1 MB of pickled objects", key)
        return
    content = scan_pickle(reader.read(key, start, size - start))
    if unexpected := content.unexpected:
        yield Problem(
            "recording-property",
            f"{key} holds code that would run when it is opened: it calls {unexpected[0].replace(' ', '.')}",
            key,
            found=unexpected[0].replace(" ", "."),
            fix="Do not load this file. Write the property again as numbers or texts.",
        )
    else:
        yield Problem("recording-objects", f"{key} holds pickled objects, which SpikeInterface unpickles", key)


def _check_probe(reader: FileReader, prefix: str, channels: int | None) -> Iterator[Result]:
    names = [f"{prefix}{name}" for name in _DESCRIPTIVE if f"{prefix}{name}" in reader.listing.files]
    for key, content in zip(names, reader.read_json(names), strict=True):
        if isinstance(content, UnreadableError):
            yield NotRead(("recording-probe",), f"{key} was not read: {content}", key)
            continue
        probes = content.get("probes") if isinstance(content, dict) else None
        if not isinstance(probes, list):
            yield Problem("recording-probe", f"{key} has no list of probes", key)
            continue
        wired = 0
        for probe in probes:
            indices = probe.get("device_channel_indices") if isinstance(probe, dict) else None
            if not isinstance(indices, list):
                return
            wired += sum(1 for index in indices if isinstance(index, int) and index >= 0)
        if channels and wired != channels:
            yield Problem(
                "recording-probe",
                f"{key} wires {wired} contacts, the recording has {channels} channels",
                key,
                found=str(wired),
                expected=str(channels),
            )


def _loads_in(key: str, content: dict[str, Any], arguments: dict[str, Any]) -> Problem:
    """Which versions of SpikeInterface load the folder.

    Measured with folders that 13 versions from 0.94.0 to 0.105.3 saved and that 19 versions loaded. 0.102.2 no longer
    knows ``num_chan``; 0.104 knows it but fails; 0.105 reads it in ``cached.json`` only.
    """
    version = content.get("version")
    writer = f"SpikeInterface {version}" if version else "a version of SpikeInterface that it does not state"
    if key.endswith(CACHED):
        loads = "0.94 to 0.102.1, and in 0.105 and later"
    elif "num_chan" in arguments:
        loads = "0.95 to 0.102.1"
    elif "file_timestamps_paths" in arguments:  # earlier versions refuse arguments that they do not know
        loads = "0.105 and later"
    else:
        loads = "0.98 and later"
    message = f"{key} was written by {writer} and loads in {loads}"
    return Problem("loads-in", message, key, found=str(version) if version else None)
