from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep receipts and caches of this account out of the tests."""
    monkeypatch.setenv("AIND_LINT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AIND_LINT_CACHE_DIR", str(tmp_path / "cache"))
