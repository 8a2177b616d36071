"""Rules of extend-rules are run before publishing, and their errors block it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aind_lint import RefusedError, publish
from tests.engine.sample_rules import rule_content, write_rule
from tests.publication.conftest import Destination

pytestmark = pytest.mark.slow  # whole publications, or many generated assets


def configure(asset: Path, severity: str, more: str = "") -> None:
    rules = asset.parent / "my-rules"
    rules.mkdir()
    write_rule(rules, rule_content("LAB101", "left-over", severity=severity))
    text = f'extend-rules = ["my-rules"]\n{more}'
    (asset.parent / "aind-lint.toml").write_text(text, encoding="utf-8")
    (asset / "x.left.md").write_text("left over", encoding="utf-8")


SUPPRESSED = '[[suppressions]]\nrule = "LAB101"\nreason = "we want it"\n'


@pytest.mark.parametrize("more", ["", SUPPRESSED, 'ignore = ["LAB101"]\n'], ids=["plain", "suppressed", "ignored"])
def test_an_error_of_an_own_rule_blocks_publishing(asset: Path, directory: Destination, more: str) -> None:
    configure(asset, "error", more)
    with pytest.raises(RefusedError) as caught:
        publish(asset, directory.address)
    assert [finding.rule for finding in caught.value.report.findings if finding.severity == "error"] == ["LAB101"]


def test_a_warning_of_an_own_rule_is_in_the_receipt(asset: Path, directory: Destination) -> None:
    configure(asset, "warning")
    receipt = publish(asset, directory.address)
    assert [warning for warning in receipt.warnings if warning.startswith("LAB101 ")]
