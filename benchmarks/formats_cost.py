"""What looking inside the formats adds to a check, in CPU seconds and memory."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from aind_lint.asset.listing.file_table import FileTable
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.listing.listing import Listing
from aind_lint.examples.bases import base_tree
from aind_lint.formats.format_files import FormatFiles
from aind_lint.formats.format_scanner import FormatScanner

_FORMATS = ("zarr", "nwb", "ome", "spikeinterface", "open-ephys", "hdf5", "mearec", "video", "tiff")
_KEYS = 1_000_000


def measure_cost() -> None:
    """Print the cost of a store of a million chunks, of an NWB file of 150 arrays, and of memory."""
    print(f"a store of {_KEYS:,} chunk keys: {_million():.2f} s CPU (wanted 2)", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        store = write_nwb(Path(folder) / "session.nwb.zarr", 150)
        print(f"NWB in Zarr of 150 arrays: {min(_scan(scan_folder(store)) for _ in range(5)):.3f} s CPU (wanted 0.15)")
        peaks = {contents: _peak(store, contents) for contents in ("none", "sample")}
    added = peaks["sample"] - peaks["none"]
    print(f"memory: {peaks['none']:.1f} MB without, {peaks['sample']:.1f} MB with: {added:.1f} MB more (wanted 10)")


def _scan(listing: Listing) -> float:
    started = time.process_time()
    scanner = FormatScanner(listing, FormatFiles(listing), "sample")
    for name in _FORMATS:
        scanner.results(name)  # type: ignore[arg-type]
    return time.process_time() - started


def _million() -> float:
    metadata = {
        "zarr_format": 2, "shape": [_KEYS * 10, 4], "chunks": [10, 4], "dtype": "<i2", "compressor": None,
        "filters": None, "order": "C", "fill_value": 0,
    }  # fmt: skip
    contents = {
        "s.zarr/.zattrs": json.dumps({"sampling_frequency": 30000.0, "num_segments": 1}).encode(),
        "s.zarr/.zgroup": b'{"zarr_format": 2}',
        "s.zarr/channel_ids/.zarray": json.dumps({**metadata, "shape": [4], "chunks": [4]}).encode(),
        "s.zarr/channel_ids/0": bytes(range(8)),
        "s.zarr/traces_seg0/.zarray": json.dumps(metadata).encode(),
    }

    def rows() -> Iterator[tuple[str, int, int]]:
        yield from ((key, len(content), 0) for key, content in contents.items())
        yield from ((f"s.zarr/traces_seg0/{number}.0", 80, 0) for number in range(_KEYS))

    files = FileTable.of(rows(), FileTable.COLUMNS)
    listing = Listing("s", "s", files, lambda key: io.BytesIO(contents.get(key, bytes(80))))
    return _scan(listing)


def write_nwb(folder: Path, arrays: int) -> Path:
    """Write an NWB file in Zarr v2 with many time series; each has an array of data and one of times."""
    files = base_tree("formats-2x").files
    start = "sorted/session.nwb.zarr/"
    for key, content in files.items():
        if key.startswith(start):
            path = folder / key[len(start) :]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(content))  # type: ignore[arg-type]
    metadata = {
        "zarr_format": 2, "shape": [4000], "chunks": [1000], "dtype": "<f8", "filters": None, "order": "C",
        "fill_value": 0.0, "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
    }  # fmt: skip
    data = struct.pack("<1000d", *range(1000))
    chunk = struct.pack("<BBBBIII", 2, 1, 2, 8, len(data), len(data), len(data) + 16) + data  # stored plainly
    for number in range(arrays // 2):
        series = folder / f"acquisition/series{number:03}"
        series.mkdir()
        (series / ".zgroup").write_text('{"zarr_format": 2}', encoding="ascii")
        (series / ".zattrs").write_text('{"neurodata_type": "TimeSeries"}', encoding="ascii")
        for name in ("data", "timestamps"):
            (series / name).mkdir()
            (series / name / ".zarray").write_text(json.dumps(metadata), encoding="ascii")
            (series / name / ".zattrs").write_text('{"unit": "volts"}', encoding="ascii")
            for index in range(4):
                (series / name / str(index)).write_bytes(chunk)
    copies = {
        path.relative_to(folder).as_posix(): json.loads(path.read_bytes())
        for path in sorted(folder.rglob(".z*"))
        if path.name != ".zmetadata"
    }
    text = json.dumps({"zarr_consolidated_format": 1, "metadata": copies})
    (folder / ".zmetadata").write_text(text, encoding="ascii")
    return folder


def _peak(store: Path, contents: str) -> float:
    """The largest memory, in MB, of a process that checks a store."""
    code = (
        "import resource, sys; from aind_lint import check\n"
        f"check([sys.argv[1]], cache=False, contents={contents!r})\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)"
    )
    return min(
        float(subprocess.run([sys.executable, "-c", code, str(store)], capture_output=True, text=True).stdout)
        for _ in range(3)
    )
