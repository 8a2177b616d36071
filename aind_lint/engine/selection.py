"""Which rules a run reports: ``--select`` and ``--ignore`` by id, name or family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aind_lint.asset.vocabulary import nearest
from aind_lint.engine.loader import BoundRule
from aind_lint.errors import UsageError


def select_rules(rules: Sequence[BoundRule], select: Iterable[str] = (), ignore: Iterable[str] = ()) -> set[str]:
    """The ids of the rules to report: all, or those selected, less those ignored.

    Raises:
        UsageError: A word names no rule; the message suggests one. Or no rule is left, which would pass everything.
    """
    chosen = (_ids(rules, select) or {rule.id for rule in rules}) - _ids(rules, ignore)
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


def _ids(rules: Sequence[BoundRule], words: Iterable[str]) -> set[str]:
    ids: set[str] = set()
    for word in words:
        matching = {one.id for one in rules if word in (one.id, one.rule.name, one.rule.family)}
        if not matching:
            known = [text for one in rules for text in (one.id, one.rule.name, one.rule.family)]
            meant = nearest(word, known)
            hint = f"; did you mean {meant}?" if meant else "; 'aind-lint rules' lists them"
            raise UsageError(f"no rule has the id, name or family '{word}'{hint}")
        ids |= matching
    return ids
