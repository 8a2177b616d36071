"""Does the asset contain links, or special files such as pipes?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked


class Options(verb.Options):
    """What to report: links, or devices, pipes and sockets."""

    kind: Literal["link", "special"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every such key. What a file of a cloud folder is, cannot be checked before it is downloaded."""
    listing = asset.listing
    keys, what = (
        (listing.links, "a link") if options.kind == "link" else (listing.special_files, "a device, a pipe or a socket")
    )
    yield from report_limited(Fault(f"{key} is {what}", key, found=key) for key in keys)
    if options.kind == "special" and listing.cloud_files:
        yield Unchecked(_in_cloud(listing.cloud_files))


def _in_cloud(keys: Collection[str]) -> str:
    first, number = next(iter(keys)), len(keys)
    files = f"the content of {first}" if number == 1 else f"the content of {number:,} files, such as {first},"
    return (
        f"{files} is in the cloud and not on this computer, and nothing was downloaded; choose 'Always keep on this "
        "device' in the folder's menu in Explorer, wait for the download, and run the command again"
    )
