"""What an audit costs, as ratios of CPU time against a peer in the same run.

    python benchmarks/audit.py keys --keys 2_000_000       # facts against a bare count of DuckDB, memory, state
    python benchmarks/audit.py facts --keys 100_000_000    # the first two only
    python benchmarks/audit.py prefixes --keys 1_000_000   # a million top-level prefixes of one key each
    python benchmarks/audit.py assets --assets 2_000       # a second audit with 1 % of the assets changed

Inventories are made in a temporary folder, with a fixed seed. `assets` uses a folder as the bucket, so that sidecars
are read and every rule runs.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BUCKET = "aind-benchmark-keys"
NOW = 1_795_996_800_000
KEYS_PER_ASSET = 5_000
SIDECARS = ("data_description", "subject", "procedures", "session", "rig", "processing")

#: Each measurement runs in a process of its own, so that CPU time and memory are its own.
_BARE = """
import duckdb, glob, sys
d = duckdb.connect(config={"threads": 2})
count = "SELECT split_part(key, '/', 1) AS asset, count(*) FROM read_parquet(?) GROUP BY 1"
d.execute(count, [glob.glob(sys.argv[1])]).fetchall()
"""
_FACTS = """
import glob, sys, tempfile
from pathlib import Path
from aind_lint.audit.listing.inventory_files import ObjectFiles
from aind_lint.audit.listing.object_tables import collect_facts, connect, create_objects
columns = {"bucket", "key", "size", "last_modified_date", "e_tag", "storage_class"}
with tempfile.TemporaryDirectory() as spill:
    d = connect(2 * 10**9, 2, Path(spill))
    create_objects(d, ObjectFiles([Path(p) for p in glob.glob(sys.argv[1])], columns, 0), "")
    facts = collect_facts(d)
    if len(sys.argv) > 2:
        import pyarrow.parquet
        columns = pyarrow.parquet.read_table(sys.argv[2], columns=["name", "fingerprint"])
        known = dict(zip(*columns.to_pydict().values()))
        assert all(known[name] == one.fingerprint for name, one in facts.items() if name)
