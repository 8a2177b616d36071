"""Validates rule files with pydantic."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from aind_lint.engine.rules.rule_errors import explain_error
from aind_lint.engine.rules.rule_format import RuleFile
from aind_lint.engine.rules.verb_options import options_model
from aind_lint.errors import UsageError

_T = TypeVar("_T")


def validate_rule(content: dict[str, Any], path: Path) -> dict[str, Any]:
    """The content of a rule file as JSON, without the examples.

    Raises:
        UsageError: It is invalid; the message names the key, its value and what is allowed.
    """
    return _validate(RuleFile, content, path, "").model_dump(
        mode="json", by_alias=True, exclude={"examples"}, exclude_defaults=True
    )


def validate_options(options: type[_T], content: dict[str, Any], path: Path) -> _T:
    """The options of a verb, from the mapping under ``with``.

    Raises:
        UsageError: See `validate_rule`.
    """
    try:
        options_model(options)
    except Exception as error:  # of an installed package
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UsageError(f"{path}: the class of the options of the check cannot be used: {summary}") from None
    return _validate(options, content, path, "with.")


def _validate(model: type[_T], content: dict[str, Any], path: Path, prefix: str) -> _T:
    try:
        return TypeAdapter(model).validate_python(content)
    except ValidationError as error:
        key, problem = explain_error(options_model(model), error)
        key = f"{prefix}{key}".removesuffix(".")
        raise UsageError(f"{path}: {key or 'the rule'}: {problem}") from None
