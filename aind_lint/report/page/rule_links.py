"""The pages of rules in the documentation."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aind_lint.system.package_data import rules_folder

_DOCUMENTATION = "https://github.com/AllenNeuralDynamics/aind-lint/blob/main/docs"


def rule_link(rule: str) -> str | None:
    """The address of a rule's page; None for a rule that does not come with aind-lint."""
    if rule.startswith("AUD"):
        return f"{_DOCUMENTATION}/audit.md"  # the rules of a whole bucket share a page
    return f"{_DOCUMENTATION}/rules/{rule}.md" if rule in _shipped() else None


@cache
def _shipped() -> frozenset[str]:
    """Ids of the rules of aind-lint: the beginnings of the names of their files, which need not be read."""
    return frozenset(file.name.split("-")[0] for file in Path(rules_folder()).glob("*/*.yaml"))
