"""Does the asset contain anything but metadata, empty files and texts for readers?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_rows
from aind_lint.checks.sidecars.sidecar_present import only_external_streams
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.text.quantities import format_count

NEEDS_DATA = True


class Options(verb.Options):
    """What does not count as data, besides the metadata folders of the vocabulary.

    Attributes:
        ignored_endings: Endings of files at the root.
        text_endings: Endings of files for readers, in any folder.
        text_names: Beginnings of the names of files for readers, in any folder.
    """

    ignored_endings: list[str]
    text_endings: list[str]
    text_names: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault when there is no data."""
    folders = tuple(f"{folder}/" for folder in asset.vocabulary.metadata_folders)
    root_endings, endings, names = map(tuple, (options.ignored_endings, options.text_endings, options.text_names))
    empty = texts = 0
    for key, size, _ in file_rows(asset.listing.files):
        folded = key.lower()
        if key.startswith(folders) if "/" in key else folded.endswith(root_endings):
            continue
        if folded.endswith(endings) or folded.rpartition("/")[2].startswith(names):
            texts += 1
        elif size:
            return
        else:
            empty += 1
    if asset.upload and any(source.folder for source in asset.upload.unreachable):
        yield Unchecked("the data is not on this computer")
    elif not only_external_streams(asset):
        # A repository of metadata has no upload manifest, so the configuration for one is no repair.
        fix = "List the folders with the data under modalities in the manifest" if asset.upload else None
        yield Fault(_describe(empty, texts), fix=fix)


def _describe(empty: int, texts: int) -> str:
    if empty:
        others = f", and {format_count(texts, 'text')} for readers" if texts else ""
        return f"the asset contains no data: only {format_count(empty, 'empty file')}{others}"
    if texts:
        return f"the asset contains no data: its folders have only {format_count(texts, 'text')} for readers"
    return "the asset contains metadata but no data"
