"""Valid assets of every modality and generation bring no finding at all."""

from __future__ import annotations

from itertools import count, islice
from pathlib import Path

import pytest

from tests.generator.check_assets import can_be_uploaded, check_drawn, check_upload, check_uploads, publish_drawn

# Of the installed models, about their own fields.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*[Dd]eprecated.*:DeprecationWarning"),
]


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 60))])
def test_a_valid_asset_has_no_finding(seed: int, tmp_path: Path) -> None:
    for report in check_drawn(seed, tmp_path):
        said = [f"{finding.rule} {finding.location.file}: {finding.message}" for finding in report.findings]
        assert not said, (report.name, report.profile)
        assert not report.crashes and not report.skipped, report.name
        # Recorded elsewhere, there is no instrument to compare with; not every acquisition states the size of a voxel.
        assert {item.rule for item in report.not_checked} <= {"CON404", "FMT220"}, (report.name, report.not_checked)


@pytest.mark.parametrize("number", range(16))
def test_a_valid_upload_has_no_finding(number: int, tmp_path: Path) -> None:
    seed = next(islice(filter(can_be_uploaded, count()), number, None))
    report = check_upload(seed, tmp_path)
    assert not report.findings and not report.crashes and not report.not_checked, report


@pytest.mark.parametrize("number", range(8))
def test_a_valid_manifest_or_job_has_no_finding(number: int, tmp_path: Path) -> None:
    seed = next(islice(filter(can_be_uploaded, count(7)), number, None))
    for file, report in check_uploads(seed, tmp_path):
        assert not report.findings and not report.crashes, (file, report)


@pytest.mark.parametrize("seed", range(12))
def test_a_valid_asset_can_be_published_without_a_finding(seed: int, tmp_path: Path) -> None:
    for published in publish_drawn(seed, tmp_path):
        assert published.profile == "published"
        assert not published.findings and not published.crashes, published
