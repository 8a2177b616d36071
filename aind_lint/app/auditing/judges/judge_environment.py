"""What verdicts depend on apart from assets: packages, rules and the baseline."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from aind_lint._version import __version__
from aind_lint.app.auditing.judges.unit_messages import JudgeParameters
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.environment import package_versions
from aind_lint.engine.rules.rule_catalog import rule_files
from aind_lint.system.package_data import read_rules_file

#: Parts of an environment that are not versions.
DIGESTS = ("hash() of duckdb", "rules and baseline")


@cache
def environment_json(parameters: str) -> str:
    """Versions and rules that a verdict depends on, as JSON; equal ones give equal verdicts on another machine."""
    return json.dumps(environment_of(JudgeParameters.from_json(parameters)), sort_keys=True)


def environment_of(parameters: JudgeParameters) -> dict[str, str]:
    """The same as a dictionary.

    Raises:
        UsageError: There are no rules in a folder of them, or the baseline cannot be read.
    """
    digest = hashlib.blake2b(read_rules_file("vocabulary.json"), digest_size=16)
    for file in rule_files([Path(folder) for folder in parameters.settings.extend_rules]):
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode("utf-8", "surrogatepass") + content)
    if parameters.settings.baseline:
        digest.update(Baseline.read(Path(parameters.settings.baseline)).text.encode("utf-8", "surrogatepass"))
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
