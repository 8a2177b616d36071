"""The complete valid assets that examples of rules start from.

All describe one invented session of one mouse, raw and spike-sorted, in every generation of metadata. The sidecars are
valid for the release that they declare: 0.x for aind-data-schema 0.39.1, 1.x for 1.4.0, 2.x for 2.9.2. Assets named
``founding-…`` have exactly the files that the founding document lists. That includes acquisition.json, although in 0.x
and 1.x an acquisition can only describe imaging. The file here is the closest valid one, without tiles, and says so.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache
from importlib import resources

from aind_lint.examples.format_samples import format_samples, npy
from aind_lint.examples.tree import Tree

RAW = "123456_2022-12-12_05-06-07"
DERIVED = f"{RAW}_sorted-ks25_2022-12-12_06-07-08"

_FOUNDING_0X_1X = ("data_description", "subject", "procedures", "processing", "rig", "acquisition")
_SESSION = ("data_description", "subject", "procedures", "processing", "rig", "session")
_INSTRUMENT = ("data_description", "subject", "procedures", "processing", "instrument", "acquisition")


@dataclass(frozen=True)
class Base:
    """One complete valid asset.

    Attributes:
        name: The asset's name.
        generation: The generation of the metadata.
        level: "raw" or "derived".
        kinds: The sidecars at its root.
        formats: Whether it also contains small files of every format.
    """

    name: str
    generation: str
    level: str
    kinds: tuple[str, ...]
    formats: bool = False


BASES = {
    "founding-raw-0x": Base(f"ecephys_{RAW}", "0.x", "raw", _FOUNDING_0X_1X),
    "founding-derived-0x": Base(f"ecephys_{DERIVED}", "0.x", "derived", _FOUNDING_0X_1X),
    "founding-raw-1x": Base(f"ecephys_{RAW}", "1.x", "raw", _FOUNDING_0X_1X),
    "founding-derived-1x": Base(f"ecephys_{DERIVED}", "1.x", "derived", _FOUNDING_0X_1X),
    "raw-0x": Base(f"ecephys_{RAW}", "0.x", "raw", _SESSION),
    "derived-0x": Base(f"ecephys_{DERIVED}", "0.x", "derived", _SESSION),
    "raw-1x": Base(f"ecephys_{RAW}", "1.x", "raw", (*_SESSION, "quality_control")),
    "derived-1x": Base(f"ecephys_{DERIVED}", "1.x", "derived", (*_SESSION, "quality_control")),
    "raw-2x": Base(RAW, "2.x", "raw", _INSTRUMENT),
    "derived-2x": Base(DERIVED, "2.x", "derived", _INSTRUMENT),
    "formats-2x": Base(DERIVED, "2.x", "derived", _INSTRUMENT, formats=True),
}


@cache
def _sidecar(generation: str, level: str, kind: str) -> bytes:
    """The bytes of one sidecar. A derived asset has the sidecar of its source if there is none of its own."""
    folder = resources.files("aind_lint.examples") / "sidecars" / generation
    own = folder / level / f"{kind}.json"
    return (own if own.is_file() else folder / "raw" / f"{kind}.json").read_bytes()


def base_tree(base: str) -> Tree:
    """A complete valid asset.

    Raises:
        KeyError: There is no such base.
    """
    chosen = BASES[base]
    files: dict[str, bytes | int] = {
        f"{kind}.json": _sidecar(chosen.generation, chosen.level, kind) for kind in chosen.kinds
    }
    files.update(_raw_data() if chosen.level == "raw" else _sorted_data())
    if chosen.formats:
        files.update(format_samples())
    return Tree(chosen.name, files)


@cache
def _raw_data() -> dict[str, bytes]:
    recording = "ecephys/experiment1/recording1"
    stream = f"{recording}/continuous/Neuropix-PXI-100.ProbeA-AP"
    return {
        "ecephys/settings.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<SETTINGS/>\n',
        f"{recording}/structure.oebin": _OEBIN,
        f"{stream}/continuous.dat": _voltages(),
        f"{stream}/sample_numbers.npy": npy("<i8", struct.pack("<300q", *range(300)), "(300,)"),
        "behavior/trials.csv": b"trial,start_time,rewarded\n"
        + b"".join(b"%d,%.3f,%d\n" % (trial, 10 * trial + 0.25, trial % 2) for trial in range(240)),
    }


@cache
def _sorted_data() -> dict[str, bytes]:
    spikes = [7 * spike for spike in range(40)]
    return {
        "sorted/spike_times.npy": npy("<i8", struct.pack("<40q", *spikes), "(40,)"),
        "sorted/spike_clusters.npy": npy("<i4", struct.pack("<40i", *(spike % 3 for spike in range(40))), "(40,)"),
        "sorted/params.py": b"dat_path = None\nn_channels_dat = 384\ndtype = 'int16'\nsample_rate = 30000.0\n",
    }


_OEBIN = b"""{
  "GUI version": "0.6.4",
  "continuous": [
    {
      "folder_name": "Neuropix-PXI-100.ProbeA-AP/",
      "sample_rate": 30000,
      "num_channels": 384
    }
  ]
}
"""


def _voltages() -> bytes:
    """300 samples of 384 channels as int16: a slow wave, with occasional spikes on every eighth channel."""
    samples = []
    for sample in range(300):
        wave = round(40 * math.sin(sample / 30))
        spike = -200 if sample % 70 == 35 else 0
        samples += [wave + (spike if channel % 8 == 0 else 0) + channel % 5 for channel in range(384)]
    return struct.pack(f"<{len(samples)}h", *samples)
