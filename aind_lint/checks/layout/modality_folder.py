"""Do the folders of a raw asset match the modalities that it declares?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import resolve_references
from aind_lint.checks.sidecars.sidecar_present import only_external_streams
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.modality_evidence import DECLARED_REFERENCES, ModalityEvidence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.glob import compile_globs

NEEDS_DATA = True


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
    evidence = asset.once(ModalityEvidence)
    known = asset.vocabulary.modality_folders
    present = {asset.vocabulary.modality_of(folder) for folder in nonempty}
    present |= {modality for folder, modality in evidence.meant_folders.items() if folder not in known}
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
    evidence = asset.once(ModalityEvidence)
    for folder in sorted(nonempty):
        modality = asset.vocabulary.modality_of(folder)
        if modality == "behavior" and "behavior-videos" in declared:
            continue
        if modality in asset.vocabulary.added_modalities:
            continue  # no release of the schema contains it, so it cannot be declared
        if modality is not None and modality not in declared:
            message = f"folder {folder} belongs to a modality that is not declared"
            meant = evidence.meant_folders.get(folder, modality)
            fix = evidence.repair(meant)
            yield Fault(message, folder, found=modality, fix=fix, item=evidence.item(meant))


def _misspelled(asset: Asset, folders: list[str]) -> Iterator[Fault]:
    evidence = asset.once(ModalityEvidence)
    for folder in sorted(folders):
        modality = evidence.meant_folders.get(folder) or asset.vocabulary.modality_of(folder)
        is_known = folder in asset.vocabulary.modality_folders
        if asset.upload and not is_known:
            continue  # the manifest has this key, which RIG102 reports
        if is_known and modality != asset.vocabulary.modality_of(folder):
            continue  # of another modality
        if modality is not None and not asset.vocabulary.is_modality_folder(folder, asset.generation):
            message = f"folder {folder} must be named {modality}"
            fix = evidence.rename_folder(folder, modality)
            yield Fault(message, folder, found=folder, expected=modality, fix=fix, item=evidence.item(modality))


def _unknown(asset: Asset, folders: Collection[str], others: list[str]) -> Iterator[Fault]:
    vocabulary = asset.vocabulary
    words = (*vocabulary.label_globs, *vocabulary.metadata_folders, *vocabulary.other_folders)
    known = compile_globs((*words, *others))
    misspelled = asset.once(ModalityEvidence).meant_folders
    for folder in sorted(folders):
        is_named = vocabulary.modality_of(folder) is not None or folder in misspelled
        if not is_named and not known.fullmatch(folder):
            yield Fault(f"folder {folder} is not named after a modality", folder, found=folder, item=folder)
