"""Random changes to the bytes and the values of valid sidecars, checked by every rule.

A pass of the schema rules is compared with Python's jsonschema, which shares no code with the validator of the rules.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import jsonschema

from aind_lint.asset.asset import Asset
from aind_lint.engine.rule_runner import RuleRunner, choose_profile
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.examples.bases import base_tree
from aind_lint.finding import AssetReport, Severity
from aind_lint.schema.released_schemas import candidate_classes, load_schema
from aind_lint.schema.versions import declaration

#: Valid assets of every generation.
BASES = (
    *("founding-raw-0x", "founding-derived-0x", "founding-raw-1x", "founding-derived-1x"),
    *("raw-1x", "raw-2x", "derived-2x"),
)

#: Values that replace any value.
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 1e308, "", " ", "\x00", "\ud800", "NaN", "[]", "{}", [], {}, [[]], {"": None}),
    *("9999-99-99", "2022-12-12T05:06:07", "../../etc/passwd", "a" * 5000, "\u202e", "0.0.0", ["a"] * 300),
    *({"object_type": "Subject"}, {"abbreviation": {}}, "s3://b/k", 10**400, -0.0),
)
#: The rule that validates a sidecar by its schema.
_SCHEMA_RULE = "SCH201"
_ODD_BYTES = (
    b"\x00",
    b"\xff",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\xef\xbb\xbf",
    b"\n",
    b"1e999",
    b"NaN",
)


@dataclass
class FuzzResult:
    """What fuzzed sidecars led to.

    Attributes:
        number: How many there were.
        outcomes: How many were reported by at least one error, passed, or could not be checked.
        crashes: Rules that raised, with the exception.
        false_passes: Sidecars that no schema rule reports, although jsonschema refuses them.
        slowest: CPU seconds of the slowest check, and what it was.
    """

    number: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    false_passes: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def fuzz(number: int, seed: int) -> FuzzResult:
    """Check so many fuzzed sidecars, each inside its asset, by every rule but those of the models."""
    chance = random.Random(seed)
    rules = load_rules([])
    result = FuzzResult()
    for base, key, raw, how in _sidecars(number, chance):
        tree = base_tree(base)
        asset = Asset(replace(tree, files={**tree.files, key: raw}).listing())
        what = f"{base} {key} {how} {raw[:200]!r}"
        began = time.process_time()
        try:
            report = _check(asset, rules)
        except Exception as error:
            result.crashes[f"{type(error).__name__}: {error} in {what}"] += 1
            continue
        result.slowest = max(result.slowest, (time.process_time() - began, what))
        result.number += 1
        for crash in report.crashes:
            result.crashes[f"{crash.rule} {crash.error} in {what}"] += 1
        outcome = _outcome(report, key)
        result.outcomes[outcome] += 1
        if outcome == "passed" and not _jsonschema_accepts(asset, key):
            result.false_passes.append(what)
    return result


def _check(asset: Asset, rules: list[LoadedRule]) -> AssetReport:
    return RuleRunner(rules).run(asset, CheckContext(fast=True), choose_profile(asset))


def _outcome(report: AssetReport, key: str) -> str:
    """Whether the sidecar itself passed the rules about reading and schema."""
    families = ("SID", "SCH")
    if any(
        finding.rule.startswith(families) and finding.location.file == key and finding.severity is not Severity.INFO
        for finding in report.findings
    ):
        return "reported"
    unchecked = {item.rule for item in report.skipped} | {
        item.rule for item in report.not_checked if item.file in (key, None)
    }
    return "not checked" if _SCHEMA_RULE in unchecked else "passed"


@cache
def _validator(cls: str, version: str) -> Any:
    schema: Any = load_schema(cls, version)
    return jsonschema.validators.validator_for(schema)(schema)


def _jsonschema_accepts(asset: Asset, key: str) -> bool:
    sidecar = asset.sidecar(key)
    assert sidecar is not None
    if sidecar.data is None:
        return False
    declared = declaration(sidecar)
    if declared.version is None:
        return False
    # Up to package 1.4.0 a file may also satisfy a subclass.
    classes = candidate_classes(declared.cls, declared.version)
    return any(_validator(cls, declared.version).is_valid(sidecar.data) for cls in classes)


def _sidecars(number: int, chance: random.Random) -> Iterator[tuple[str, str, bytes, str]]:
    originals = [
        (base, key, content)
        for base in BASES
        for key, content in base_tree(base).files.items()
        if isinstance(content, bytes) and key.endswith(".json") and "/" not in key
    ]
    for _ in range(number):
        base, key, content = chance.choice(originals)
        how = chance.choice(("bytes", "value", "value", "member", "member", "moved"))
        yield base, key, _change(content, how, chance, originals), how


def _change(content: bytes, how: str, chance: random.Random, originals: list[tuple[str, str, bytes]]) -> bytes:
    if how == "bytes":
        for _ in range(chance.randint(1, 4)):
            at, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
            end = min(end, at + chance.choice((0, 1, 1, 5, 100, 10_000)))
            content = content[:at] + chance.choice(_ODD_BYTES) * chance.choice((1, 1, 1, 500)) + content[end:]
        return content
    data = json.loads(content)
    for _ in range(chance.choice((1, 1, 2, 5))):
        parent, key = _place(data, chance)
        if how == "value":
            parent[key] = copy.deepcopy(chance.choice(_ODD_VALUES))
        elif how == "member":
            if chance.random() < 0.5 and parent:
                del parent[key]
            elif isinstance(parent, dict):
                parent[str(chance.choice(("x", "", "a.b", "$ref", "__proto__", "object_type", "schema_version")))] = (
                    copy.deepcopy(chance.choice(_ODD_VALUES))
                )
            else:
                parent.append(copy.deepcopy(chance.choice(_ODD_VALUES)))
        else:  # a part of another sidecar
            other = json.loads(chance.choice(originals)[2])
            source, name = _place(other, chance)
            parent[key] = source[name]
        if not data:
            break
    return json.dumps(data, indent=chance.choice((None, 3)), ensure_ascii=chance.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def _place(data: Any, chance: random.Random) -> tuple[Any, Any]:
    """A random container in the data, at any depth, and a key or index in it."""
    parent = data
    while True:
        keys = list(parent) if isinstance(parent, dict) else range(len(parent))
        key = chance.choice(list(keys))
        child = parent[key]
        if not (isinstance(child, dict | list) and child) or chance.random() < 0.3:
            return parent, key
        parent = child
