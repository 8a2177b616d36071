"""Texts about a rule file. Imports little, for ``explain``."""

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


def conditions(when: dict[str, list[str]]) -> str:
    """Conditions of a rule, as the end of a sentence that begins with "when"."""
    return " and ".join(f"{_CONDITIONS.get(what, what)} is {' or '.join(values)}" for what, values in when.items())


def severities(rule: dict[str, Any]) -> list[str]:
    """The severity of a rule, and its lower severities."""
    relaxed = rule.get("relaxed", [])
    return [rule["severity"], *(f"{one['severity']} when {conditions(one['when'])}" for one in relaxed)]
