"""Print what the archived schemas say of every sidecar in some folders: ``{file: valid or not, or null}``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aind_lint.schema.archive_validator import validate_sidecar
from aind_lint.sidecar.kinds import SIDECARS
from aind_lint.sidecar.reader import read_sidecar

verdicts: dict[str, bool | None] = {}
for folder in map(Path, sys.argv[1:]):
    for file in sorted(folder.rglob("*.json")):
        if file.name in SIDECARS:
            judged = validate_sidecar(read_sidecar(file.name, file.read_bytes()))
            verdicts[file.as_posix()] = None if judged is None else not judged.errors
json.dump(verdicts, sys.stdout)
