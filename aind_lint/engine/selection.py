"""Which rules a run reports: selected and ignored by id, name or family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from aind_lint.config.asset_glob import matches
from aind_lint.config.settings import Settings
from aind_lint.errors import UsageError

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_loader import LoadedRule


class RuleIdentity(Protocol):
    """What identifies a rule: a loaded rule has it, and so has an entry of the rule index."""

    @property
    def id(self) -> str:
        """The rule's id, such as ``CON103``."""

    @property
    def name(self) -> str:
        """The rule's name, such as ``subject-mismatch``."""

    @property
    def mandatory(self) -> bool:
        """Whether the rule is mandatory for publishing, so that nothing can suppress it."""


def select_rules(rules: Sequence[RuleIdentity], select: Iterable[str] = (), ignore: Iterable[str] = ()) -> set[str]:
    """The ids of the rules to report: the selected ones (all by default) without the ignored ones.

    Raises:
        UsageError: A word matches no rule, or no rule is left: every asset would pass.
    """
    selected = (rules_matching(rules, select) or {rule.id for rule in rules}) - rules_matching(rules, ignore)
    if not selected:
        raise UsageError("no rule is left to check: every selected rule is also ignored")
    return selected


def with_required(rules: Sequence[LoadedRule], ids: set[str]) -> list[LoadedRule]:
    """The rules with these ids and the rules that they require, in the order in which they must run."""
    if len(ids) == len(rules):  # all of them
        return list(rules)
    needed = set(ids)
    for loaded in reversed(rules):  # a rule comes after the rules that it requires
        if loaded.id in needed:
            needed.update(loaded.rule.requires)
    return [loaded for loaded in rules if loaded.id in needed]


class Selection:
    """The rules to report for each asset, according to options and configuration."""

    def __init__(self, rules: Sequence[RuleIdentity], settings: Settings) -> None:
        """Resolve the selection.

        Raises:
            UsageError: See `select_rules`.
        """
        self._folder = settings.folder
        self.default_rules = select_rules(rules, settings.select, settings.ignore)
        self._overrides = [
            (
                override.assets,
                select_rules(rules, override.select or settings.select, (*settings.ignore, *override.ignore)),
            )
            for override in settings.overrides
        ]

    def rules_for(self, address: str, name: str) -> set[str]:
        """The ids of the rules to report for one asset: those of the last override that matches it, or the default.

        Args:
            address: The asset's path or ``s3://`` address, as the user gave it.
            name: The asset's name.
        """
        matching = [selected for glob, selected in self._overrides if matches(glob, address, name, self._folder)]
        return matching[-1] if matching else self.default_rules


def rules_matching(rules: Sequence[RuleIdentity], words: Iterable[str]) -> set[str]:
    """The ids of the rules that have one of these ids, names or families.

    Raises:
        UsageError: A word matches no rule; the message suggests one.
    """
    ids: set[str] = set()
    for word in words:
        matching = {rule.id for rule in rules if word in (rule.id, rule.name, rule.id[:3])}
        if not matching:
            from aind_lint.text.suggestions import closest  # slow to import

            known = [text for rule in rules for text in (rule.id, rule.name, rule.id[:3])]
            suggestion = closest(word, known)
            hint = f"; did you mean {suggestion}?" if suggestion else "; 'aind-lint rules' lists them"
            if "," in word:  # as ruff and flake8 take them
                hint = "; name one rule at a time, such as --select SID --select CON103"
            raise UsageError(f"no rule has the id, name or family '{word}'{hint}")
        ids |= matching
    return ids
