"""Fixers of the names of sidecars and modality folders, and of junk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import simplify
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.modality_evidence import DECLARED_REFERENCES
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.fix.fixer import Fix, FixRequest, MoveAway, Rename
from aind_lint.fix.fixers.path_values import rewrite_paths
from aind_lint.schema.versions import described_module, is_class_of_kind
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.misnamed import intended_sidecar
from aind_lint.sidecar.reader import MAX_SIZE, Sidecar, read_sidecar
from aind_lint.text.glob import compile_globs
from aind_lint.text.suggestions import closest

#: Words and numbers that show that there is, or was, another version of the file.
_VERSION = re.compile(r"(?<![a-z])(old|bak|orig|original|backup|new|final|draft)(?![a-z])|[0-9]$", re.IGNORECASE)
_ENDING = re.compile(r"( \([0-9]+\)| - copy)?(\.[a-z0-9]{1,5})+$", re.IGNORECASE)
#: What is never moved: it can exist nowhere else, or a program may still write it.
_PROTECTED = (".git", ".svn", ".hg", ".env", ".env.*", "*.tmp")


def fix_sidecar_names(request: FixRequest) -> Iterator[Fix]:
    """Rename a file that is certainly a sidecar, if it is the only one of its kind."""
    asset = request.asset
    intended = {name: target for name in asset.listing.root_files if (target := intended_sidecar(name))}
    counts = Counter(intended.values())
    for name, target in intended.items():
        if counts[target] == 1 and not _is_taken(asset, target, name) and _is_sidecar(asset, name, target):
            yield Fix((Rename(name, target), *rewrite_paths(asset, name, target)), name)


def _is_sidecar(asset: Asset, name: str, target: str) -> bool:
    """Whether a file is a sidecar: by its name but for spelling if its content does not deny it, or by both."""
    kind = target.removesuffix(".json")
    stem = _ENDING.sub("", name)
    is_same_word = simplify(stem.replace(".", "")) == simplify(kind)
    if not is_same_word and _VERSION.search(stem) and not stem.casefold().startswith("rig_"):
        return False
    if _VERSION.search(name[len(stem) :]) or asset.listing.files[name].size > MAX_SIZE:
        return False
    try:
        with asset.listing.open(name) as stream:
            content = read_sidecar(target, stream.read())
    except OSError:
        return False
    if content.data is None:
        return is_same_word and _begins_as_object(content)  # it may have a fault that is fixed next
    module = described_module(content.data.get("describedBy"))
    if module is not None and is_class_of_kind(module, kind):
        return True
    is_of_another_kind = module is not None and any(is_class_of_kind(module, other) for other in KINDS)
    return is_same_word and not is_of_another_kind


def _begins_as_object(content: Sidecar) -> bool:
    return content.raw.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{")


def fix_modality_folders(request: FixRequest) -> Iterator[Fix]:
    """Rename a folder that is named nearly like one modality, if data_description.json does not contradict that."""
    asset = request.asset
    declared = {
        modality
        for entry in resolve_references(asset, DECLARED_REFERENCES)
        if isinstance(entry.value, str) and (modality := asset.vocabulary.modality_of(entry.value))
    }
    misspelled = {one.found: one.expected for one in request.findings if one.found and one.expected}
    counts = Counter(misspelled.values())
    for folder, modality in misspelled.items():
        is_contradicted = bool(declared) and modality not in declared
        others = (declared or asset.vocabulary.modality_folders) - {modality}
        is_ambiguous = asset.vocabulary.modality_of(folder) is None and closest(folder, others) is not None
        if counts[modality] > 1 or is_contradicted or is_ambiguous or _is_taken(asset, modality, folder):
            continue
        yield Fix((Rename(folder, modality), *rewrite_paths(asset, folder, modality)), folder)


def _is_taken(asset: Asset, target: str, source: str) -> bool:
    """Whether something at the root has a name already, in any case; a system may ignore case."""
    folders = (key for key in asset.listing.folders if "/" not in key)
    others: Iterable[str] = (*asset.listing.root_files, *folders, *asset.listing.links, *asset.listing.special_files)
    return any(name != source and name.casefold() == target.casefold() for name in others)


def fix_junk(request: FixRequest) -> Iterator[Fix]:
    """Move leftover files of programs out of the asset."""
    index = request.asset.listing.key_index
    globs, any_case = junk_globs(request.rule)
    own = compile_globs(_PROTECTED, ignore_case=True)
    inside = compile_globs(tuple(f"**/{glob}{rest}" for glob in _PROTECTED for rest in ("", "/**")), ignore_case=True)
    for key, _ in index.entries_matching(globs, any_case):
        if not own.fullmatch(key.rpartition("/")[2]) and not any(map(inside.fullmatch, index.keys_below(key))):
            yield Fix((MoveAway(key),), key)


def junk_globs(rule: LoadedRule) -> tuple[Sequence[str], bool]:
    """The globs of a rule about junk, and whether they ignore case."""
    return getattr(rule.options, "paths", []), getattr(rule.options, "any_case", False)
