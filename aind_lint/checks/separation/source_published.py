"""Is the source of a derived asset in the bucket?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.bucket.control_objects import DATA_DESCRIPTION
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_BUCKET = True


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if the bucket does not contain the source asset that the name states."""
    store, source = context.store, asset.name.source
    assert store is not None
    if source is not None and store.head(f"{source}/{DATA_DESCRIPTION}") is None:
        message = f"the source {source} is not in {store.url}"
        yield Fault(message, found=source, fix=f"Publish {source} first, or correct the name of this asset")
