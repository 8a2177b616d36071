"""Is the destination the root of its bucket?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import is_s3, split_s3
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_BUCKET = True


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if the destination is a prefix in a bucket that is a flat list of assets."""
    assert context.store is not None
    url = context.store.url
    if is_s3(url) and not context.is_flat(url):
        return
    prefix = split_s3(url)[1] if is_s3(url) else ""
    if prefix:
        root = url.removesuffix(f"/{prefix}")
        message = f"{url} is below the root of {root}, which is a flat list of assets"
        yield Fault(
            message, found=prefix, fix=f"Use {root}, or add the bucket to not-flat-buckets in the configuration"
        )
