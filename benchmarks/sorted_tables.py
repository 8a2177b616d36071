"""Ways to keep the keys of an asset with many files: CPU time and memory of each, in a process of its own.

    python benchmarks/sorted_tables.py [FILES]

Each way takes FILES rows (1,000,000 by default) of a key, a size and a checksum, in the order of a file system,
reads all of them back in order, and looks up 1,000 keys. Making the rows is measured alone and subtracted.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aind_lint.storage.sorted_table import SortedTable

Row = tuple[str, int, int]

FOLDERS = 1000


def make_rows(files: int) -> Iterator[Row]:
    """Folders in order, the files of each in any order."""
    shuffle = random.Random(1).shuffle
    for folder in range(FOLDERS):
        numbers = list(range(files // FOLDERS))
        shuffle(numbers)
        for number in numbers:
            yield f"behavior/session{folder:04d}/chunks/{number:06d}.bin", number * 1000, number * 2654435761


def sample_keys() -> Iterator[str]:
    """One key of each folder."""
    return (f"behavior/session{folder:04d}/chunks/000001.bin" for folder in range(FOLDERS))


def none(rows: Iterator[Row]) -> int:
    """Make the rows, and keep none."""
    return sum(size for _, size, _ in rows) * 0


def sorted_table(rows: Iterator[Row]) -> int:
    """Blocks of sorted rows in a temporary file."""
    table = SortedTable.of(rows, "qq")
    assert sum(1 for _ in table.rows()) == len(table)
    return sum(key in table for key in sample_keys())


def sqlite(rows: Iterator[Row]) -> int:
    """A table of SQLite in a temporary file, as fast as it can be written."""
    with tempfile.TemporaryDirectory() as folder:
        table = sqlite3.connect(Path(folder) / "rows")
        table.execute("PRAGMA synchronous = OFF")
        table.execute("PRAGMA journal_mode = OFF")
        table.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, size INTEGER, crc INTEGER) WITHOUT ROWID")
        table.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
        assert sum(1 for _ in table.execute("SELECT * FROM rows ORDER BY key"))
        query = "SELECT COUNT(*) FROM rows WHERE key = ?"
        found = sum(table.execute(query, (key,)).fetchone()[0] for key in sample_keys())
        table.close()
    return found


def list_and_dict(rows: Iterator[Row]) -> int:
    """A dictionary, and the sorted list of its keys."""
    table = {key: (size, crc) for key, size, crc in rows}
    assert sum(table[key][0] >= 0 for key in sorted(table))
    return sum(key in table for key in sample_keys())


WAYS: dict[str, Callable[[Iterator[Row]], int]] = {
    way.__name__: way for way in (none, sorted_table, sqlite, list_and_dict)
}


def measure(name: str, files: int) -> None:
    """Print CPU seconds and the growth of the peak memory in MB."""
    peak, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = WAYS[name](make_rows(files))
    assert found in (0, FOLDERS)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    print(time.process_time() - started, grown / 1024)


def main() -> None:
    """Measure each way three times, and print the fastest."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    base = 0.0
    for name in WAYS:
        runs = []
        for _ in range(3):
            command = [sys.executable, __file__, str(files), name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            runs.append([float(value) for value in done.stdout.split()])
        seconds, grown = min(runs)
        base = base or seconds
        if name != "none":
            print(f"{name:14} {seconds - base:5.1f} s  +{grown:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(sys.argv[2], int(sys.argv[1]))
    else:
        main()
