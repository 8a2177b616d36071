"""Does ``describedBy`` name the class of the file?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.schema.versions import described_module, is_class_of_kind
from aind_lint.text.characters import one_line

SCOPE = "sidecar"


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every readable sidecar that names another class."""
    for sidecar in asset.sidecars():
        if sidecar.data is None or "describedBy" not in sidecar.data:
            continue
        described = sidecar.data["describedBy"]
        module = described_module(described)
        if module is None or not is_class_of_kind(module, sidecar.kind):
            named = one_line(module or json.dumps(described), 40)
            message = f"describedBy names '{named}', but the file name means {sidecar.kind}"
            yield Fault(message, sidecar.key, "/describedBy", found=named, expected=sidecar.kind)
