"""Agreement with upstream: what each file's own release said of it, and what is said here.

``AIND_LINT_RECORDS`` names the folder that holds ``verdicts.json``. Run with ``-s`` to read the figures and the files
on which the two differ.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from aind_lint.asset.sidecar import read_sidecar
from aind_lint.schema.exact import verdict
from aind_lint.schema.models import MODEL_GENERATION, violations
from aind_lint.schema.versions import declaration

RECORDS = os.environ.get("AIND_LINT_RECORDS")
pytestmark = pytest.mark.skipif(not RECORDS, reason="AIND_LINT_RECORDS names no folder of real records")


class Pair(NamedTuple):
    file: str
    upstream: str
    exact: list[str]
    models: list[str]

    @property
    def rejected(self) -> bool:
        return bool(self.exact or self.models)


@cache
def pairs() -> list[Pair]:
    root = Path(RECORDS or "")
    verdicts = json.loads((root / "verdicts.json").read_text(encoding="utf-8"))
    found = []
    for file, said in verdicts.items():
        if said["upstream"] not in ("accepts", "rejects"):
            continue
        sidecar = read_sidecar(file.rpartition("/")[2], (root / file).read_bytes())
        declared = declaration(sidecar)
        assert sidecar.data is not None and declared.version is not None
        exact = [f"{v.pointer}: {v.message}" for v in verdict(declared.cls, declared.version, sidecar.data).errors]
        of_models = declared.generation == MODEL_GENERATION
        found_by_models = violations(declared.cls, sidecar.data, "America/Los_Angeles") if of_models else []
        models = [f"{v.pointer}: {v.message}" for v in found_by_models]
        found.append(Pair(file, said["upstream"], exact, models))
    return found


def test_what_upstream_accepts_is_accepted():
    accepted = [pair for pair in pairs() if pair.upstream == "accepts"]
    alarms = [pair for pair in accepted if pair.rejected]
    print(f"\naccepted upstream: {len(accepted)}, of these rejected here: {len(alarms)}")
    for pair in alarms:
        print(pair.file, *pair.exact[:3], *(f"[models] {text}" for text in pair.models[:3]), sep="\n    ")
    assert alarms == []


def test_what_upstream_rejects_is_rejected():
    rejected = [pair for pair in pairs() if pair.upstream == "rejects"]
    missed = [pair.file for pair in rejected if not pair.rejected]
    share = 1 - len(missed) / len(rejected)
    by_schema = sum(bool(pair.exact) for pair in rejected)
    print(f"\nrejected upstream: {len(rejected)}, here: {share:.1%} ({by_schema} by the exact schema alone)")
    print(*missed, sep="\n")
    assert share >= 0.97


def test_every_explanation_is_one_short_line():
    for pair in pairs():
        for text in (*pair.exact, *pair.models):
            _, _, message = text.partition(": ")
            assert "\n" not in text and len(message) <= 240
