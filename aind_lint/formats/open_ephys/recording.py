"""A recording of the Open Ephys GUI in its binary format: ``structure.oebin`` and the streams that it names.

Source: https://open-ephys.github.io/gui-docs/User-Manual/Data-formats/Binary-format.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aind_lint.formats.codecs.chunk_error import BrokenChunkError
from aind_lint.formats.file_reader import FileReader, NotJsonError, UnreadableError
from aind_lint.formats.npy_header import HEADER_BYTES, read_npy_header
from aind_lint.formats.ome.image import leaves
from aind_lint.formats.open_ephys.settings import Settings, SettingsError, read_settings
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import NotRead, Problem, Result
from aind_lint.sidecar.json_access import objects

#: Files with one row per sample: ``timestamps.npy`` counted samples before GUI 0.6, seconds since.
_ROWS = "sample_numbers.npy", "timestamps.npy"
#: Folder whose ``.dat`` files are shortened, while the ``.npy`` files are whole.
_CLIPPED = "ecephys_clipped"
_SAMPLE_SIZE = 2
#: By how much two rates that mean the same may differ: they are written with different digits.
RATE_TOLERANCE = 1e-6
#: Bytes of settings that are read; those of 24 probes have 1 MB.
_MAX_SETTINGS = 20_000_000
_KINDS = ("open-ephys", "open-ephys-settings", "compressed-recording")


@dataclass(frozen=True)
class OpenEphysStream:
    """A stream, as ``structure.oebin`` describes it; values of another type are None.

    Attributes:
        key: The key of the file.
        pointer: JSON pointer to the stream in the file.
        folder: The name of its folder, without a slash at the end.
        rate: Samples in a second; None unless it is a number above 0.
        channels: The number of channels.
        sync_channels: Channels that carry a synchronization signal, which compressed copies leave out.
        processor: The id of the processor that made it.
        name: Its name in the settings.
    """

    key: str
    pointer: str
    folder: str | None
    rate: float | None
    channels: int | None
    sync_channels: int
    processor: str
    name: str

    def problem(self, kind: str, member: str, message: str, found: str, expected: str) -> Problem:
        """A problem of one of its members."""
        return Problem(kind, message, self.key, f"{self.pointer}/{member}", found, expected)


class OpenEphysRecording:
    """A recording.

    Args:
        reader: Reads the files.
        key: The key of its ``structure.oebin``.

    Attributes:
        key: The key of its ``structure.oebin``.
        streams: Its streams.
        version: The version of the GUI, as it is stated.
        results: What is wrong with the file itself.
    """

    def __init__(self, reader: FileReader, key: str) -> None:
        self._reader = reader
        self.key = key
        self.streams: list[OpenEphysStream] = []
        self.version = "GUI"
        self.results: list[Result] = []
        self._read()

    def _read(self) -> None:
        key = self.key
        (content,) = self._reader.read_json([key])
        if isinstance(content, UnreadableError):
            self.results.append(NotRead(_KINDS, f"{key} was not read: {content}", key))
            return
        if isinstance(content, dict) and isinstance(content.get("GUI version"), str):
            self.version = f"GUI {content['GUI version']}"
        streams = content.get("continuous", []) if isinstance(content, dict) else None
        if isinstance(content, NotJsonError) or not isinstance(streams, list):
            reason = f"is not JSON: {content}" if isinstance(content, NotJsonError) else "has no list 'continuous'"
            self.results.append(Problem("open-ephys", f"{key} {reason}", key))
            return
        for number, stream in enumerate(streams):
            if isinstance(stream, dict):
                self.streams.append(_stream(key, f"/continuous/{number}", stream))
                self.results += _check_values(self.streams[-1], stream)

    def check(self) -> Iterator[Result]:
        """What the recording lacks."""
        yield from self.results
        for stream in self.streams:
            yield from _check_files(self._reader, stream)
        yield from self._check_settings()

    def _check_settings(self) -> Iterator[Result]:
        """Differences from the settings of the GUI, which lie beside the folder of the experiment."""
        experiment, _, _ = self.key.rpartition("/")[0].rpartition("/")
        folder, _, name = experiment.rpartition("/")
        number = name.removeprefix("experiment")
        file = "settings.xml" if number == "1" else f"settings_{number}.xml"
        key = f"{folder}/{file}" if folder else file
        stat = self._reader.listing.files.get(key)
        if stat is None or not self.streams:
            return
        try:
            if stat.size > _MAX_SETTINGS:
                raise SettingsError("it is too large")
            settings = read_settings(self._reader.read(key, 0, stat.size))
        except (SettingsError, UnreadableError) as error:
            yield NotRead(("open-ephys-settings",), f"{key} was not read: {error}", key)
            return
        if not settings.streams and not settings.unreadable:
            return  # settings of GUI 0.5 and earlier describe no streams
        for stream in self.streams:
            yield from _compare_settings(stream, key, settings)


def _stream(key: str, pointer: str, content: dict[str, Any]) -> OpenEphysStream:
    folder, rate, channels = content.get("folder_name"), content.get("sample_rate"), content.get("num_channels")
    names = [str(one.get("channel_name")) for one in objects(content.get("channels"))]
    folder = folder.rstrip("/") if isinstance(folder, str) else None
    return OpenEphysStream(
        key,
        pointer,
        folder,
        positive_number(rate),
        channels if isinstance(channels, int) and not isinstance(channels, bool) and channels > 0 else None,
        sum("SYNC" in name.upper() for name in names),
        str(content.get("source_processor_id", "")),
        str(content.get("stream_name") or (folder or "").partition(".")[2]),
    )


def _check_values(stream: OpenEphysStream, content: dict[str, Any]) -> Iterator[Problem]:
    if stream.rate is None:
        rate = content.get("sample_rate")
        message = f"the sample rate of {content.get('folder_name')} in {stream.key} is {rate}"
        yield stream.problem("open-ephys", "sample_rate", message, str(rate), "a number of Hz above 0")
    if stream.channels is None:
        stated = str(content.get("num_channels"))
        message = (
            f"'num_channels' of {content.get('folder_name')} in {stream.key} is {stated}, not a number of channels"
        )
        yield stream.problem("open-ephys", "num_channels", message, stated, "a whole number above 0")
    described = content.get("channels")
    if isinstance(described, list) and described and stream.channels is not None and len(described) != stream.channels:
        message = f"{stream.key} states {stream.channels} channels of {stream.folder}, but describes {len(described)}"
        yield stream.problem("open-ephys", "num_channels", message, str(stream.channels), str(len(described)))


def _compare_settings(stream: OpenEphysStream, key: str, settings: Settings) -> Iterator[Result]:
    """Differences of a stream from its settings, if these agree among themselves."""
    name = stream.processor, stream.name
    stated = [one for one in settings.streams if (one.processor, one.name) == name]
    rates, counts = {one.rate for one in stated}, {one.channels for one in stated}
    if len(rates) != 1 or len(counts) != 1:
        reason = (
            f"{key} states several rates or numbers of channels of {stream.folder}"
            if stated
            else f"{key} states no usable rate and number of channels of {stream.folder}"
            if name in settings.unreadable
            else f"{key} does not describe {stream.folder}"
        )
        yield NotRead(("open-ephys-settings",), reason, key)
    if len(rates) == 1 and stream.rate and not math.isclose(stream.rate, *rates, rel_tol=RATE_TOLERANCE):
        (rate,) = rates
        message = f"the sample rate of {stream.folder} is {stream.rate:g} Hz in {stream.key} and {rate:g} Hz in {key}"
        yield stream.problem("open-ephys-settings", "sample_rate", message, f"{stream.rate:g}", f"{rate:g}")
    if len(counts) == 1 and stream.channels is not None:
        (count,) = counts
        if stream.channels > count or (stream.channels < count and name not in settings.partial):
            message = f"{stream.folder} has {stream.channels} channels in {stream.key} and {count} in {key}"
            yield stream.problem("open-ephys-settings", "num_channels", message, str(stream.channels), str(count))


def _check_files(reader: FileReader, stream: OpenEphysStream) -> Iterator[Result]:
    key, pointer, folder, channels = stream.key, stream.pointer, stream.folder, stream.channels
    if folder is None or leaves(folder):
        yield Problem("open-ephys", f"a stream in {key} has no folder below it", key, f"{pointer}/folder_name")
        return
    prefix = f"{key.rpartition('/')[0]}/continuous/{folder}/".lstrip("/")
    data_key = f"{prefix}continuous.dat"
    stat = reader.listing.files.get(data_key)
    if stat is None or channels is None:
        return  # streams may be left out of an asset; other rules check which files belong to a stream
    clipped = _CLIPPED in key.split("/")
    if stat.size % (channels * _SAMPLE_SIZE) and not clipped:
        yield Problem(
            "open-ephys",
            f"{data_key} has {stat.size:,} bytes, which is not a whole number of samples of {channels} channels: "
            "it is cut off",
            data_key,
            found=str(stat.size),
            expected=f"a multiple of {channels * _SAMPLE_SIZE}",
        )
        return
    if clipped:
        return
    reported: set[str | None] = set()
    for name in _ROWS:
        for result in _check_rows(reader, prefix + name, data_key, stat.size // (channels * _SAMPLE_SIZE)):
            cause = result.expected if isinstance(result, Problem) and result.file == data_key else None
            if cause is None or cause not in reported:  # two files with the same number of rows show one cause
                yield result
            reported.add(cause)


def _check_rows(reader: FileReader, key: str, data_key: str, samples: int) -> Iterator[Result]:
    stat = reader.listing.files.get(key)
    if stat is None:
        return
    try:
        header = read_npy_header(reader.read(key, 0, min(stat.size, HEADER_BYTES)))
        if header.size is not None and stat.size != header.size:
            raise BrokenChunkError(f"it has {stat.size:,} bytes, its header states {header.size:,}")
    except BrokenChunkError as error:
        yield Problem("open-ephys", f"{key} cannot be used: {error}", key)
        return
    except UnreadableError as error:
        yield NotRead(("open-ephys",), f"{key} was not read: {error}", key)
        return
    if header.shape and header.shape[0] != samples:
        yield Problem(
            "open-ephys",
            f"{key} has {header.shape[0]:,} rows, {data_key} {samples:,} samples: one of them is cut off",
            data_key if samples < header.shape[0] else key,
            found=str(samples),
            expected=str(header.shape[0]),
        )
