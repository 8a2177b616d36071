"""What can be known of the rules without loading them: enough to select and to suppress.

Loading the rules takes longer than everything else in a check whose results are kept already, so this is kept too,
under a name made of the bytes of all rule files and of the installed packages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.engine.environment import environment_id, package_versions
from aind_lint.engine.result_cache import entry_path, write_entry
from aind_lint.engine.rules.rule_catalog import rule_files

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_loader import BoundRule


@dataclass(frozen=True)
class RuleCard:
    """A rule as selections and suppressions see it.

    Attributes:
        id: Its id.
        name: Its name.
        mandatory: Whether nothing can silence it.
    """

    id: str
    name: str
    mandatory: bool


@dataclass(frozen=True)
class RuleIndex:
    """All rules of a run.

    Attributes:
        cards: One for every rule.
        ours: Whether every verb is one of this package, which looks at assets through their listings alone.
        packages: Versions of the packages that take part in verdicts.
        rules_id: A digest of the rule files and of the environment.
        loaded: The rules themselves, when they had to be loaded.
    """

    cards: tuple[RuleCard, ...]
    ours: bool
    packages: dict[str, str]
    rules_id: str
    loaded: tuple[BoundRule, ...] | None = None


def rule_index(extra: Iterable[Path], folder: Path | None) -> RuleIndex:
    """The index of the shipped rules and those of a user.

    Args:
        extra: Folders with a user's own rules.
        folder: The folder of the cache; None to keep nothing.

    Raises:
        UsageError: A rule file is wrong.
    """
    extra = list(extra)
    rules_id = _rules_id(extra)
    path = entry_path(folder, rules_id) if folder else None
    if path is not None:
        try:
            kept = json.loads(path.read_bytes())
            return RuleIndex(
                tuple(RuleCard(**card) for card in kept["cards"]), kept["ours"], kept["packages"], rules_id
            )
        except (OSError, ValueError, LookupError, TypeError):
            pass
    from aind_lint.engine.rules.rule_loader import load_rules

    rules = load_rules(extra)
    cards = tuple(RuleCard(one.id, one.name, one.mandatory) for one in rules)
    index = RuleIndex(cards, all(one.verb.shipped for one in rules), package_versions(), rules_id, tuple(rules))
    if path is not None:
        kept = {"cards": [asdict(card) for card in cards], "ours": index.ours, "packages": index.packages}
        write_entry(path, json.dumps(kept))
    return index


def _rules_id(extra: list[Path]) -> str:
    digest = hashlib.blake2b(environment_id().encode(), digest_size=16)
    for file in rule_files(extra):
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode("utf-8", "surrogatepass") + content)
    return digest.hexdigest()
