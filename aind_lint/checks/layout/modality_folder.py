"""Do the folders of a raw asset match the modalities that it declares?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import simplify
from aind_lint.asset.value_reference import resolve_references
from aind_lint.checks.sidecars.sidecar_present import only_external_streams
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.modality_evidence import DECLARED_REFERENCES, ModalityEvidence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.glob import compile_globs
from aind_lint.text.suggestions import closest

NEEDS_DATA = True

#: Letters of the shortest name that is compared with similar ones, and by how many its length can differ.
_MIN_LENGTH, _MAX_DIFFERENCE = 5, 2


class Options(verb.Options):
    """What to report.

    Attributes:
        problem: ``missing``: a modality has no folder, or an empty one; ``undeclared``: the folder of a modality that
            is not declared; ``misspelled``: a folder named like a modality, but not exactly; ``unknown``: a folder
            named by no modality.
        other_folders: Globs of further folders that are allowed, besides those of the vocabulary.
    """

    problem: Literal["missing", "undeclared", "misspelled", "unknown"]
    other_folders: list[str] = []


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every modality or folder; none for an asset that holds no folder at all."""
    nonempty = asset.listing.key_index.top_folders
    folders = [key for key in asset.listing.folders if "/" not in key]
    if options.problem == "missing":
        faults = _missing(asset, nonempty, folders)
    elif options.problem == "undeclared":
        faults = _undeclared(asset, nonempty)
    elif options.problem == "misspelled":
        faults = _misspelled(asset, folders)
    else:
        faults = _unknown(asset, nonempty, options.other_folders)
    yield from report_limited(faults)


def _missing(asset: Asset, nonempty: Collection[str], folders: list[str]) -> Iterator[Fault]:
    if not any(asset.vocabulary.modality_of(folder) for folder in folders) or only_external_streams(asset):
        return
    present = {asset.vocabulary.modality_of(folder) or _meant(asset, folder) for folder in nonempty}
    evidence = ModalityEvidence(asset)
    for entry in resolve_references(asset, DECLARED_REFERENCES):
        modality = asset.vocabulary.modality_of(entry.value) if isinstance(entry.value, str) else None
        if modality is None or modality in present or (modality == "behavior-videos" and "behavior" in present):
            continue  # the founding document keeps videos in behavior/
        empty = next((folder for folder in folders if asset.vocabulary.modality_of(folder) == modality), None)
        problem = "the asset has no folder of that name" if empty is None else f"its folder {empty} is empty"
        yield Fault(
            f"{entry.value} is declared, but {problem}",
            entry.file,
            entry.pointer,
            found=entry.value,
            fix=evidence.repair(entry.value),
            item=evidence.item(entry.value),
        )


def _undeclared(asset: Asset, nonempty: Collection[str]) -> Iterator[Fault]:
    declared = {
        asset.vocabulary.modality_of(entry.value)
        for entry in resolve_references(asset, DECLARED_REFERENCES)
        if isinstance(entry.value, str)
    }
    if not declared:
        return
    evidence = ModalityEvidence(asset)
    for folder in sorted(nonempty):
        modality = asset.vocabulary.modality_of(folder)
        if modality == "behavior" and "behavior-videos" in declared:
            continue
        if modality in asset.vocabulary.added_modalities:
            continue  # no release of the schema contains it, so it cannot be declared
        if modality is not None and modality not in declared:
            message = f"folder {folder} belongs to a modality that is not declared"
            fix = evidence.repair(modality)
            yield Fault(message, folder, found=modality, fix=fix, item=evidence.item(modality))


def _misspelled(asset: Asset, folders: list[str]) -> Iterator[Fault]:
    for folder in sorted(folders):
        modality = asset.vocabulary.modality_of(folder) or _meant(asset, folder)
        if modality is not None and not asset.vocabulary.is_modality_folder(folder, asset.generation):
            fix = f"Rename the folder {folder} to {modality}"
            message = f"folder {folder} must be named {modality}"
            yield Fault(message, folder, found=folder, expected=modality, fix=fix, item=folder)


def _meant(asset: Asset, folder: str) -> str | None:
    """The modality whose name a folder misspells: ``behavior`` for ``Behaviour``; None if there is none.

    Short names are too similar to one another: EM, EMG, fib.
    """
    vocabulary = asset.vocabulary
    others = compile_globs((*vocabulary.label_globs, *vocabulary.metadata_folders, *vocabulary.other_folders))
    if len(folder) < _MIN_LENGTH or others.fullmatch(folder):
        return None
    word = closest(
        simplify(folder), {simplify(name) for name in vocabulary.modality_folders if len(name) >= _MIN_LENGTH}
    )
    return vocabulary.modality_of(word) if word and abs(len(word) - len(simplify(folder))) <= _MAX_DIFFERENCE else None


def _unknown(asset: Asset, folders: Collection[str], others: list[str]) -> Iterator[Fault]:
    vocabulary = asset.vocabulary
    words = (*vocabulary.label_globs, *vocabulary.metadata_folders, *vocabulary.other_folders)
    known = compile_globs((*words, *others))
    for folder in sorted(folders):
        is_named = vocabulary.modality_of(folder) is not None or _meant(asset, folder) is not None
        if not is_named and not known.fullmatch(folder):
            yield Fault(f"folder {folder} is not named after a modality", folder, found=folder, item=folder)
