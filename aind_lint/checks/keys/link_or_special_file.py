"""Does the asset contain links, or special files such as pipes?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault


class Options(verb.Options):
    """What to report: links, or devices, pipes and sockets."""

    kind: Literal["link", "special"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every such key."""
    listing = asset.listing
    keys, what = (
        (listing.links, "a link") if options.kind == "link" else (listing.special_files, "a device, a pipe or a socket")
    )
    yield from report_limited(Fault(f"{key} is {what}", key, found=key) for key in keys)
