"""Is the asset inside another asset?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if a folder above, or a part of the prefix, is an asset."""
    name, outer = asset.listing.name, asset.listing.enclosing_asset()
    if outer is not None:
        whose = "its source" if outer == asset.name.source else "the asset"
        yield Fault(f"{name} is inside {whose} {outer}", found=outer, fix=f"Move {name} out of {outer}, next to it")
