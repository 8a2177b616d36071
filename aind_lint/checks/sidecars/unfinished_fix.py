"""Was a run of ``aind-lint fix`` interrupted while it changed the asset?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.bucket.address import is_s3
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.errors import UsageError
from aind_lint.fix.fix_record import FOLDER, unfinished_fix
from aind_lint.text.shell import shell_argument

#: Levels of the folder of fixes that are listed: its folders and their plans, not what they keep.
_DEPTH = 2


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if a fix of the asset has begun and has not ended."""
    if is_s3(asset.listing.address) or (fixes := asset.listing.sibling(FOLDER, _DEPTH)) is None:
        return
    try:
        folder = unfinished_fix(fixes, asset.listing.name)
    except (UsageError, OSError) as error:
        yield Unchecked(str(error))
        return
    if folder is not None:
        command = f"aind-lint fix {shell_argument(asset.listing.address)}"
        yield Fault(
            "'aind-lint fix' was interrupted while it changed the asset",
            found=f"{FOLDER}/{folder}",
            fix=f"Finish it with '{command}', or undo it with '{command} --undo'",
        )
