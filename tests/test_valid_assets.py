"""Valid assets of every modality and era bring no finding at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generator.trial import check_drawn


@pytest.mark.parametrize("seed", range(60))
def test_a_valid_asset_brings_no_finding(seed: int, tmp_path: Path) -> None:
    for report in check_drawn(seed, tmp_path):
        said = [f"{finding.rule} {finding.location.file}: {finding.message}" for finding in report.findings]
        assert not said, (report.name, report.profile)
        assert not report.crashes and not report.not_checked and not report.skipped, (report.name, report.not_checked)
