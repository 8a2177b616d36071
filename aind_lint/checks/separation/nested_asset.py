"""Does the asset contain another asset?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.listing import folders_of
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.name_timestamp import NAME_TIMESTAMP
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.bucket.control_objects import DATA_DESCRIPTION
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every folder that is itself an asset, except inside one already reported."""
    yield from report_limited(_nested_assets(asset))


def _nested_assets(asset: Asset) -> Iterator[Fault]:
    ending = f"/{DATA_DESCRIPTION}"
    keys = asset.listing.key_index.files.keys_from("", ending)
    described = {key[: -len(ending)] for key in keys if key.endswith(ending)}
    found: set[str] = set()
    for folder in asset.listing.key_index.folders:
        reason = _reason(folder, described, asset.vocabulary)
        if reason and not any(outer in found for outer in folders_of([folder])):
            found.add(folder)
            name = folder.rpartition("/")[2]
            fix = f"Move {folder} out of {asset.listing.name}, next to it"
            yield Fault(f"folder {folder} is a separate asset: {reason}", folder, found=name, fix=fix)


def _reason(folder: str, described: set[str], vocabulary: Vocabulary) -> str | None:
    if folder in described:
        return f"it contains a {DATA_DESCRIPTION}"
    name = folder.rpartition("/")[2]
    if not NAME_TIMESTAMP.search(name):  # ten times as fast as parsing the name
        return None
    parsed = parse_name(name, vocabulary=vocabulary)
    if parsed.problems or parsed.form is None:
        return None
    # Recorders name their folders after the session, so a raw name below the root is not evidence.
    if parsed.form == "derived" or "/" not in folder:
        return f"its name is that of {'an' if parsed.form == 'analyzed' else 'a'} {parsed.form} asset"
    return None
