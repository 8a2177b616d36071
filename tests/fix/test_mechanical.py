"""Every kind of mechanical fault: fix, check, data untouched, undo."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.app.fix import FixOptions
from aind_lint.finding import AssetReport
from tests.fix.faults import fix_of, plant, read_faults

FAULTS = read_faults("mechanical")
#: Parts of the names of junk.
_JUNK = (".DS_Store", "._", "thumbs.db", "desktop.ini", ".~lock", "~$", ".swp", ".ipynb", ".pyc")


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault['rule']} {fault['name']}" for fault in FAULTS])
def test_a_mechanical_fault_is_fixed_and_the_fix_is_undone(fault: dict[str, Any], tmp_path: Path) -> None:
    parent = tmp_path / "rig"
    try:
        tree = plant(fault)
        if os.name == "nt" and ":" in tree.name:
            pytest.skip("Windows has no colons in names, only Wine has")
        asset = tree.write(parent)
    except OSError as error:
        pytest.skip(f"this file system cannot hold the fault: {error}")
    before, data = contents(asset), data_of(asset)
    report = _check(asset)
    first = fault.get("first", fault["rule"])
    found = [finding for finding in report.all_findings if finding.rule == first]
    assert found
    assert all(finding.fixable for finding in found) or "encoding" in fault

    options = FixOptions(encoding=fault.get("encoding"))
    one = fix_of(asset, options)
    planned = one.plan()
    fixed = one.apply(planned)

    assert not [finding.message for finding in _check(fixed).all_findings if finding.rule == fault["rule"]]
    assert not [finding.message for finding in _check(fixed).all_findings if finding.fixable]
    assert data_of(fixed) == data
    again = fix_of(fixed, options)
    assert again.plan().is_empty
    assert again.latest is not None
    assert again.undo(again.latest) == asset
    assert contents(asset) == before


def _check(asset: Path) -> AssetReport:
    (report,) = check([asset], fast=True, contents="none", cache=False).assets
    assert not report.crashes
    return report


def contents(asset: Path) -> dict[str, bytes]:
    """The bytes of every file."""
    return {path.relative_to(asset).as_posix(): path.read_bytes() for path in asset.rglob("*") if path.is_file()}


def data_of(asset: Path) -> list[str]:
    """The checksums of the data files, whatever folder they are in."""
    found = [path for path in asset.rglob("*") if path.is_file() and path.parent != asset]
    data = [path for path in found if not any(word in path.name.casefold() for word in map(str.casefold, _JUNK))]
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in data)
