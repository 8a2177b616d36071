"""How many broken files are noticed, and whether the first line that is reported names what was broken.

Usage: ``python -m benchmarks.mutants [FOLDER] [--each N]``, from the root of the project. FOLDER holds valid sidecars
of the installed aind-data-schema, at any depth, each with the kind in its name; without one the project's own examples
are broken. The programs in ``examples/`` of aind-data-schema's source write such files.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from aind_lint.examples.bases import base_tree
from tests.schema.mutant_results import MutantResult, check_mutants

KINDS = (
    "data_description",
    "subject",
    "procedures",
    "processing",
    "acquisition",
    "instrument",
    "quality_control",
    "model",
)


def main() -> None:
    """Print a line for each mutation, and the totals."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--each", type=int, default=8, help="mutants of each mutation in each file (default: 8)")
    parser.add_argument("--show", action="store_true", help="print what was missed")
    options = parser.parse_args()
    files = _files(options.folder) if options.folder else _own()
    results = [one for kind, data in files for one in check_mutants(kind, data, options.each)]
    print(f"{len(files)} files, {len(results)} mutants")
    print(f"{'':<30} mutants  models reject  rejected here  by schema alone  first line names it")
    for mutation in dict.fromkeys(one.mutant.mutation for one in results):
        _print(mutation, [one for one in results if one.mutant.mutation == mutation])
    _print("all", results)
    if options.show:
        for one in results:
            if one.model_rejects and not one.rejected:
                print("MISSED", one)
            elif one.rejected and not one.first_error_is_at_fault:
                print("OTHER PLACE", one)


def _print(label: str, results: list[MutantResult]) -> None:
    invalid = [one for one in results if one.model_rejects]
    rejected = [one for one in results if one.rejected]
    counts = Counter(here=sum(one.rejected for one in invalid), schema=sum(one.schema_rejects for one in invalid))
    named = sum(one.first_error_is_at_fault for one in rejected)
    print(
        f"{label:<30} {len(results):>7} {len(invalid):>14} {_share(counts['here'], len(invalid)):>14} "
        f"{_share(counts['schema'], len(invalid)):>16} {_share(named, len(rejected)):>20}"
    )


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {part / whole:.1%}" if whole else "-"


def _own() -> list[tuple[str, Any]]:
    trees = [base_tree(base) for base in ("raw-2x", "derived-2x")]
    files = [(key, content) for tree in trees for key, content in tree.files.items() if key.endswith(".json")]
    return [(key.removesuffix(".json"), json.loads(bytes(content))) for key, content in files if "/" not in key]


def _files(folder: Path) -> list[tuple[str, Any]]:
    found = []
    for file in sorted(folder.rglob("*.json")):
        kind = next((kind for kind in KINDS if kind in file.stem), None)
        if kind:
            found.append((kind, json.loads(file.read_text(encoding="utf-8"))))
    return found


if __name__ == "__main__":
    main()
