"""Does a public archive take data of these modalities?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.constraint import NOT_EMPTY


class Options(verb.Options):
    """Which modalities.

    Attributes:
        modalities: Abbreviations of the modalities that the archive takes, whatever their case.
        archive: The name of the archive.
    """

    modalities: Annotated[list[str], NOT_EMPTY]
    archive: str


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault if none of the modalities of the asset is taken."""
    if not asset.modalities:
        yield Unchecked("data_description.json states no modality")
        return
    taken = {modality.lower() for modality in options.modalities}
    if taken.isdisjoint(modality.lower() for modality in asset.modalities):
        yield Fault(
            f"{options.archive} takes {', '.join(options.modalities)}; this asset has {', '.join(asset.modalities)}",
            "data_description.json",
            found=", ".join(asset.modalities),
            expected=", ".join(options.modalities),
        )
