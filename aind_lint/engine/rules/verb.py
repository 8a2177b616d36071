"""Verbs: the checks a rule file can name. A verb is a module with typed options and one function.

A verb module has

* ``Options``: a pydantic model of what the rule file says under ``with``; unknown keys are refused;
* ``check(asset, options, context)``: yields a `Fault` for every violation and an `Unchecked` for everything that it
  could not check; yielding nothing is a pass;
* ``SCOPE``, optional: ``"sidecar"`` when the verb judges sidecars by themselves, so that it also applies to a sidecar
  outside any asset; ``"configuration"`` when it judges what silences the findings of a run (an
  `aind_lint.engine.suppression_set.SuppressionSet`) in place of an asset;
* ``NEEDS_BUCKET``, optional: True when it cannot be made without a destination;
* ``NEEDS_DATA``, optional: True when it cannot be made where only the metadata is kept.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from pydantic import BaseModel, ConfigDict

from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.errors import UsageError

#: Installed packages add verbs under this entry point group.
ENTRY_POINT_GROUP = "aind_lint.checks"


@dataclass(frozen=True)
class Fault:
    """One violation, as a verb sees it; the engine adds what the rule says and where the place is.

    Attributes:
        message: What is wrong, in one line.
        file: Key of the file, None for the asset itself.
        pointer: JSON pointer to the value.
        line: Line, when there is a place but no pointer.
        column: Column of that line.
        found: The offending value.
        expected: What should stand there.
        fix: What to do, when that is more precise than the rule's own advice.
        related: Other places: pairs of file and pointer.
    """

    message: str
    file: str | None = None
    pointer: str | None = None
    line: int | None = None
    column: int | None = None
    found: str | None = None
    expected: str | None = None
    fix: str | None = None
    related: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True)
class Unchecked:
    """Something a verb could not check: why, and of which file when it is one file's."""

    because: str
    file: str | None = None


class Options(BaseModel):
    """Base of every verb's options: typed, immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Verb:
    """A loaded verb."""

    options: type[BaseModel]
    check: Callable[[Any, BaseModel, CheckContext], Iterator[Fault | Unchecked]]
    sidecar_scope: bool
    needs_bucket: bool
    needs_data: bool = False
    configuration_scope: bool = False
    ours: bool = False


@cache
def load_verb(name: str) -> Verb:
    """The verb called ``name``: one of ours, or one that an installed package registered.

    Raises:
        UsageError: There is no such verb.
    """
    module = _find(name)
    options, check = getattr(module, "Options", None), getattr(module, "check", None)
    if not (isinstance(options, type) and issubclass(options, BaseModel) and callable(check)):
        raise UsageError(f"the check '{name}' is no module with a pydantic model Options and a function check")
    return Verb(
        options=options,
        check=check,
        sidecar_scope=getattr(module, "SCOPE", "asset") == "sidecar",
        needs_bucket=getattr(module, "NEEDS_BUCKET", False),
        needs_data=getattr(module, "NEEDS_DATA", False),
        configuration_scope=getattr(module, "SCOPE", "asset") == "configuration",
        ours=getattr(module, "__name__", "") == shipped_verbs().get(name),
    )


@cache
def shipped_verbs() -> dict[str, str]:
    """The module of every verb of this package by the verb's name: ``aind_lint/checks/<family>/<verb>.py``."""
    # By its name, because the verbs import the engine and not the other way round.
    root = importlib.import_module("aind_lint.checks")
    verbs = {}
    for family in pkgutil.iter_modules(root.__path__):
        folders = [f"{folder}/{family.name}" for folder in root.__path__]
        for module in pkgutil.iter_modules(folders):
            verbs[module.name] = f"{root.__name__}.{family.name}.{module.name}"
    return verbs


def _find(name: str) -> object:
    if module := shipped_verbs().get(name):
        return importlib.import_module(module)
    for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        if entry_point.name == name:
            try:
                return entry_point.load()
            except Exception as error:
                summary = f"{type(error).__name__}: {error}".splitlines()[0]
                raise UsageError(f"the check '{name}' cannot be loaded from {entry_point.value}: {summary}") from None
    raise UsageError(f"there is no check called '{name}'")
