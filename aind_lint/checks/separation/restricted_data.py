"""Is restricted data about to be published in a public bucket?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import bucket_of, is_s3, split_s3
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.finding import NO_BUCKET
from aind_lint.text.characters import one_line

_FILE, _KEY = "data_description.json", "/restrictions"
#: Names that say that a bucket is public: ``aind-open-data``.
_PUBLIC = re.compile(r"(.*[-.])?(open|public)([-.].*)?")


class Options(verb.Options):
    """Texts that mean that there is no restriction, in lower case."""

    no_restriction: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for restrictions of an asset that goes to a public bucket."""
    try:
        restrictions = asset.value(_FILE, _KEY)
    except LookupError:
        return
    if not isinstance(restrictions, str) or restrictions.strip(" .").casefold() in options.no_restriction:
        return
    if asset.upload:
        for job in asset.upload.manifest.jobs:
            if job.content.get("s3_bucket") == "open":
                yield _fault(restrictions, "the public bucket (s3_bucket: open)")
                return
    if context.store is None:
        yield Unchecked(NO_BUCKET)
    elif is_s3(url := context.store.url) and (
        bucket_of(url) in context.public_buckets or _PUBLIC.fullmatch(split_s3(url)[0]) or context.store.is_public()
    ):
        yield _fault(restrictions, f"the public bucket {context.store.url}")


def _fault(restrictions: str, where: str) -> Fault:
    message = f"the asset is restricted ({one_line(restrictions, 80)}), but would be published in {where}"
    return Fault(message, _FILE, _KEY, found=restrictions)