"""


def measure(*command: str, cwd: Path | None = None) -> tuple[float, float]:
    """CPU seconds and the largest memory in MB of a process and its children."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            sys.stderr.write(done.stderr.decode())
        os.write(write, json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        cpu, memory = json.loads(stream.read())
    os.waitpid(pid, 0)
    return cpu, memory


def make_inventory(folder: Path, keys: int, created: int = NOW, changed: float = 0.0) -> None:
    """An inventory of assets with sidecars and chunks.

    In a share of the assets one object, in turn, has another size, has another ETag, is missing, or is added.
    """
    rng = np.random.default_rng(1)
    assets = max(10, keys // KEYS_PER_ASSET)
    (folder / "data").mkdir(parents=True)
    files: list[dict[str, Any]] = []
    tables: list[pa.Table] = []
    for number in range(assets):
        name = f"ecephys_{500_000 + number}_2023-{1 + number % 12:02}-{1 + number % 28:02}_10-11-12"
        chunks = pc.binary_join_element_wise(
            f"{name}/ecephys/compressed.zarr/traces_seg0/",
            pc.cast(pa.array(np.arange(KEYS_PER_ASSET - 6)), pa.string()),
            "",
        )
        sidecars = pa.array([f"{name}/{kind}.json" for kind in SIDECARS])
        sizes = rng.integers(1, 4_000_000, KEYS_PER_ASSET)
        digits = np.frombuffer(b"0123456789abcdef", np.uint8)[rng.integers(0, 16, (KEYS_PER_ASSET, 32), dtype=np.uint8)]
        offsets = pa.py_buffer(np.arange(0, 32 * KEYS_PER_ASSET + 1, 32, dtype=np.int32))
        table = pa.table(
            {
                "bucket": pa.array([BUCKET] * KEYS_PER_ASSET),
                "key": pa.concat_arrays([chunks, sidecars]),
                "size": pa.array(sizes),
                "last_modified_date": pa.array(np.full(KEYS_PER_ASSET, NOW - 10**10), pa.timestamp("ms", "UTC")),
                "e_tag": pa.StringArray.from_buffers(KEYS_PER_ASSET, offsets, pa.py_buffer(digits.tobytes())),
                "storage_class": pa.array(["STANDARD"] * KEYS_PER_ASSET),
            }
        )
        tables.append(change_object(table, number % 4) if number < changed * assets else table)
        if len(tables) * KEYS_PER_ASSET >= 1_000_000 or number == assets - 1:
            files.append(write_data_file(folder / "data" / f"{len(files)}.parquet", pa.concat_tables(tables)))
            tables = []
    write_manifest(folder, files, created)


def change_object(table: pa.Table, kind: int) -> pa.Table:
    """The objects of an asset. The first has another size, another ETag, is missing, or is there under two keys."""
    if kind == 2:
        return table.slice(1)
    first = table.slice(0, 1).to_pylist()[0]
    other = [{"size": first["size"] + 1}, {"e_tag": "0" * 32}, {}, {"key": first["key"] + "-added"}][kind]
    changed = pa.Table.from_pylist([first | other], table.schema)
    return pa.concat_tables([table if kind == 3 else table.slice(1), changed])


def write_manifest(folder: Path, files: list[dict[str, Any]], created: int) -> None:
    """The manifest of an inventory, and its checksum."""
    manifest: dict[str, Any] = {"sourceBucket": BUCKET, "creationTimestamp": str(created), "fileFormat": "Parquet"}
    manifest |= {"fileSchema": "", "files": files}
    dated = folder / time.strftime("%Y-%m-%dT%H-%MZ", time.gmtime(created / 1000))
    dated.mkdir()
    raw = json.dumps(manifest).encode()
    (dated / "manifest.json").write_bytes(raw)
    (dated / "manifest.checksum").write_text(hashlib.md5(raw).hexdigest())


def write_data_file(path: Path, table: pa.Table) -> dict[str, Any]:
    """A data file of an inventory; how the manifest names it."""
    pq.write_table(table, path, compression="snappy", row_group_size=1 << 18)
    content = path.read_bytes()
    return {"key": f"data/{path.name}", "size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}


def audit(cwd: Path, inventory: str, memory: str = "2GB") -> tuple[float, float]:
    """CPU seconds and memory of an audit of keys."""
    options = ("--rules", "keys", "--jobs", "2", "--memory", memory, "--now", "2026-12-01T00:00Z", "--fail-on", "never")
    command = ("-m", "aind_lint", "audit", f"s3://{BUCKET}", "--inventory", inventory, "--state", "state", *options)
    return measure(sys.executable, *command, "--format", "json=report.json", cwd=cwd)


def keys(count: int, only_facts: bool) -> None:
    """Facts, fingerprints, memory and the state for a number of keys."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_inventory(root / "first", count)
        pattern = str(root / "first" / "data" / "*.parquet")
        bare, _ = measure(sys.executable, "-c", _BARE, pattern)
        facts, memory = measure(sys.executable, "-c", _FACTS, pattern)
        print(f"bare count by asset      {bare:7.2f} CPU s")
        print(f"key facts                {facts:7.2f} CPU s   {facts / bare:.2f} x   {memory:,.0f} MB")
        if only_facts:
            return
        first, memory = audit(root, "first", "1GB")
        print(
            f"first audit (keys)       {first:7.2f} CPU s   {first / bare:.2f} x   {memory:,.0f} MB with --memory 1GB"
        )
        compared, _ = measure(sys.executable, "-c", _FACTS, pattern, str(root / "state" / "assets.parquet"))
        print(f"facts and fingerprints   {compared:7.2f} CPU s   {compared / bare:.2f} x")
        make_inventory(root / "second", count, NOW + 10**6, changed=0.01)
        second, memory = audit(root, "second", "1GB")
        report = json.loads((root / "report.json").read_text("utf-8"))
        print(f"second audit, 1 % changed{second:7.2f} CPU s   {second / bare:.2f} x   {memory:,.0f} MB")
        print(f"  {len(report['changes'])} changed objects found, {report['run']['judged']} assets judged")
        size = sum(path.stat().st_size for path in (root / "state").rglob("*") if path.is_file())
        print(f"state                    {size / 1e6:,.0f} MB, {size / count:.1f} bytes a key")


def prefixes(count: int) -> None:
    """An audit of top-level prefixes of one key each, which are no assets."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "first" / "data").mkdir(parents=True)
        table = pa.table(
            {
                "bucket": pa.array([BUCKET] * count),
                "key": pa.array([f"prefix-{number:07}/a.bin" for number in range(count)]),
                "size": pa.array(np.arange(count)),
                "last_modified_date": pa.array(np.full(count, NOW - 10**10), pa.timestamp("ms", "UTC")),
                "e_tag": pa.array([f"{number:032x}" for number in range(count)]),
                "storage_class": pa.array(["STANDARD"] * count),
            }
        )
        write_manifest(root / "first", [write_data_file(root / "first" / "data" / "0.parquet", table)], NOW)
        cpu, memory = audit(root, "first", "1GB")
        print(f"{count:,} top-level prefixes   {cpu:7.2f} CPU s   {memory:,.0f} MB with --memory 1GB")


def assets(count: int) -> None:
    """A full audit of a folder of assets, and a second one with 1 % of them changed."""
    import aind_lint
    from aind_lint.examples.bases import base_tree

    tree = base_tree("raw-2x")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tree.write(root)
        template = root / tree.name
        for number in range(count):
            name = tree.name.replace("123456", str(200_000 + number))
            shutil.copytree(template, root / "bucket" / name)
            for path in (root / "bucket" / name).glob("*.json"):
                path.write_text(path.read_text("utf-8").replace("123456", str(200_000 + number)), "utf-8")
        compileall.compile_dir(Path(aind_lint.__file__).parent, quiet=1)  # as after an installation
        command = (
            sys.executable,
            "-m",
            "aind_lint",
            "audit",
            "./bucket",
            "--jobs",
            "1",
            "--format",
            "json=report.json",
        )
        first, memory = measure(*command, cwd=root)
        each = f"{first / count * 1e3:.1f} ms an asset"
        print(f"first audit, {count:,} assets   {first:7.2f} CPU s   {each}   {memory:,.0f} MB")
        for number in range(count // 100):
            path = root / "bucket" / tree.name.replace("123456", str(200_000 + number)) / "subject.json"
            path.write_text(path.read_text("utf-8") + "\n", "utf-8")
        second, _ = measure(*command, cwd=root)
        unchanged, _ = measure(*command, cwd=root)
        print(f"second audit, 1 % changed    {second:7.2f} CPU s   {second / first:.3f} x the first")
        print(f"third audit, nothing changed {unchanged:7.2f} CPU s")
        print(f"rules in the second audit: {(second - unchanged) / first:.3f} x the first audit")
        check = (sys.executable, "-m", "aind_lint", "check", "bucket", "--profile", "published", "--contents", "none")
        local, _ = measure(*check, "--no-cache", "--format", "json=check.json", cwd=root)
        print(f"check of the same assets     {local:7.2f} CPU s; first audit {first / local:.2f} x")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("keys", "facts", "prefixes", "assets"))
    parser.add_argument("--keys", type=lambda text: int(text.replace("_", "")), default=2_000_000)
    parser.add_argument("--assets", type=lambda text: int(text.replace("_", "")), default=2_000)
    given = parser.parse_args()
    if given.part in ("keys", "facts"):
        keys(given.keys, given.part == "facts")
    elif given.part == "prefixes":
        prefixes(given.keys)
    else:
        assets(given.assets)


if __name__ == "__main__":
    main()
