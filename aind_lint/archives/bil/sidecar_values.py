"""Reads values of sidecars of every generation, whatever is missing or wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.sidecar.json_access import member


def sidecar_data(asset: Asset, key: str) -> dict[str, Any]:
    """The content of a sidecar; empty if it is missing or cannot be read."""
    sidecar = asset.sidecar(key)
    return sidecar.data if sidecar is not None and sidecar.data else {}


def text(value: Any) -> str:
    """A string or a number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    # A tab or a control character would end the cell of a sheet, or make a workbook unreadable.
    return "".join(character for character in " ".join(str(value).split()) if character.isprintable())


def name_of(value: Any) -> str:
    """The name of a person, an organization or a species, which old metadata states without an object."""
    return text(value.get("name")) if isinstance(value, dict) else text(value)


def registry_of(value: Any) -> str:
    """The abbreviation of the registry of an identifier: ``ROR``, ``ORCID``."""
    registry = member(value, "registry")
    if isinstance(registry, dict):
        return text(registry.get("abbreviation"))
    stated = text(registry)
    return next((short for short in ("ORCID", "ROR", "NCBI") if short in stated.upper()), "") or {
        "Research Organization Registry": "ROR",
        "Open Researcher and Contributor ID": "ORCID",
        "National Center for Biotechnology Information": "NCBI",
    }.get(stated, "")


def read_date(value: Any) -> date | None:
    """A date, or the date of a date-time; None if it is none."""
    try:
        return date.fromisoformat(text(value)[:10])
    except ValueError:
        return None


def unique(values: Iterator[str]) -> str:
    """Texts, each once, joined by commas; without empty ones."""
    return ", ".join(dict.fromkeys(value for value in values if value))
