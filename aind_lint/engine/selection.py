"""Which rules a run reports: selected and ignored by id, name or family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from aind_lint.config.asset_glob import matches
from aind_lint.config.settings import Settings
from aind_lint.errors import UsageError

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule_loader import BoundRule


class Named(Protocol):
    """A rule as far as it can be named: loaded, or only listed."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def mandatory(self) -> bool:
        """Whether nothing can silence it."""


def select_rules(rules: Sequence[Named], select: Iterable[str] = (), ignore: Iterable[str] = ()) -> set[str]:
    """The ids of the rules to report: all, or those selected, less those ignored.

    Raises:
        UsageError: A word names no rule; the message suggests one. Or no rule is left, which would pass everything.
    """
    chosen = (rules_named(rules, select) or {rule.id for rule in rules}) - rules_named(rules, ignore)
    if not chosen:
        raise UsageError("every selected rule is ignored too, so nothing would be checked")
    return chosen


def with_required(rules: Sequence[BoundRule], ids: set[str]) -> list[BoundRule]:
    """The rules of ``ids`` and all they require, in order: what has to be run to report on ``ids``."""
    needed = set(ids)
    for one in reversed(rules):  # a rule stands after what it requires
        if one.id in needed:
            needed.update(one.rule.requires)
    return [one for one in rules if one.id in needed]


class Selection:
    """Which rules are reported of which asset, as options and configuration say."""

    def __init__(self, rules: Sequence[Named], settings: Settings) -> None:
        """Prepare the selection.

        Raises:
            UsageError: As `select_rules`.
        """
        self._folder = settings.folder
        self.everywhere = select_rules(rules, settings.select, settings.ignore)
        self._overrides = [
            (one.assets, select_rules(rules, one.select or settings.select, (*settings.ignore, *one.ignore)))
            for one in settings.overrides
        ]

    def of(self, where: str, name: str) -> set[str]:
        """The rules to report of one asset: those of the last override that is for it, else those of all.

        Args:
            where: The asset as the user named it.
            name: Its name.
        """
        fitting = [chosen for glob, chosen in self._overrides if matches(glob, where, name, self._folder)]
        return fitting[-1] if fitting else self.everywhere


def rules_named(rules: Sequence[Named], words: Iterable[str]) -> set[str]:
    """The ids of the rules with these ids, names or families.

    Raises:
        UsageError: A word names no rule; the message suggests one.
    """
    ids: set[str] = set()
    for word in words:
        matching = {one.id for one in rules if word in (one.id, one.name, one.id[:3])}
        if not matching:
            from aind_lint.text.suggestions import closest

            known = [text for one in rules for text in (one.id, one.name, one.id[:3])]
            meant = closest(word, known)
            hint = f"; did you mean {meant}?" if meant else "; 'aind-lint rules' lists them"
            raise UsageError(f"no rule has the id, name or family '{word}'{hint}")
        ids |= matching
    return ids
