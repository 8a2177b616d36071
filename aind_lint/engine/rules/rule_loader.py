"""Loads rule files as rules that can run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from aind_lint.engine.rules.compiled_rules import read_compiled, write_compiled
from aind_lint.engine.rules.rule import Rule
from aind_lint.engine.rules.rule_catalog import extra_rule_files, shipped_rule_files, split_file_name
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.verb import Verb, load_verb, may_apply_to_data
from aind_lint.engine.rules.verb_options import Options
from aind_lint.errors import UsageError


class LoadedRule:
    """A rule with its verb and an instance of the verb's options, ready to be run.

    Args:
        rule: The rule.
        verb: Its verb; None to import it when it is needed, as the verbs of this package are.
        options: The options of the verb; read from the rule if ``verb`` is None.
    """

    def __init__(self, rule: Rule, verb: Verb | None = None, options: Any = None) -> None:
        self.rule = rule
        self.id = rule.id
        self.name = rule.name
        self.mandatory = rule.mandatory
        if verb is not None:
            self.verb, self.options = verb, options

    @cached_property
    def verb(self) -> Verb:
        """The check."""
        return load_verb(self.rule.check)

    @cached_property
    def options(self) -> Any:
        """What the rule file states under ``with``."""
        assert issubclass(self.verb.options, Options)
        return self.verb.options.from_json(self.rule.content.get("with", {}))

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Globs: if no key matches one of them, the verb finds nothing. Empty if there is no such condition."""
        return tuple(self.verb.searches(self.options)) if self.verb.searches else ()

    @property
    def applies_to_data(self) -> bool:
        """Whether it also applies to a store or data file outside any asset. Most verbs need not be imported for it."""
        return may_apply_to_data(self.rule.check) and self.verb.data_scope


def load_rules(extra: Iterable[Path] = ()) -> list[LoadedRule]:
    """Every rule, each after the rules it requires or yields to.

    Args:
        extra: Folders with a user's own rules.

    Raises:
        UsageError: A rule file is invalid; the message names the file, the key, its value and what is allowed.
    """
    loaded = {one.id: one for one in _load_shipped()}
    names = {one.name for one in loaded.values()}
    for path in extra_rule_files(extra):
        one = load_rule(path)
        if one.id in loaded or one.name in names:
            raise UsageError(f"{path}: another rule has the id {one.id} or the name {one.name}")
        loaded[one.id] = one
        names.add(one.name)
    return _in_order(loaded)


@cache
def _load_shipped() -> tuple[LoadedRule, ...]:
    """The rules that ship with the tool, read once: a program checks many assets."""
    files = shipped_rule_files()
    compiled = read_compiled(files)
    if compiled is None:
        rules = tuple(load_rule(path) for path in files)
        write_compiled(files, {path.name: one.rule.content for path, one in zip(files, rules, strict=True)})
        return rules
    return tuple(LoadedRule(Rule(compiled[path.name])) for path in files)


def load_rule(path: Path) -> LoadedRule:
    """One rule from its file.

    Raises:
        UsageError: The file is wrong.
    """
    from aind_lint.engine.rules.rule_validation import validate_options, validate_rule  # import pydantic

    identity = split_file_name(path)
    content = read_rule_file(path)
    rule = Rule(validate_rule(content, path))
    if (rule.id, rule.name) != identity:
        raise UsageError(f"{path}: the file is named {'-'.join(identity)}, but its content is {rule.id}-{rule.name}")
    try:
        verb = load_verb(rule.check)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    return LoadedRule(rule, verb, validate_options(verb.options, content.get("with", {}), path))


def _in_order(rules: dict[str, LoadedRule]) -> list[LoadedRule]:
    for one in rules.values():
        for before in one.rule.runs_after:
            if before not in rules:
                verb = "requires" if before in one.rule.requires else "yields to"
                raise UsageError(f"rule {one.id} {verb} {before}, which does not exist")
        for cause in one.rule.explained_by:
            if cause not in rules:
                raise UsageError(f"rule {one.id} is explained by {cause}, which does not exist")
    sorter = TopologicalSorter({id_: one.rule.runs_after for id_, one in sorted(rules.items())})
    try:
        return [rules[id_] for id_ in sorter.static_order()]
    except CycleError as error:
        raise UsageError(f"the rules form a cycle: {' → '.join(error.args[1])}") from None
