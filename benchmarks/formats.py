"""What is found in samples of data formats, by us and by libraries, and in how much CPU time.

Usage: ``python benchmarks/formats.py samples FOLDER [--environments FOLDER]``, ``… cost``, ``… ratios FOLDER
[--environments FOLDER]``, ``… cold FOLDER [--environments FOLDER]``, ``… latency``.

``samples`` checks files with planted faults, which ``faults.json`` in FOLDER lists with ``sample``, ``format``,
``fault``, ``legal`` (no error may be found) and ``undetectable`` (the file does not show it). Every other file of
the folder is sound. FOLDER of the environments has one for each library: ``pynwb`` (with nwbinspector), ``dandi``,
``yao`` (yaozarrs), ``ome`` (ome-zarr-models), ``si`` (spikeinterface), ``zarr``; those that are missing are left out.
``cost`` measures what the formats add to a check of an asset, ``ratios`` warm parsers against the libraries,
``cold`` the command ``check`` of one file against starting Python, importing a library and reading the file,
``latency`` requests and wall time behind a server that waits 30 ms.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from formats_cost import measure_cost
from formats_latency import measure_latency
from formats_peers import PEERS, READERS

from aind_lint import check

#: What a sound file may be warned of.
_CLOUD = {"FMT501", "FMT502", "FMT503", "FMT504", "FMT505", "FMT506", "FMT507"}
#: Warm passes of a process, and processes that take turns with those of the library; the quickest pass counts.
_PASSES, _TURNS = 15, 4
#: Runs of a process; the least counts.
_COLD_RUNS = 4


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="formats", description=__doc__)
    parser.add_argument("what", choices=["samples", "cost", "ratios", "cold", "latency"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--environments", type=Path)
    options = parser.parse_args()
    if options.what == "cost":
        measure_cost()
    elif options.what == "latency":
        measure_latency()
    elif options.what == "samples":
        _samples(options.folder, options.environments)
    elif options.what == "cold":
        _cold(options.folder, options.environments)
    else:
        _ratios(options.folder, options.environments)


def _samples(folder: Path, environments: Path | None) -> None:
    faults = json.loads((folder / "faults.json").read_text(encoding="utf-8"))
    planted = [one for one in faults if not one["legal"] and not one["undetectable"]]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    totals = Counter(one["format"] for one in planted)
    started = _cpu()
    for one in planted:
        rules = _rules(folder / one["sample"]) - _CLOUD
        found["aind-lint"][one["format"]] += bool(rules)
        if not rules:
            print(f"missed: {one['sample']} ({one['fault']})")
    ours = _cpu() - started
    wrong = 0
    sound = [folder / one["sample"] for one in faults if one["legal"]]
    for path in sound:
        if errors := _rules(path, errors_only=True):
            print(f"false alarm: {path.relative_to(folder)}: {errors}")
            wrong += 1
    good = _good(folder, faults)
    for path in good:
        if rules := _rules(path) - _CLOUD:
            print(f"false alarm: {path.relative_to(folder)}: {rules}")
            wrong += 1
    print(f"\n{len(planted)} faults, {sum(found['aind-lint'].values())} found; {len(sound)} legal and {len(good)} good "
          f"files, {wrong} false alarms")  # fmt: skip
    seconds = {"aind-lint": ours}
    false_alarms: Counter[str] = Counter()
    for name, peer in PEERS.items():
        python = environments / peer.environment / "bin/python" if environments else None
        if python is None or not python.exists():
            continue
        paths = [one for one in planted if one["format"].startswith(peer.formats)]
        cases = [str(folder / one["sample"]) for one in paths] + [str(path) for path in good + sound]
        verdicts, seconds[name] = _run_peer(python, peer.code, cases)
        for one in paths:
            found[name][one["format"]] += verdicts.get(str(folder / one["sample"]), False)
        applies = [str(path) for path in good + sound if path.relative_to(folder).parts[0].startswith(peer.formats)]
        false_alarms[name] = sum(verdicts.get(path, False) for path in applies)
    names = list(found)
    print("| format | faults | " + " | ".join(names) + " |")
    print("| --- | --- |" + " --- |" * len(names))
    for format_, total in sorted(totals.items()):
        cells = [str(found[name][format_]) if format_ in found[name] else "" for name in names]
        print(f"| {format_} | {total} | " + " | ".join(cells) + " |")
    print(f"| alarms on sound files | | {wrong} | " + " | ".join(str(false_alarms[name]) for name in names[1:]) + " |")
    print("| CPU seconds | | " + " | ".join(f"{seconds[name]:.1f}" for name in names) + " |")


def _rules(path: Path, errors_only: bool = False) -> set[str]:
    (report,) = check([path], cache=False, select=["FMT"]).assets
    severities = ("error",) if errors_only else ("error", "warning")
    return {one.rule for one in report.findings if one.severity.value in severities}


def _good(folder: Path, faults: list[dict[str, Any]]) -> list[Path]:
    """The stores and files that are in no folder of a fault."""
    faulty = {folder / one["sample"] for one in faults}
    around = {parent for path in faulty for parent in path.parents if parent.parent.parent == folder}
    found = []
    for format_ in sorted(folder.iterdir()):
        for path in sorted(format_.iterdir()) if format_.is_dir() else []:
            if path in around:
                continue
            is_format = path.is_file() or path.suffix == ".zarr" or "Probe" in path.name or format_.name == "open-ephys"
            found += [path] if is_format else sorted(path.iterdir())
    return found


def _run_peer(python: Path, code: str, cases: list[str]) -> tuple[dict[str, bool], float]:
    """Whether a library reports something about each file, and the CPU seconds of all, imports included."""
    before = _cpu()
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": "/usr/bin:/bin", "HOME": home, "DANDI_NO_ET": "1", "NO_ET": "1"}
        done = subprocess.run(
            [str(python), "-c", code], input=json.dumps(cases), capture_output=True, text=True, env=environment
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(done.stderr[-500:], file=sys.stderr)
    return (json.loads(lines[-1]) if lines else {}), _cpu() - before


def _ratios(folder: Path, environments: Path | None) -> None:
    """Warm times of our parsers against those of libraries on the same sound files, in one process for each."""
    for name, reader in READERS.items():
        python = environments / reader.environment / "bin/python" if environments else None
        if python is None or not python.exists():
            continue
        cases = [str(path) for pattern in reader.files for path in sorted(folder.glob(pattern))]
        is_hdf5 = cases[0].endswith((".nwb", ".h5"))
        programs = [(str(python), reader.code), (sys.executable, _OURS_HDF5 if is_hdf5 else _OURS)]
        if not is_hdf5:
            programs.append((sys.executable, _OURS_METADATA))
        theirs, ours, *metadata = _warm_in_turns(programs, cases)
        print(f"{name}: {len(cases)} files, ours {ours * 1000:.1f} ms, theirs {theirs * 1000:.1f} ms: "
              f"{ours / theirs:.2f} (wanted {reader.wanted:g})", flush=True)  # fmt: skip
        if not is_hdf5:
            print(
                f"  without listing the folders and reading chunks: {metadata[0] * 1000:.1f} ms: "
                f"{metadata[0] / theirs:.2f}"
            )


def _cold(folder: Path, environments: Path | None) -> None:
    """CPU from the start of a process to its end for one sound file of each format, the least of some runs."""
    for name, reader in READERS.items():
        python = environments / reader.environment / "bin/python" if environments else None
        if python is None or not python.exists():
            continue
        case = str(min(path for pattern in reader.files for path in folder.glob(pattern)))
        ours = _least_cpu([str(Path(sys.executable).parent / "aind-lint"), "check", "--no-cache", case])
        theirs = _least_cpu([str(python), "-c", f"{reader.code}\nimport sys; run(sys.argv[1])", case])
        print(f"{name}: ours {ours:.2f} s, theirs {theirs:.2f} s: {ours / theirs:.2f}", flush=True)


def _least_cpu(command: list[str]) -> float:
    times = []
    for _ in range(_COLD_RUNS):
        before = _cpu()
        subprocess.run(command, capture_output=True)
        times.append(_cpu() - before)
    return min(times)


#: The code that a process runs for each file; ``measure(function)`` gives the quickest of some passes.
_FRAME = """
import json, sys, time
def measure(function, path):
    times = []
    for _ in range(PASSES):
        started = time.process_time()
        function(path)
        times.append(time.process_time() - started)
    return min(times)
