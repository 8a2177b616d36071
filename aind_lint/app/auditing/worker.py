"""What a worker does, in whatever process: it receives a unit of work as JSON, and returns verdicts as JSON."""

from __future__ import annotations

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

from aind_lint._version import __version__
from aind_lint.app.auditing.asset_judge import AssetJudge
from aind_lint.app.auditing.judging import JudgeParameters, tasks_from_json, verdicts_to_json
from aind_lint.engine.environment import package_versions
from aind_lint.engine.rules.rule_catalog import rule_files
from aind_lint.errors import AindLintError
from aind_lint.system.package_data import read_rules_file

#: Parts of an environment that are not versions.
DIGESTS = ("hash() of duckdb", "rules")


def judge_unit(parameters: str, unit: str, environment: str = "") -> str:
    """The verdicts of one unit of work.

    Args:
        parameters: `JudgeParameters` as JSON.
        unit: The tasks as JSON.
        environment: The `environment_json` that this worker must have; empty for a process of the same program.

    Returns:
        A JSON object with ``verdicts``, or with ``error`` (one line) and ``exit_code`` if nothing can be judged.
    """
    try:
        judge = _judge(parameters)
        if environment and (difference := describe_difference(environment, environment_json(parameters))):
            return json.dumps({"error": difference, "exit_code": 2})
        return f'{{"verdicts": {verdicts_to_json(judge.judge(tasks_from_json(unit)))}}}'
    except AindLintError as error:
        return json.dumps({"error": str(error), "exit_code": error.exit_code})


@lru_cache(maxsize=1)  # one audit after the other
def _judge(parameters: str) -> AssetJudge:
    return AssetJudge(JudgeParameters.from_json(parameters))


@cache
def environment_json(parameters: str) -> str:
    """Versions and rules that a verdict depends on, as JSON; equal ones give equal verdicts on another machine."""
    return json.dumps(environment_of(JudgeParameters.from_json(parameters)), sort_keys=True)


def environment_of(parameters: JudgeParameters) -> dict[str, str]:
    """The same as a dictionary."""
    digest = hashlib.blake2b(read_rules_file("vocabulary.json"), digest_size=16)
    for file in rule_files([Path(folder) for folder in parameters.settings.extend_rules]):
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode("utf-8", "surrogatepass") + content)
    return {
        "aind-lint": __version__,
        **package_versions(),
        "duckdb": _duckdb_version(),
        DIGESTS[0]: _duckdb_hash(),
        DIGESTS[1]: digest.hexdigest(),
    }


def _duckdb_version() -> str:
    import duckdb

    return duckdb.__version__


def _duckdb_hash() -> str:
    import duckdb

    from aind_lint.audit.listing.object_tables import hash_probe

    with duckdb.connect() as database:
        return hash_probe(database)


def describe_difference(expected: str, found: str) -> str:
    """How the environment of a worker differs from that of the audit; empty if it does not."""
    ours, theirs = json.loads(expected), json.loads(found)
    differing = [
        f"{name} {theirs.get(name, 'missing')}, here {ours.get(name, 'missing')}"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]
    if not differing:
        return ""
    return f"a worker has other versions ({'; '.join(differing)}); install the same packages on every worker"
