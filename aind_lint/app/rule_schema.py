"""The JSON Schema of rule files, for completion and validation in editors."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from pydantic.json_schema import models_json_schema

from aind_lint.engine.rules.rule_format import FORMAT_VERSION, RuleFile
from aind_lint.engine.rules.verb import ENTRY_POINT_GROUP, load_verb, shipped_verbs
from aind_lint.engine.rules.verb_options import options_model


def rule_schema() -> dict[str, Any]:
    """The schema of a rule, with the options of every installed verb under ``with``.

    Raises:
        UsageError: An installed package registers a verb that cannot be loaded.
    """
    options = {verb: options_model(load_verb(verb).options) for verb in _verbs()}
    models = [(model, "validation") for model in (RuleFile, *options.values())]
    references, schema = models_json_schema(models, by_alias=True)  # type: ignore[arg-type]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A rule file of aind-lint, version {FORMAT_VERSION} of the format",
        "x-format-version": FORMAT_VERSION,
        **references[RuleFile, "validation"],
        "properties": {"check": {"enum": list(options)}},
        "allOf": [
            {
                "if": {"properties": {"check": {"const": verb}}},
                "then": {"properties": {"with": references[model, "validation"]}},
            }
            for verb, model in options.items()
        ],
        "$defs": schema["$defs"],
    }


def _verbs() -> list[str]:
    return sorted(
        shipped_verbs().keys() | {entry_point.name for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP)}
    )
