"""Does a derived asset hold its source's files, under other names of the same content?"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from itertools import islice

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.fault_limit import report_first
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.storage.sorted_table import sorted_items

NEEDS_DATA = True

#: Hard links that are looked for at once.
_AT_ONCE = 50_000


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every symbolic link into the source, and for every file that is also one of the source's."""
    source = asset.name.source
    if source is None:
        return
    yield from report_first(_links_into(source, asset.listing))
    if os.name == "nt" and asset.listing.sibling(source, 0) is not None:
        yield Unchecked("on Windows a listing does not tell which files are hard links")
    if not asset.listing.hard_links:
        return
    beside = asset.listing.sibling(source, None)
    if beside is not None:
        yield from report_first(_hard_links(asset.listing, beside))


def _links_into(source: str, listing: Listing) -> Iterator[Fault]:
    for key in listing.links:
        target = listing.link_target(key)
        whole = posixpath.normpath(posixpath.join(posixpath.dirname(key), target.replace("\\", "/")))
        if source in whole.split("/"):
            yield Fault(f"{key} is a link into the source {source}", key, found=target)


def _hard_links(listing: Listing, source: Listing) -> Iterator[Fault]:
    links = iter(sorted_items(listing.hard_links))
    while some := dict(islice(links, _AT_ONCE)):
        wanted = set(some.values())
        theirs = {identity: key for key, identity in source.hard_links.items() if identity in wanted}
        for key, identity in some.items():
            if identity in theirs:
                other = f"{source.name}/{theirs[identity]}"
                yield Fault(f"{key} is a hard link to {other}: a change of one changes both", key, found=other)
