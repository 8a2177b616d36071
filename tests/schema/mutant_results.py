"""Checking mutants: broken sidecars, validated by models, schema and rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.examples.tree import Tree
from aind_lint.finding import Finding, Severity
from aind_lint.schema.json_schema.sidecar_validator import validate_version
from aind_lint.schema.models.installed_models import _model, _quiet, _with_offsets
from aind_lint.text.json_position import join_pointer
from tests.schema.mutation import Mutant, mutants

ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class MutantResult:
    """The results for one mutant.

    Attributes:
        mutant: The broken sidecar.
        upstream_rejects: Whether the installed model rejects it.
        by_schema: Whether the archived schema of its version rejects it.
        findings: The findings of `check`, in the order in which it shows them.
    """

    mutant: Mutant
    model_rejects: bool
    schema_rejects: bool
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> bool:
        """Whether an error is reported."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def first_error_is_at_fault(self) -> bool:
        """Whether the first error is at the broken value, or names its field."""
        first = next(finding for finding in self.findings if finding.severity is Severity.ERROR)
        pointer = join_pointer(self.mutant.path)
        return f"{first.location.pointer}/".startswith(f"{pointer}/") or f"'{self.mutant.field}" in first.message

    def __str__(self) -> str:
        lines = [f"{finding.rule} {finding.location.pointer}: {finding.message}" for finding in self.findings[:3]]
        return f"{self.mutant.mutation} at {join_pointer(self.mutant.path)}: {lines}"


def check_mutants(kind: str, data: Any, limit: int, seed: int = 1) -> Iterator[MutantResult]:
    """Check up to ``limit`` mutants of every mutation of one valid sidecar."""
    for mutant in mutants(data, seed, limit):
        cls = "".join(word.capitalize() for word in kind.split("_"))
        schema_rejects = bool(validate_version(cls, data["schema_version"], mutant.data).errors)
        yield MutantResult(mutant, _model_rejects(cls, mutant.data), schema_rejects, tuple(findings(kind, mutant.data)))


def findings(kind: str, data: Any) -> list[Finding]:
    """The findings of `check` for a sidecar outside any asset."""
    asset = single_sidecar(f"{kind}.json", json.dumps(data, indent=3, ensure_ascii=False).encode())
    return RuleRunner(_rules()).run(asset, CheckContext(), "candidate").findings


def single_sidecar(file: str, content: bytes) -> Asset:
    """A sidecar outside any asset."""
    return Asset(Tree(file, {file: content}).listing(), sidecar_only=True)


@cache
def _rules() -> list[LoadedRule]:
    return load_rules()


def _model_rejects(cls: str, data: Any) -> bool:
    model = _model("2.x", cls)
    with _quiet():
        try:
            model.model_validate(_with_offsets(data, ZONE))
        except Exception:  # some of its validators raise other exceptions
            return True
    return False
