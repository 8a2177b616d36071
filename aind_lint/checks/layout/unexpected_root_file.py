"""Is there a file at the root that is neither metadata nor a note?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited_keys
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True


class Options(verb.Options):
    """Endings of the files that are allowed at the root."""

    allowed_endings: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every other file."""
    endings = tuple(options.allowed_endings)
    unexpected = ((name, 1) for name in asset.listing.root_files if not name.lower().endswith(endings))
    yield from report_limited_keys(unexpected, lambda key: "is at the root, outside the modality folders")
