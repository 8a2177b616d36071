"""Results of audits for tests of their reports; ``python -m tests.report.audit_results`` writes a page to look at."""

from __future__ import annotations

import random
from pathlib import Path

from aind_lint.audit.model import (
    AssetState,
    AuditedAsset,
    AuditFinding,
    AuditNotChecked,
    AuditResult,
    HistoryRow,
    ObjectChange,
    UnfinishedAttempt,
)
from aind_lint.audit.run_facts import InputFacts, RunFacts

_RULES = [
    ("CON103", "subject-mismatch", "error"),
    ("SID104", "procedures-missing", "error"),
    ("SCH201", "schema-violation", "error"),
    ("LAY103", "unknown-folder", "warning"),
    ("KEY201", "junk-file", "warning"),
    ("CON301", "investigators-empty", "info"),
]
_MODALITIES = ["ecephys", "behavior", "pophys", "SPIM", "fib", "behavior-videos"]
_STATUSES = ["new", "open", "open", "open", "resolved"]


def empty_result() -> AuditResult:
    """The first audit of a bucket without assets."""
    return AuditResult("s3://example", InputFacts("inventory", created="2026-11-29T00:00:00Z", files=1))


def large_result(assets: int = 2000, findings: int = 5000, text: str = "", seed: int = 1) -> AuditResult:
    """An audit with everything in it; ``text`` is added to every value that can come from a bucket."""
    chance = random.Random(seed)
    names = [f"{chance.randrange(600000, 799999)}_20{20 + n % 6}-0{1 + n % 9}-12_05-06-07{text}" for n in range(assets)]
    states = [chance.choices(list(AssetState), [1, 1, 2, 8, 4, 6, 20, 150, 4, 4])[0] for _ in names]
    result = AuditResult(
        f"s3://aind-open-data{text}",
        InputFacts(
            "inventory",
            "s3://inventories/x/manifest.json",
            "Parquet",
            "2026-11-29T00:00:00Z",
            25.2,
            "2026-11-28T00:00:00Z",
            40,
            10_400_000,
            10_000_000,
            3_200_000_000_000_000,
        ),
        rules="full",
        run=RunFacts(
            "aind-lint 0.1.0", "2026-11-30T01:12:00Z", 312, 540, "local", 2, 15_300, 120_000_000, 0.01, 140, 1860
        ),
    )
    for name, state in sorted(zip(names, states, strict=True)):
        size = chance.randrange(10**8, 10**12)
        result.assets.append(
            AuditedAsset(
                name,
                state,
                chance.choice([state, state, AssetState.OK, None]),
                "" if state is AssetState.OK else f"subject_id differs in subject.json{text}",
                chance.choice(["raw", "derived"]),
                chance.choice(["0.x", "1.x", "2.x", "2.x", None]),
                chance.sample(_MODALITIES, chance.choice([1, 1, 2])),
                chance.choice([f"Brain Wide Map{text}", "MSMA", "Learning", None]),
                f"{name[7:14]}",
                chance.randrange(10, 9000),
                size,
                {"STANDARD": size // 3, "INTELLIGENT_TIERING": size - size // 3},
            )
        )
    result.states = {state.value: states.count(state) for state in AssetState if state in states}
    for number in range(findings):
        rule, rule_name, severity = chance.choices(_RULES, [3, 5, 9, 20, 8, 14])[0]
        result.findings.append(
            AuditFinding(
                chance.choice(names),
                rule,
                rule_name,
                severity,
                f"number {number}: the subject id is 123456{text}",  # type: ignore[arg-type]
                f"subject.json{text}",
                "/subject_id",
                4,
                f"654321{text}",
                "123456",
                "Users cannot tell which animal it is.",
                f"Replace subject.json{text}",
                chance.choice(_STATUSES),
                "2026-11-29T00:00:00Z",
                chance.choice([1, 1, 1, 7]),  # type: ignore[arg-type]
            )
        )
    for kind in ("lost", "changed", "added"):
        for category in ("damaged", "warning", "indexer", "unconfirmed"):
            old = None if kind == "added" else 1_200_000
            new = None if kind == "lost" else 1_200_004
            result.changes.append(
                ObjectChange(
                    names[0],
                    f"ecephys/recording{text}.dat",
                    kind,
                    category,
                    f"HEAD shows another checksum{text}",
                    old,
                    new,  # type: ignore[arg-type]
                    "d41d8cd98f00b204e9800998ecf8427e",
                    "9e107d9d372bb6826bd81d3542a419d6",
                    "2023-01-02T00:00:00Z",
                    "2026-11-28T21:00:00Z",
                    result.input.created,
                )
            )
    result.unfinished = [
        UnfinishedAttempt(
            names[3],
            "claim",
            ".aind-lint/claim-1.json",
            "2026-11-01T00:00:00Z",
            672.0,
            f"aind-lint abandon {names[3]} --in s3://aind-open-data",
        ),
        UnfinishedAttempt(
            names[4], "multipart", f"a{text}.dat", None, None, f"aws s3api abort-multipart-upload --key '{text}'"
        ),
    ]
    result.not_checked = [
        AuditNotChecked("FMT101", "rules that read data are sampled, and --sample is 0", 2000),
        AuditNotChecked("subject.json", f"403 InvalidObjectState{text}", 1, names[5]),
    ]
    for day in range(1, 29):
        counts = {state: number + chance.randrange(-3, 4) + 28 - day for state, number in result.states.items()}
        result.history.append(
            HistoryRow(f"2026-11-{day:02}T00:00:00Z", counts, 10_000_000, 10**15, day % 7, day % 5, 100)
        )
    result.packages = {"aind-data-schema": "2.9.2"}
    return result


if __name__ == "__main__":
    from aind_lint.report.audit import render_audit

    Path("audit.html").write_text(render_audit("html", large_result()), encoding="utf-8")
