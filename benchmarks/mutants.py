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
from tests.schema.verdicts import Judgement, judge_mutants

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
    """Print a line for each way of breaking a file, and the sums."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--each", type=int, default=8, help="mutants of each way in each file (default: 8)")
    parser.add_argument("--show", action="store_true", help="print what was missed")
    options = parser.parse_args()
    files = _files(options.folder) if options.folder else _own()
    judgements = [one for kind, data in files for one in judge_mutants(kind, data, options.each)]
    print(f"{len(files)} files, {len(judgements)} mutants")
    print(f"{'':<30} mutants  models reject  rejected here  by schema alone  first line names it")
    for way in dict.fromkeys(one.mutant.way for one in judgements):
        _print(way, [one for one in judgements if one.mutant.way == way])
    _print("all", judgements)
    if options.show:
        for one in judgements:
            if one.upstream_rejects and not one.rejected:
                print("MISSED", one)
            elif one.rejected and not one.first_names_it:
                print("OTHER PLACE", one)


def _print(label: str, judged: list[Judgement]) -> None:
    refused = [one for one in judged if one.upstream_rejects]
    told = [one for one in judged if one.rejected]
    counts = Counter(here=sum(one.rejected for one in refused), schema=sum(one.by_schema for one in refused))
    named = sum(one.first_names_it for one in told)
    print(
        f"{label:<30} {len(judged):>7} {len(refused):>14} {_share(counts['here'], len(refused)):>14} "
        f"{_share(counts['schema'], len(refused)):>16} {_share(named, len(told)):>20}"
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