CODE
cases = json.loads(sys.stdin.read())
for case in cases: run(case)
print(json.dumps([measure(run, case) for case in cases]))
"""
_OURS = """
from pathlib import Path
from aind_lint.app.checking.check_targets import list_data
from aind_lint.formats.format_files import FormatFiles
from aind_lint.formats.format_scanner import FormatScanner
FORMATS = ("zarr", "nwb", "ome", "spikeinterface", "hdf5", "mearec")
def run(path):
    listing = list_data(Path(path), None)
    scanner = FormatScanner(listing, FormatFiles(listing), "sample")
    for name in FORMATS:
        scanner.results(name)
"""
#: The same for a folder that is listed already, and without its chunks: the libraries read only metadata.
_OURS_METADATA = (
    _OURS
    + """
from dataclasses import replace
from aind_lint.formats.read_budget import ReadBudget
listings = {}
def run(path):
    if path not in listings: listings[path] = list_data(Path(path), None)
    listing = replace(listings[path])  # without the index of its keys
    scanner = FormatScanner(listing, FormatFiles(listing), "sample")
    scanner._budget = ReadBudget(0, 0)
    for name in FORMATS:
        scanner.results(name)
"""
)

#: What the process for h5py does with a file; starting it, 0.4 s for each file, counts as an import.
_OURS_HDF5 = """
import fnmatch
from pathlib import Path
from aind_lint.formats.hdf5 import dump, mearec
from aind_lint.formats.nwb.nwb_file import CHECKED_ATTRIBUTES, NUMBERS, TEXTS
def run(path):
    dump._dump(Path(path).parent, Path(path).name, CHECKED_ATTRIBUTES, list(TEXTS), [*NUMBERS, *mearec.NUMBERS])
"""


def _warm_in_turns(programs: list[tuple[str, str]], cases: list[str]) -> list[float]:
    """The time of each program for all files, the least of some turns for each: other work slows each of them alike."""
    turns = [[_warm(python, code, cases) for python, code in programs] for _ in range(_TURNS)]
    return [sum(map(min, zip(*times, strict=True))) for times in zip(*turns, strict=True)]


def _warm(python: str, code: str, cases: list[str]) -> list[float]:
    text = _FRAME.replace("PASSES", str(_PASSES)).replace("CODE", code)
    done = subprocess.run([python, "-c", text], input=json.dumps(cases), capture_output=True, text=True)
    try:
        return [float(value) for value in json.loads(done.stdout.splitlines()[-1])]
    except (IndexError, ValueError):
        raise SystemExit(done.stderr[-2000:]) from None


def _cpu() -> float:
    """CPU seconds of this process and those that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usages)


if __name__ == "__main__":
    main()
