"""Real metadata: no crash, a place and a fix for every finding, and no error on what its own release accepts.

``AIND_LINT_RECORDS`` names a folder of records, ``<record>/<asset name>/<kind>.json``, with ``verdicts.json`` beside
them: whether the release with its version accepts each file.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest

from aind_lint.app.checking.check import check
from aind_lint.finding import Report
from aind_lint.sidecar.kinds import SIDECARS

RECORDS = os.environ.get("AIND_LINT_RECORDS")
pytestmark = pytest.mark.skipif(not RECORDS, reason="AIND_LINT_RECORDS does not name a folder of real records")


@cache
def report() -> Report:
    return check([RECORDS or ""])


def findings():
    return [(asset, finding) for asset in report().assets for finding in asset.findings]


def test_every_record_is_checked():
    verdicts = json.loads((Path(RECORDS or "") / "verdicts.json").read_text(encoding="utf-8"))
    assert len(report().assets) == len({file.split("/")[0] for file in verdicts})
    assert all(asset.rules_run for asset in report().assets)


def test_no_rule_crashes():
    assert [crash for asset in report().assets for crash in asset.crashes] == []


def test_every_finding_has_why_and_fix_in_one_line():
    for _, finding in findings():
        assert finding.fix and finding.why
        assert "\n" not in finding.message + finding.fix
        assert len(finding.message) <= 300


def test_every_finding_in_a_sidecar_has_a_place_that_is_shown():
    for asset, finding in findings():
        place = finding.location
        if place.file in SIDECARS and (Path(asset.path) / place.file).exists():
            assert place.line and place.column, finding
            assert place.pointer is None or place.excerpt, finding


def test_no_file_that_its_own_release_accepts_has_a_schema_error():
    verdicts = json.loads((Path(RECORDS or "") / "verdicts.json").read_text(encoding="utf-8"))
    accepted = {file for file, verdict in verdicts.items() if verdict["upstream"] == "accepts"}
    rejected = {
        f"{Path(asset.path).relative_to(RECORDS or '').as_posix()}/{finding.location.file}"
        for asset, finding in findings()
        if finding.rule == "SCH201" and finding.severity == "error"
    }
    assert rejected & accepted == set()
