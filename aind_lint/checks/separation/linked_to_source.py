"""Does a derived asset contain links to files of its source?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from itertools import islice

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.hard_links import FileIdentity, HardLinks
from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.storage.sorted_table import sorted_items

NEEDS_DATA = True

#: Hard links that are compared at once, which bounds the memory.
_BATCH_SIZE = 50_000


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every symbolic link into the source, and for every file that is also one of the source's."""
    source = asset.name.source
    if source is None:
        return
    yield from report_limited(_links_into(source, asset.listing))
    if asset.listing.sibling(source, 0) is None:
        return
    links = asset.listing.hard_links()
    yield from _unknown(links, asset.listing)
    source_listing = asset.listing.sibling(source, None) if links.identities else None
    if source_listing is not None:
        source_links = source_listing.hard_links()
        yield from report_limited(_hard_links(links.identities, source_links.identities, source))
        yield from _unknown(source_links, source_listing)


def _links_into(source: str, listing: Listing) -> Iterator[Fault]:
    for key in listing.links:
        target = listing.link_target(key)
        resolved = posixpath.normpath(posixpath.join(posixpath.dirname(key), target.replace("\\", "/")))
        if source in resolved.split("/"):
            yield Fault(f"{key} is a link into the source {source}", key, found=target)


def _hard_links(
    links: Mapping[str, FileIdentity], source_links: Mapping[str, FileIdentity], source: str
) -> Iterator[Fault]:
    rows = iter(sorted_items(links))
    while batch := dict(islice(rows, _BATCH_SIZE)):
        identities = set(batch.values())
        source_keys = {identity: key for key, identity in source_links.items() if identity in identities}
        for key, identity in batch.items():
            if identity in source_keys:
                other = f"{source}/{source_keys[identity]}"
                yield Fault(f"{key} is a hard link to {other}; changing one changes both", key, found=other)


def _unknown(links: HardLinks, listing: Listing) -> Iterator[Unchecked]:
    if links.unknown:
        key, reason = links.unknown
        yield Unchecked(
            f"whether {listing.name}/{key} is a hard link cannot be found out: {reason}; "
            "copy the asset to a local disk, and use the copy"
        )
