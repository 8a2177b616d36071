"""Validate every sidecar in folders by the archive, and print ``{file: true, false or null}``.

null means that the version of the file is not in the archive.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aind_lint.schema.json_schema.sidecar_validator import validate_sidecar
from aind_lint.sidecar.kinds import SIDECARS
from aind_lint.sidecar.reader import read_sidecar

results: dict[str, bool | None] = {}
for folder in map(Path, sys.argv[1:]):
    for file in sorted(folder.rglob("*.json")):
        if file.name in SIDECARS:
            result = validate_sidecar(read_sidecar(file.name, file.read_bytes()))
            results[file.as_posix()] = None if result is None else not result.errors
json.dump(results, sys.stdout)
