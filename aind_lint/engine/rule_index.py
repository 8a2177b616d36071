"""An index of all rules: what selections and suppressions need, without loading the rule files.

Loading and validating the rule files takes longer than everything else in a check whose results are cached. The index
is cached too, under a digest of the bytes of all rule files and of the installed packages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aind_lint.engine.environment import environment_id, package_versions
from aind_lint.engine.result_cache import entry_path, write_entry
from aind_lint.engine.rules.rule_catalog import extra_rule_files

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_loader import LoadedRule


class RuleEntry(NamedTuple):
    """A rule in the index.

    Attributes:
        id: The rule's id, such as ``CON103``.
        name: The rule's name, such as ``subject-mismatch``.
        mandatory: Whether the rule is mandatory for publishing, so that nothing can suppress it.
    """

    id: str
    name: str
    mandatory: bool


class RuleIndex(NamedTuple):
    """All rules of a run.

    Attributes:
        entries: One for every rule.
        only_shipped_verbs: Whether every verb is part of this package. These verbs read assets only through their
            listings, so their results can be cached.
        packages: Versions of the packages that check results depend on.
        rules_id: A digest of the rule files and of the environment.
        loaded: The rules themselves, when they had to be loaded.
    """

    entries: tuple[RuleEntry, ...]
    only_shipped_verbs: bool
    packages: dict[str, str]
    rules_id: str
    loaded: tuple[LoadedRule, ...] | None = None


def load_rule_index(extra: Iterable[Path], cache_folder: Path | None) -> RuleIndex:
    """The index of the shipped rules and of a user's own rules.

    Args:
        extra: Folders with a user's own rules.
        cache_folder: The folder of the cache; None to cache nothing.

    Raises:
        UsageError: A rule file is invalid.
    """
    extra = list(extra)
    rules_id = _rules_id(extra)
    path = entry_path(cache_folder, rules_id) if cache_folder else None
    if path is not None and (cached := _read(path, rules_id)):
        return cached
    from aind_lint.engine.rules.rule_loader import load_rules  # slow to import
    from aind_lint.engine.rules.verb import shipped_verbs

    rules, shipped = load_rules(extra), shipped_verbs()
    entries = tuple(RuleEntry(rule.id, rule.name, rule.mandatory) for rule in rules)
    only_shipped_verbs = all(rule.rule.check in shipped for rule in rules)
    index = RuleIndex(entries, only_shipped_verbs, package_versions(), rules_id, tuple(rules))
    if path is not None:
        _write(path, index)
    return index


def _read(path: Path, rules_id: str) -> RuleIndex | None:
    try:
        content = json.loads(path.read_bytes())
        entries = tuple(RuleEntry(*entry) for entry in content["entries"])
        return RuleIndex(entries, content["only_shipped_verbs"], content["packages"], rules_id)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _write(path: Path, index: RuleIndex) -> None:
    content = {
        "entries": index.entries,
        "only_shipped_verbs": index.only_shipped_verbs,
        "packages": index.packages,
    }
    write_entry(path, json.dumps(content))


def _rules_id(extra: list[Path]) -> str:
    digest = hashlib.blake2b(environment_id().encode(), digest_size=16)
    for file in extra_rule_files(extra):
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode("utf-8", "surrogatepass") + content)
    return digest.hexdigest()
