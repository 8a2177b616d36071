"""Does the asset contain anything but metadata?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.checks.sidecars.sidecar_present import only_external_streams
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked

NEEDS_DATA = True


class Options(verb.Options):
    """What does not count as data, besides the metadata folders of the vocabulary.

    Attributes:
        ignored_endings: Endings of files at the root.
    """

    ignored_endings: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault when there is no data."""
    folders, endings = (
        tuple(f"{folder}/" for folder in asset.vocabulary.metadata_folders),
        tuple(options.ignored_endings),
    )
    for key in asset.listing.files:
        if not key.startswith(folders) if "/" in key else not key.lower().endswith(endings):
            return
    if asset.upload and any(source.folder for source in asset.upload.unreachable):
        yield Unchecked("the data is not on this computer")
    elif not only_external_streams(asset):
        # A repository of metadata has no upload manifest, so the configuration for one is no repair.
        fix = "List the folders with the data under modalities in the manifest" if asset.upload else None
        yield Fault("the asset contains metadata but no data", fix=fix)
