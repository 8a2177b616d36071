"""How the libraries are asked about a file, each in its own environment."""

from __future__ import annotations

from typing import NamedTuple


class Peer(NamedTuple):
    """A library that judges files.

    Attributes:
        environment: The folder of its environment.
        formats: Beginnings of the names of the formats it knows.
        code: Reads a JSON list of paths from standard input, and prints a JSON object: whether each has a problem.
    """

    environment: str
    formats: tuple[str, ...]
    code: str


class Reader(NamedTuple):
    """A library that reads files.

    Attributes:
        environment: The folder of its environment.
        files: Globs of the sound files that it reads.
        code: Defines ``run(path)``.
        wanted: Our time, as a multiple of its time.
    """

    environment: str
    files: tuple[str, ...]
    code: str
    wanted: float


_JUDGE = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
import logging; logging.disable(logging.CRITICAL)
CODE
verdicts = {}
for path in json.load(sys.stdin):
    try:
        verdicts[path] = bool(judge(path))
    except Exception as error:
        # A library without its optional parts, or without a codec, has judged nothing.
        verdicts[path] = not isinstance(error, ImportError) and "codec not available" not in str(error)
print(json.dumps(verdicts))
"""


def _judge(code: str) -> str:
    return _JUDGE.replace("CODE", code)


_STORE = "os.path.isdir(path) and path.endswith('.zarr')"

PEERS = {
    "pynwb": Peer("pynwb", ("nwb-hdf5",), _judge("""
import pynwb
def judge(path):
    if not path.endswith(".nwb"): return False
    result = pynwb.validate(path=path)
    errors = result[0] if isinstance(result, tuple) else result
    with pynwb.NWBHDF5IO(path, "r") as io: io.read()
    return errors
""")),
    "nwbinspector": Peer("pynwb", ("nwb-hdf5",), _judge("""
import nwbinspector
from nwbinspector import Importance
def judge(path):
    if not path.endswith(".nwb"): return False
    found = nwbinspector.inspect_nwbfile(nwbfile_path=path, importance_threshold=Importance.CRITICAL)
    return [one for one in found]
""")),
    "dandi": Peer("dandi", ("nwb-hdf5",), _judge("""
from pathlib import Path
from dandi.validate._core import validate
def judge(path):
    if not path.endswith(".nwb"): return False
    return [one for one in validate(Path(path)) if one.severity and one.severity.name in ("ERROR", "CRITICAL")
            and not one.id.startswith("DANDI.")]
""")),
    "ome-zarr-models": Peer("ome", ("ome-zarr",), _judge(f"""
import ome_zarr_models, zarr
def judge(path):
    if not ({_STORE}): return False
    ome_zarr_models.open_ome_zarr(zarr.open_group(path, mode="r"))
""")),
    "yaozarrs": Peer("yao", ("ome-zarr",), _judge(f"""
import yaozarrs
def judge(path):
    if not ({_STORE}): return False
    yaozarrs.validate_zarr_store(path)
""")),
    "spikeinterface": Peer("si", ("si-", "mearec"), _judge("""
import spikeinterface as si
import spikeinterface.extractors as se
def judge(path):
    if path.endswith(".h5"):
        recording = se.read_mearec(path)
        recording = recording[0] if isinstance(recording, (list, tuple)) else recording
    elif "si-" in path:
        recording = si.load(path)
    else:
        return False
    for segment in range(recording.get_num_segments()):
        recording.get_traces(segment_index=segment)
""")),
}  # fmt: skip

_OME = ("ome-zarr-0.*/*.ome.zarr",)
_STORES = ("ome-zarr-0.*/*.ome.zarr", "nwb-zarr-v3/good/*.zarr")
READERS = {
    "yaozarrs, OME-Zarr": Reader("yao", _OME, """
import yaozarrs
def run(path): yaozarrs.validate_zarr_store(path)
""", 1.0),
    "zarr, opening all arrays": Reader("zarr", _STORES, """
import zarr
def run(path):
    group = zarr.open_group(path, mode="r", use_consolidated=False)
    def walk(group):
        for _, node in group.members():
            if isinstance(node, zarr.Group): walk(node)
            else: node.shape
    walk(group)
""", 0.5),
    "pynwb, NWB in HDF5": Reader("pynwb", ("nwb-hdf5/good/*.nwb",), """
import pynwb
def run(path):
    with pynwb.NWBHDF5IO(path, "r") as io: io.read()
""", 0.1),
    "pynwb with hdmf-zarr, NWB in Zarr v2": Reader("hz", ("nwb-zarr-v2/good/*.zarr",), """
import warnings; warnings.simplefilter("ignore")
from hdmf_zarr import NWBZarrIO
def run(path):
    with NWBZarrIO(path, "r") as io: io.read()
""", 0.1),
    "spikeinterface, Zarr": Reader("si", ("si-zarr-blosc/good/*.zarr",), """
import spikeinterface as si
def run(path): si.load(path)
""", 0.1),
    "h5py, NWB and MEArec": Reader("pynwb", ("nwb-hdf5/good/*.nwb", "mearec/good/*.h5"), """
import h5py
def run(path):
    with h5py.File(path, "r") as file:
        def visit(name, node):
            dict(node.attrs)
            if isinstance(node, h5py.Dataset):
                node.shape, node.dtype
                if name.endswith(("times", "times_index", "start_time")) or "subject" in name:
                    node[()]
        visit("", file)
        file.visititems(visit)
""", 1.5),
}  # fmt: skip
