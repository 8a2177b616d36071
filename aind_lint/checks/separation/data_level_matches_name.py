"""Does the data level match the form of the name?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

_FILE, _POINTER = "data_description.json", "/data_level"


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if a raw asset has a derived name or the reverse."""
    level, form = asset.stated_level, asset.name.form
    if level == "raw" and form == "derived":
        message = f"data_level is raw, but the asset name is that of an asset derived from {asset.name.source}"
        fix = f'Set {_POINTER} in {_FILE} to "derived", or rename the folder to its raw name'
        yield Fault(message, _FILE, _POINTER, found="raw", expected="derived", fix=fix)
    elif level == "derived" and form == "raw":
        message = "data_level is derived, but the asset name is a raw name: it has no label and no time of processing"
        fix = f'Set {_POINTER} in {_FILE} to "raw", or rename the folder to {asset.name.text}_<label>_<date>_<time>'
        yield Fault(message, _FILE, _POINTER, found="derived", expected="raw", fix=fix)
