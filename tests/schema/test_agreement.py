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

from aind_lint.engine.rule_runner import run_rules
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.finding import Severity
from tests.schema.verdicts import single_sidecar

RECORDS = os.environ.get("AIND_LINT_RECORDS")
pytestmark = pytest.mark.skipif(not RECORDS, reason="AIND_LINT_RECORDS names no folder of real records")


class Pair(NamedTuple):
    file: str
    upstream: str
    schema: list[str]
    models: list[str]

    @property
    def rejected(self) -> bool:
        return bool(self.schema or self.models)


@cache
def pairs() -> list[Pair]:
    root = Path(RECORDS or "")
    verdicts = json.loads((root / "verdicts.json").read_text(encoding="utf-8"))
    rules = [one for one in load_rules() if one.rule.family == "SCH"]
    found = []
    for file, said in verdicts.items():
        if said["upstream"] in ("accepts", "rejects"):
            asset = single_sidecar(file.rpartition("/")[2], (root / file).read_bytes())
            told: dict[str, list[str]] = {"SCH201": [], "SCH203": []}
            for one in run_rules(asset, rules, CheckContext(), "archive").findings:
                if one.severity is Severity.ERROR and one.rule in told:
                    told[one.rule].append(f"{one.location.pointer}: {one.message}")
            found.append(Pair(file, said["upstream"], told["SCH201"], told["SCH203"]))
    return found


def test_what_upstream_accepts_is_accepted():
    accepted = [pair for pair in pairs() if pair.upstream == "accepts"]
    alarms = [pair for pair in accepted if pair.rejected]
    print(f"\naccepted upstream: {len(accepted)}, of these rejected here: {len(alarms)}")
    for pair in alarms:
        print(pair.file, *pair.schema[:3], *(f"[models] {text}" for text in pair.models[:3]), sep="\n    ")
    assert alarms == []


def test_what_upstream_rejects_is_rejected():
    rejected = [pair for pair in pairs() if pair.upstream == "rejects"]
    missed = [pair.file for pair in rejected if not pair.rejected]
    share = 1 - len(missed) / len(rejected)
    by_schema = sum(bool(pair.schema) for pair in rejected)
    print(f"\nrejected upstream: {len(rejected)}, here: {share:.1%} ({by_schema} by the exact schema alone)")
    print(*missed, sep="\n")
    assert share >= 0.97


def test_every_explanation_is_one_short_line():
    for pair in pairs():
        for text in (*pair.schema, *pair.models):
            _, _, message = text.partition(": ")
            assert "\n" not in text and len(message) <= 240
