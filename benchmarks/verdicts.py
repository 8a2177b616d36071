"""How quickly sidecars get their verdict, against the models alone and against aind-metadata-validator, in CPU seconds.

Usage: ``python benchmarks/verdicts.py [--validator PYTHON] [--records FOLDER] [--assets N] [--pairs N]``. PYTHON is the
interpreter of an environment in which aind-metadata-validator is installed; without one the comparison with it is left
out. The warm runs take copies of the project's example, whose files are small, or of the assets in FOLDER, in turn.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from paired_timing import AIND_LINT, cpu_seconds

from aind_lint.examples.bases import base_tree

#: What a program does that only wants to know whether the files are valid.
_MODELS = """
import json, sys
from pathlib import Path
import aind_data_schema.core.metadata
from aind_data_schema.core import (
    acquisition, data_description, instrument, procedures, processing, quality_control, subject
)
for file in Path(sys.argv[1]).glob("*.json"):
    module = getattr(aind_data_schema.core, file.stem)
    cls = getattr(module, "".join(word.capitalize() for word in file.stem.split("_")))
    cls.model_validate_json(file.read_bytes())
"""

#: One asset first, so that imports and the building of validators are paid for; then all, timed.
_OURS = """
import sys, time
from pathlib import Path
from aind_lint import check
folders = sorted(Path(sys.argv[1]).iterdir())
options = {"fast": True} if "--fast" in sys.argv else {}
check(folders[:1], **options)
start = time.process_time()
report = check([sys.argv[1]], **options)
assert len(report.assets) == len(folders) and report.exit_code() < 2, report
print(time.process_time() - start)
"""

_VALIDATOR = """
import json, logging, sys, time
from pathlib import Path
from aind_metadata_validator.metadata_validator import validate_metadata
logging.disable(logging.CRITICAL)
def validate(folder):
    files = {file.stem: json.loads(file.read_bytes()) for file in folder.glob("*.json")}
    record = {"_id": folder.name, "name": folder.name, "location": "s3://bucket", "_last_modified": ""}
    validate_metadata({**record, **files})
folders = sorted(Path(sys.argv[1]).iterdir())
validate(folders[0])
start = time.process_time()
for folder in folders:
    validate(folder)
print(time.process_time() - start)
"""


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(prog="verdicts", description=__doc__)
    parser.add_argument("--validator", help="interpreter with aind-metadata-validator")
    parser.add_argument("--records", type=Path, help="a folder that holds assets, at any depth")
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _cold(numbered_asset(0).write(folder), options.pairs)
        (folder / "many").mkdir()
        records = sorted({file.parent for file in options.records.rglob("subject.json")}) if options.records else []
        for number in range(options.assets):
            if records:
                shutil.copytree(record := records[number % len(records)], folder / "many" / f"{record.name}-{number}")
            else:
                numbered_asset(number).write(folder / "many")
        _warm(folder / "many", options.validator)


def _cold(asset: Path, pairs: int) -> None:
    models = [sys.executable, "-c", _MODELS, str(asset)]
    for label, extra in (("check --fast", ["--fast"]), ("check", [])):
        command = [AIND_LINT, "check", *extra, "--no-cache", str(asset)]
        cpu_seconds(command), cpu_seconds(models)
        timed = [(cpu_seconds(command), cpu_seconds(models)) for _ in range(pairs)]
        ratio = statistics.median(ours / peer for ours, peer in timed)
        print(f"cold, {label:<13} {ratio:.2f} x a program that validates the seven files with the models")


def _warm(folder: Path, validator: str | None) -> None:
    fast, full = (_printed(sys.executable, _OURS, str(folder), *extra) for extra in (["--fast"], []))
    count = len(list(folder.iterdir()))
    print(f"warm, {count} assets: check --fast {fast:.2f} s, check {full:.2f} s")
    if validator:
        peer = _printed(validator, _VALIDATOR, str(folder))
        print(
            f"warm: aind-metadata-validator {peer:.2f} s: {peer / fast:.1f} x check --fast, {peer / full:.1f} x check"
        )


def _printed(python: str, code: str, *arguments: str) -> float:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    done = subprocess.run([python, "-c", code, *arguments], **pipes, check=True)
    return float(done.stdout)


def numbered_asset(number: int):
    """The example, with all of its seven sidecars, as an asset of another subject."""
    tree, subject = base_tree("raw-2x"), str(100_000 + number)
    control = resources.files("aind_lint.examples").joinpath("sidecars/2.x/raw/quality_control.json").read_bytes()
    files = tree.files | {"quality_control.json": control}
    tree.files = {
        key: content.replace(b"123456", subject.encode()) if isinstance(content, bytes) else content
        for key, content in files.items()
    }
    tree.name = tree.name.replace("123456", subject)
    return tree


if __name__ == "__main__":
    main()
