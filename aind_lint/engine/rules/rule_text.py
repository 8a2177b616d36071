"""Texts about a rule file: its conditions, and what its examples change. Imports little, for ``explain``."""

from __future__ import annotations

from typing import Any

#: What the conditions of a rule are about.
_CONDITIONS = {
    "name_form": "the form of the name",
    "generation": "the generation of the metadata",
    "level": "the data level",
    "profile": "the profile",
    "for_archive": "the value of --for",
}
#: Keys of an example that are no edits.
_NO_EDITS = ("name", "base", "expect", "not_checked", "other_rules")
_WIDTH = 100


def conditions(when: dict[str, list[str]]) -> str:
    """Conditions of a rule, as the end of a sentence that begins with "when"."""
    return " and ".join(f"{_CONDITIONS.get(what, what)} is {' or '.join(values)}" for what, values in when.items())


def severities(rule: dict[str, Any]) -> list[str]:
    """The severity of a rule, and its lower severities."""
    relaxed = rule.get("relaxed", [])
    return [rule["severity"], *(f"{one['severity']} when {conditions(one['when'])}" for one in relaxed)]


def verdict(example: dict[str, Any]) -> str:
    """The expected result of an example: "passes", "fails" or "is not checked"."""
    return "fails" if example["expect"] else "is not checked" if example.get("not_checked") else "passes"


def edits(example: dict[str, Any]) -> list[str]:
    """What an example changes in the asset it starts from, as lines of YAML; long ones are cut."""
    changed = {key: value for key, value in example.items() if key not in _NO_EDITS}
    lines = _yaml(changed).splitlines() if changed else []
    return [line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…" for line in lines]


def _yaml(data: dict[str, Any]) -> str:
    """YAML in which texts of several lines stand as they are read."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data.strip("\n") else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=False, width=90)
