"""Do the folders of a raw asset match the modalities that it declares?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import ReferencedValue, resolve_references
from aind_lint.checks.sidecars.sidecar_present import only_external_streams
from aind_lint.engine.fault_limit import report_first, report_limited
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
        yield from _missing(asset, nonempty, folders)
    elif options.problem == "undeclared":
        yield from report_limited(_undeclared(asset, nonempty))
    elif options.problem == "misspelled":
        yield from report_limited(_misspelled(asset, folders))
    else:
        yield from report_limited(_unknown(asset, nonempty, options.other_folders))


def _missing(asset: Asset, nonempty: Collection[str], folders: list[str]) -> Iterator[Fault]:
    modality_of = asset.vocabulary.modality_of
    by_modality = {modality_of(folder): folder for folder in reversed(folders)}
    if by_modality.keys() <= {None} or only_external_streams(asset):
        return
    evidence = asset.once(ModalityEvidence)
    known = asset.vocabulary.modality_folders
    present = {None, *map(modality_of, nonempty)}  # None: words that mean no modality
    present |= {modality for folder, modality in evidence.meant_folders.items() if folder not in known}
    if "behavior" in present:
        present.add("behavior-videos")  # the founding document keeps videos in behavior/
    declared = [entry for entry in resolve_references(asset, DECLARED_REFERENCES) if isinstance(entry.value, str)]
    missing = [entry for entry in declared if modality_of(entry.value) not in present]

    def fault(entry: ReferencedValue) -> Fault:
        empty = by_modality.get(modality_of(entry.value))
        problem = "the asset has no folder of that name" if empty is None else f"its folder {empty} is empty"
        return Fault(
            f"{entry.value} is declared, but {problem}",
            entry.file,
            entry.pointer,
            found=entry.value,
            fix=evidence.repair(entry.value),
            item=evidence.item(entry.value),
        )

    yield from report_first(missing, fault, "more modalities like this", "data_description.json")


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
