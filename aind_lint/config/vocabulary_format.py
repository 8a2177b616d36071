"""The keys of ``[vocabulary]`` in a configuration: how each is parsed, and its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from aind_lint.config.field_types import Field, FieldType, table
from aind_lint.config.vocabulary import AddedVocabulary
from aind_lint.errors import UsageError

#: The institute's buckets begin with this; only the institute's words count there.
_INSTITUTE = "aind-"
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
#: Endings of the aliases of access points, which stand for a bucket of another name.
_ALIAS = re.compile(r"(-s3alias|--ol-s3|\.mrap)$")


def _words(pattern: str, described_as: str) -> FieldType[tuple[str, ...]]:
    """A list of words."""

    def parse_word(value: Any, key: str) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        raise UsageError(f"{key} must be {described_as}")

    return FieldType({"type": "array", "items": {"type": "string", "pattern": f"^{pattern}$"}}, _list_of(parse_word))


def _list_of(parse_item: Callable[[Any, str], str]) -> Callable[[Any, str], tuple[str, ...]]:
    def parse(value: Any, key: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise UsageError(f"{key} must be a list")
        return tuple(parse_item(item, f"{key}[{number}]") for number, item in enumerate(value))

    return parse


def _bucket(value: Any, key: str) -> str:
    match = _BUCKET.fullmatch(value) if isinstance(value, str) else None
    if match is None or _ALIAS.search(match[1]):
        raise UsageError(f"{key} must be the address of a bucket, s3://name, without a prefix, a glob or an alias")
    return match[0]


def _own_bucket(value: Any, key: str) -> str:
    address = _bucket(value, key)
    if address.startswith(f"s3://{_INSTITUTE}"):
        raise UsageError(
            f"{key}: {value} is a bucket of the institute, where only its own vocabulary applies; remove this entry"
        )
    return address


_WORD = "[A-Za-z][A-Za-z0-9-]*"
_NAME = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
#: The table ``[vocabulary]``.
VOCABULARY_TABLE = table(
    {
        "prefixes": Field(
            _words(_WORD, "a word of letters, digits and hyphens that begins with a letter"),
            "Prefixes of asset names, besides the institute's.",
        ),
        "modalities": Field(
            _words("[A-Za-z][A-Za-z0-9_-]*", "a word of letters, digits, hyphens and underscores"),
            "Names of folders with the data of a modality, besides the institute's.",
        ),
        "labels": Field(
            _words(_WORD, "a word of letters, digits and hyphens that begins with a letter"),
            "Labels of derived assets, besides the institute's.",
        ),
        "buckets": Field(
            FieldType(
                {"type": "array", "items": {"type": "string", "pattern": f"^s3://(?!{_INSTITUTE}){_NAME}"}},
                _list_of(_own_bucket),
            ),
            "Buckets, s3://name, to which assets with these words may be published. No bucket of the institute.",
        ),
        "public_buckets": Field(
            FieldType({"type": "array", "items": {"type": "string", "pattern": f"^s3://{_NAME}"}}, _list_of(_bucket)),
            "Buckets, s3://name, that everybody can read: no asset with restrictions is published there.",
        ),
    },
    AddedVocabulary,
)
