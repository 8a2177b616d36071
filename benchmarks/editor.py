"""CPU time from a keystroke to the findings of each stage, in a large instrument.json.

``python benchmarks/editor.py [EDITS]``: opens a valid instrument.json of 3 MB in ``aind-lint lsp``, makes edits that
leave the JSON valid, and prints the median CPU seconds (user + system) from the edit to the findings of each stage: of
the server and of the worker for the stage. The time of a stage includes the earlier stages of its worker. Linux.
"""

from __future__ import annotations

import copy
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.examples.bases import base_tree
from tests.lsp.editor import Editor

_SIZE = 3_000_000
_TICKS = os.sysconf("SC_CLK_TCK")


def main(edits: int) -> None:
    """Edit, and print the times."""
    with tempfile.TemporaryDirectory() as folder:
        asset = base_tree("raw-2x").write(Path(folder))
        path = asset / "instrument.json"
        path.write_text(_large_instrument(json.loads(path.read_bytes())), encoding="utf-8")
        with Editor(Path(folder)) as editor:
            uri = editor.open(path)
            _wait(editor, uri, 1, 3)
            server = editor.process.pid
            text = path.read_text(encoding="utf-8")
            before = {pid: _cpu(pid) for pid in _children(server)}
            version = editor.change(uri, text + "\n")
            _wait(editor, uri, version, 2)
            asset_worker, text_worker = sorted(before, key=lambda pid: _cpu(pid) - before[pid])
            _wait(editor, uri, version, 1)
            times: list[list[float]] = [[], [], []]
            for number in range(edits):
                text = _edit(text, number)
                before = {pid: _cpu(pid) for pid in (server, text_worker, asset_worker)}
                version = editor.change(uri, text)
                for stage, worker in enumerate((text_worker, text_worker, asset_worker)):
                    _wait(editor, uri, version, 1)
                    times[stage].append(sum(_cpu(pid) - before[pid] for pid in (server, worker)))
                time.sleep(0.05)
    print(f"{len(text):,} characters, {edits} edits; CPU seconds from the edit, median and 90th percentile:")
    for name, one in zip(
        ("syntax", "schema and rules of the file", "models and rules of the asset"), times, strict=True
    ):
        print(f"  {name:<32} {statistics.median(one):.3f} {statistics.quantiles(one, n=10)[-1]:.3f}")


def _large_instrument(instrument: dict[str, object]) -> str:
    components = instrument["components"]
    assert isinstance(components, list)
    samples = copy.deepcopy(components)
    number = 0
    while len(json.dumps(instrument, indent=2)) < _SIZE:
        for _ in range(200):
            component = copy.deepcopy(samples[number % len(samples)])
            component["name"] = f"{component['name']} {number}"
            components.append(component)
            number += 1
    return json.dumps(instrument, indent=2)


def _edit(text: str, number: int) -> str:
    """The text with one more letter in the name of a component."""
    key = '"name": "'
    where = text.index(key, len(text) * (number % 10) // 11) + len(key)
    return f"{text[:where]}x{text[where:]}"


def _wait(editor: Editor, uri: str, version: int, times: int) -> None:
    while times:
        message = editor._next(time.monotonic() + 300)
        params = message.get("params", {})
        if params.get("uri") == uri and params.get("version") == version:
            times -= 1


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def _cpu(pid: int) -> float:
    """The CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
