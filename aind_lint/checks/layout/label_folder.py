"""Does a derived asset have a folder named by the label in its name, or by a process?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.checks.layout.nwb_name import nwb_stores
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

NEEDS_DATA = True


class Options(verb.Options):
    """Which folder names state nothing.

    Every other name is correct: folders are named by the label, by a process, or by what was recorded.

    Attributes:
        meaningless: Names of folders that state neither a label nor a process, in lower case.
    """

    meaningless: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if no folder has the label's name; none for an asset without folders or with an NWB at the root."""
    folders, label = asset.listing.key_index.top_folders, asset.name.label
    if nwb_stores(asset) or not folders or label is None:
        return
    correct = {label, label.partition("-")[0], *asset.vocabulary.label_folders}
    named = [folder for folder in folders if folder.casefold() not in options.meaningless]
    if not correct.intersection(folders) and not named:
        message = f"no folder is named {label}, the label in the asset name"
        yield Fault(message, found=", ".join(sorted(folders)[:5]), expected=label)
