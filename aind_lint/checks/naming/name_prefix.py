"""Does the asset's name have the prefix of its metadata generation?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.engine.repair import rename, sentence, stated_name
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.suggestions import closest


class Options(verb.Options):
    """What to report: a missing prefix, or one that is older than the platforms."""

    problem: Literal["missing", "older"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if the name has the problem."""
    name = asset.name
    if options.problem == "older":
        if name.prefix in asset.vocabulary.older_prefixes - asset.vocabulary.added_prefixes:
            suggestion = closest(name.prefix, asset.vocabulary.platforms)
            yield Fault(
                f"'{name.prefix}' is an older prefix, not a platform of metadata 1.x",
                found=name.prefix,
                expected=suggestion,
            )
    elif name.subject_id is not None and name.prefix is None:
        platform = _added_prefix(asset) or _platform(asset)
        is_known = platform in asset.vocabulary.platforms
        fix = sentence(rename(asset, f"{platform}_{name.text}")) if is_known else None
        yield Fault("there is no prefix before the subject id", found=name.subject_id, expected=platform, fix=fix)


def _added_prefix(asset: Asset) -> str | None:
    """The prefix in /name, if the configuration adds it: the schema has no platform for it."""
    prefix = parse_name(stated_name(asset) or "", vocabulary=asset.vocabulary).prefix
    return prefix if prefix in asset.vocabulary.added_prefixes else None


def _platform(asset: Asset) -> str | None:
    try:
        platform = asset.value("data_description.json", "/platform/abbreviation")
    except LookupError:
        return None
    return platform if isinstance(platform, str) else None
