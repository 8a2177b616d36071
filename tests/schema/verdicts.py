"""What the models and the rules say of broken sidecars."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import run_rules
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import BoundRule, load_rules
from aind_lint.examples.tree import Tree
from aind_lint.finding import Finding, Severity
from aind_lint.schema.archive_validator import validate_version
from aind_lint.schema.models import _model, _quiet, _with_zone
from aind_lint.text.json_position import join_pointer
from tests.schema.mutation import Mutant, mutants

ZONE = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class Judgement:
    """A mutant, and what was said of it.

    Attributes:
        mutant: The broken file.
        upstream_rejects: Whether the installed model refuses it.
        by_schema: Whether the archived schema of its version does.
        findings: What `check` reports of the file, in the order in which it is shown.
    """

    mutant: Mutant
    upstream_rejects: bool
    by_schema: bool
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> bool:
        """Whether an error is reported."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def first_names_it(self) -> bool:
        """Whether the first error is about the place that was broken, or names its field."""
        first = next(finding for finding in self.findings if finding.severity is Severity.ERROR)
        pointer = join_pointer(self.mutant.path)
        return f"{first.location.pointer}/".startswith(f"{pointer}/") or f"'{self.mutant.field}" in first.message

    def __str__(self) -> str:
        said = [f"{finding.rule} {finding.location.pointer}: {finding.message}" for finding in self.findings[:3]]
        return f"{self.mutant.way} at {join_pointer(self.mutant.path)}: {said}"


def judge_mutants(kind: str, data: Any, each: int, seed: int = 1) -> Iterator[Judgement]:
    """Judge up to ``each`` mutants of every way of one valid sidecar."""
    for mutant in mutants(data, seed, each):
        cls = "".join(word.capitalize() for word in kind.split("_"))
        by_schema = bool(validate_version(cls, data["schema_version"], mutant.data).errors)
        yield Judgement(mutant, _refused(cls, mutant.data), by_schema, tuple(findings(kind, mutant.data)))


def findings(kind: str, data: Any) -> list[Finding]:
    """What `check` says of a sidecar that lies by itself."""
    asset = single_sidecar(f"{kind}.json", json.dumps(data, indent=3, ensure_ascii=False).encode())
    return run_rules(asset, _rules(), CheckContext(), "candidate").findings


def single_sidecar(file: str, content: bytes) -> Asset:
    """A sidecar outside any asset."""
    return Asset(Tree(file, {file: content}).listing(), sidecar_only=True)


@cache
def _rules() -> list[BoundRule]:
    return load_rules()


def _refused(cls: str, data: Any) -> bool:
    model = _model("2.x", cls)
    with _quiet():
        try:
            model.model_validate(_with_zone(data, ZONE))
        except Exception:  # some of its validators fail in ways of their own
            return True
    return False
