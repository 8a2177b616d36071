"""The keys of a configuration: how each is parsed, and its JSON Schema. Loaded only where there is a configuration."""

from __future__ import annotations

from typing import Any

from aind_lint.config.field_types import DATE, TEXT, TEXTS, ZONE, Field, choice, object_schema, table, tables
from aind_lint.config.settings import DEFAULT_ZONE, Override, RigSettings, Settings, Suppression
from aind_lint.config.vocabulary_format import VOCABULARY_TABLE

_RULES = "ids, names or families"
_GLOB = "Glob of the assets: of their names, or with a / of their paths relative to the folder of this file."
_SUPPRESSION = {
    "rule": Field(TEXT, "Id, name or family of the rules.", required=True),
    "reason": Field(TEXT, "Why these findings are acceptable.", required=True),
    "assets": Field(TEXT, _GLOB),
    "until": Field(DATE, "The last day on which the suppression applies."),
}
_OVERRIDE = {
    "assets": Field(TEXT, _GLOB, required=True),
    "select": Field(TEXTS, f"The only rules to report for these assets: {_RULES}."),
    "ignore": Field(TEXTS, f"Rules that are not reported for these assets: {_RULES}."),
}
_RIG = {
    "data_roots": Field(
        TEXTS,
        "Folders with the data that upload manifests may name, besides the folder that 'aind-lint watch' watches. "
        "Relative to the folder of this file.",
    ),
}
_SETTINGS = {
    "select": Field(TEXTS, f"The only rules to report: {_RULES}."),
    "ignore": Field(TEXTS, f"Rules that are not reported: {_RULES}."),
    "extend-rules": Field(TEXTS, "Folders with additional rules, relative to the folder of this file."),
    "fail-on": Field(choice("error", "warning", "never"), "The lowest severity that fails a check."),
    "bucket": Field(TEXT, "The destination to compare assets with: s3://bucket, or a folder that is used as a bucket."),
    "zone": Field(ZONE, f"The IANA time zone of the rigs. Default: {DEFAULT_ZONE}."),
    "data": Field(
        choice("present", "absent"),
        "'absent' if assets have only metadata here: rules on data are not checked.",
    ),
    "not-flat-buckets": Field(TEXTS, "Buckets, or s3:// addresses in buckets, that are not a flat list of assets."),
    "overrides": Field(tables(table(_OVERRIDE, Override)), "Other rules for some assets; the last match applies."),
    "suppressions": Field(tables(table(_SUPPRESSION, Suppression)), "Known findings that are not reported."),
    "vocabulary": Field(VOCABULARY_TABLE, "Words of another laboratory, and the buckets where they apply."),
    "rig": Field(table(_RIG, RigSettings), "What applies to 'aind-lint watch' on a rig."),
    "baseline": Field(TEXT, "The file that 'aind-lint baseline' created, relative to the folder of this file."),
}
SETTINGS = table(_SETTINGS, Settings)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of ``aind-lint.toml``, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aind-lint.toml, or [tool.aind-lint] in pyproject.toml",
        **object_schema(_SETTINGS),
    }
