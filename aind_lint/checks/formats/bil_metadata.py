"""Do the sidecars state what the metadata sheet of BIL demands?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aind_lint.archives.bil.sheet import build_sheet
from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

#: A sidecar in a text.
_SIDECAR = re.compile(r"[a-z_]+\.json")


class Options(verb.Options):
    """Which values.

    Attributes:
        in_sidecars: Values that a sidecar can state; else those that only the sheet can.
    """

    in_sidecars: bool


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every required value that is missing."""
    for value in build_sheet([asset]).missing():
        source = value.column.source
        if (source is not None) is not options.in_sidecars:
            continue
        file = next(iter(_SIDECAR.findall(source or "")), None)
        problem = f"BIL does not accept {value}" if value.found else f"no sidecar states {value}, which BIL needs"
        yield Fault(
            problem,
            file if file is not None and file in asset.listing.files else None,
            found=value.found or None,
            expected=", ".join(value.column.values) or None,
            fix=f"Fill the field: {source}." if source else f"Fill {value.column.name} in the sheet.",
        )
