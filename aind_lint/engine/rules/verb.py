"""Verbs: the checks that a rule file can name under ``check``.

A verb is a module, ``aind_lint/checks/<family>/<verb>.py`` or one that an installed package registers, with

* ``Options``: a subclass of `Options` (or a pydantic model), which describes the mapping under ``with``;
* ``check(asset, options, context)``: a generator. ``asset`` is an `aind_lint.asset.asset.Asset`, ``options`` an
  instance of ``Options``, ``context`` a `CheckContext` with the destination, the time and the configuration. It yields
  a `Fault` for every violation and an `Unchecked` for everything that it could not check. A verb that yields nothing
  has passed;
* ``SCOPE``, optional: ``"sidecar"`` if the verb also applies to a sidecar outside any asset; ``"data"`` if it also
  applies to a store or data file outside any asset; ``"upload"`` if it checks upload manifests, and so also applies
  to a file that only lists jobs; ``"configuration"`` if it checks suppressions and baselines: then the first argument
  is an `aind_lint.engine.suppression_set.SuppressionSet`;
* ``compares(options, files)``, optional: whether the verb, with these options, compares these sidecars, which are
  outside any asset;
* ``searches(options)``, optional: globs of files and folders. Without a match of one of them, the verb yields nothing,
  and is not called. An empty list stands for no such condition;
* ``NEEDS_BUCKET``, optional: True if it needs a destination; it is not checked without one;
* ``NEEDS_DATA``, optional: True if it needs the data files; it is not checked where only metadata is kept.

An asset may have a million files, so a verb limits its own faults: pass them through
`aind_lint.engine.fault_limit.report_limited` (or `report_limited_keys`), which reports twenty and counts the rest.

A `Fault` is what a verb yields; the engine makes a finding of it, with the severity and texts of the rule and the place
in the file. An exception in a verb is reported as an internal error and blocks publishing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb_options import Options as Options  # verbs derive theirs from it
from aind_lint.errors import UsageError

#: The family of the verbs of this package that apply to a store or data file outside any asset.
_DATA_FAMILY = "aind_lint.checks.formats."
#: The entry point group under which installed packages register verbs.
ENTRY_POINT_GROUP = "aind_lint.checks"


@dataclass(frozen=True)
class Fault:
    """One violation, as a verb yields it.

    Attributes:
        message: What is wrong, in one line.
        file: Key of the file in the asset; None for the asset itself.
        pointer: JSON pointer to the value.
        line: Line, from 1, if there is no pointer.
        column: Column, from 1.
        found: The offending value.
        expected: The correct value.
        fix: What to do, if this is more precise than the ``fix`` of the rule.
        related: Other places: pairs of file and JSON pointer.
        item: The element, if the rule compares lists, such as one modality: every element has its own cause.
        compares: The values that differ, if these are not all that the rule compares.
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
    item: str | None = None
    compares: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Unchecked:
    """Something that a verb could not check.

    Attributes:
        reason: Why.
        file: Key of the file, if it concerns one file.
        blocked_by: Rules whose findings are the reason. Then the rule is reported as not run instead.
    """

    reason: str
    file: str | None = None
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verb:
    """A loaded verb.

    Attributes:
        options: The class of its options: `Options`, or a pydantic model of an installed package.
        check: The function that checks an asset.
        sidecar_scope: Whether it also applies to a sidecar outside any asset.
        upload_scope: Whether it also applies to a job request or a job table.
        data_scope: Whether it also applies to a store or data file outside any asset.
        needs_bucket: Whether it needs a destination.
        needs_data: Whether it needs the data files.
        configuration_scope: Whether it checks suppressions and baselines instead of an asset.
        compares: Whether it compares sidecars outside any asset: called with its options and their keys.
        searches: Returns the globs that its options name. If no key matches one of them, the verb yields nothing.
    """

    options: type[Any]
    check: Callable[[Any, Any, CheckContext], Iterator[Fault | Unchecked]]
    sidecar_scope: bool
    needs_bucket: bool
    needs_data: bool = False
    upload_scope: bool = False
    data_scope: bool = False
    configuration_scope: bool = False
    compares: Callable[[Any, Collection[str]], bool] | None = None
    searches: Callable[[Any], Collection[str]] | None = None


@cache
def load_verb(name: str) -> Verb:
    """The verb called ``name``: one of this package, or one that an installed package registers.

    Raises:
        UsageError: There is no such verb.
    """
    module = _find(name)
    options, check = getattr(module, "Options", None), getattr(module, "check", None)
    if not (isinstance(options, type) and _describes_options(options) and callable(check)):
        raise UsageError(f"the check '{name}' is no module with a class Options and a function check")
    return Verb(
        options=options,
        check=check,
        sidecar_scope=getattr(module, "SCOPE", "asset") == "sidecar",
        needs_bucket=getattr(module, "NEEDS_BUCKET", False),
        needs_data=getattr(module, "NEEDS_DATA", False),
        data_scope=getattr(module, "SCOPE", "asset") == "data",
        configuration_scope=getattr(module, "SCOPE", "asset") == "configuration",
        upload_scope=getattr(module, "SCOPE", "asset") == "upload",
        compares=getattr(module, "compares", None),
        searches=getattr(module, "searches", None),
    )


@cache
def shipped_verbs() -> dict[str, str]:
    """The module of every verb of this package, by the name of the verb: ``aind_lint/checks/<family>/<verb>.py``."""
    # Imported by name: checks import the engine, never the reverse.
    root = importlib.import_module("aind_lint.checks")
    verbs = {}
    for family in pkgutil.iter_modules(root.__path__):
        folders = [f"{folder}/{family.name}" for folder in root.__path__]
        for module in pkgutil.iter_modules(folders):
            verbs[module.name] = f"{root.__name__}.{family.name}.{module.name}"
    return verbs


def may_apply_to_data(name: str) -> bool:
    """Whether a verb can apply to a store or data file outside any asset, as far as that shows without importing it."""
    return shipped_verbs().get(name, _DATA_FAMILY).startswith(_DATA_FAMILY)


def _describes_options(options: type) -> bool:
    if issubclass(options, Options):
        return True
    from pydantic import BaseModel  # slow to import, and only the options of installed packages can be such a model

    return issubclass(options, BaseModel)


def _find(name: str) -> object:
    if module := shipped_verbs().get(name):
        return importlib.import_module(module)
    from importlib import metadata  # takes 10 ms, and few verbs come from installed packages

    for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        if entry_point.name == name:
            try:
                return entry_point.load()
            except Exception as error:
                summary = f"{type(error).__name__}: {error}".splitlines()[0]
                raise UsageError(f"the check '{name}' cannot be loaded from {entry_point.value}: {summary}") from None
    raise UsageError(f"there is no check called '{name}'")
