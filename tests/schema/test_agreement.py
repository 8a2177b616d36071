"""Agreement with upstream: the result of each file's own release, and the result here.

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

from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.finding import Severity
from tests.schema.mutant_results import single_sidecar

RECORDS = os.environ.get("AIND_LINT_RECORDS")
pytestmark = pytest.mark.skipif(not RECORDS, reason="AIND_LINT_RECORDS does not name a folder of real records")


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
    for file, verdict in verdicts.items():
        if verdict["upstream"] in ("accepts", "rejects"):
            asset = single_sidecar(file.rpartition("/")[2], (root / file).read_bytes())
            messages: dict[str, list[str]] = {"SCH201": [], "SCH203": []}
            for one in RuleRunner(rules).run(asset, CheckContext(), "archive").findings:
                if one.severity is Severity.ERROR and one.rule in messages:
                    messages[one.rule].append(f"{one.location.pointer}: {one.message}")
            found.append(Pair(file, verdict["upstream"], messages["SCH201"], messages["SCH203"]))
    return found


def test_what_upstream_accepts_is_accepted():
    accepted = [pair for pair in pairs() if pair.upstream == "accepts"]
    false_alarms = [pair for pair in accepted if pair.rejected]
    print(f"\naccepted upstream: {len(accepted)}, of these rejected here: {len(false_alarms)}")
    for pair in false_alarms:
        print(pair.file, *pair.schema[:3], *(f"[models] {text}" for text in pair.models[:3]), sep="\n    ")
    assert false_alarms == []


def test_what_upstream_rejects_is_rejected():
    rejected = [pair for pair in pairs() if pair.upstream == "rejects"]
    missed = [pair.file for pair in rejected if not pair.rejected]
    share = 1 - len(missed) / len(rejected)
    schema_rejects = sum(bool(pair.schema) for pair in rejected)
    print(f"\nrejected upstream: {len(rejected)}, here: {share:.1%} ({schema_rejects} by the exact schema alone)")
    print(*missed, sep="\n")
    assert share >= 0.97


def test_every_explanation_is_one_short_line():
    for pair in pairs():
        for text in (*pair.schema, *pair.models):
            _, _, message = text.partition(": ")
            assert "\n" not in text and len(message) <= 240
