"""Evidence of modalities: which of them are declared, recorded in streams, and present as folders with data."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cached_property
from weakref import proxy

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import ReferencedValue, resolve_references
from aind_lint.text.glob import compile_globs
from aind_lint.text.json_position import join_pointer, resolve
from aind_lint.text.suggestions import closest

DECLARED_REFERENCES = (
    "data_description.json#/modalities/*/abbreviation",
    "data_description.json#/modality/*/abbreviation",
    "data_description.json#/modality/abbreviation",
    "data_description.json#/modality",
)
RECORDED_REFERENCES = (
    "acquisition.json#/data_streams/*/modalities/*/abbreviation",
    "session.json#/data_streams/*/stream_modalities/*/abbreviation",
)
_EQUIPMENT_REFERENCES = ("instrument.json#/modalities/*/abbreviation", "rig.json#/modalities/*/abbreviation")

#: Places that one repair lists.
_MAX_STEPS = 6


class ModalityEvidence:
    """What data_description.json, the streams of the recording and the folders state of the modalities of an asset."""

    def __init__(self, asset: Asset) -> None:
        self._asset: Asset = proxy(asset)  # the asset keeps this object, and a cycle would keep both in memory
        self._declared = self._entries(DECLARED_REFERENCES)
        self._recorded = self._entries(RECORDED_REFERENCES)
        found = {folder: asset.vocabulary.modality_of(folder) for folder in asset.listing.key_index.top_folders}
        self._folders = {modality: folder for folder, modality in found.items() if modality is not None}

    def _entries(self, references: tuple[str, ...]) -> dict[str, ReferencedValue]:
        """The first place of each modality, by its present name."""
        entries: dict[str, ReferencedValue] = {}
        for entry in resolve_references(self._asset, references):
            if isinstance(entry.value, str):
                entries.setdefault(self._present_name(entry.value), entry)
        return entries

    def _present_name(self, word: str) -> str:
        return self._asset.vocabulary.former_modalities.get(word, word)

    @cached_property
    def meant(self) -> Mapping[str, str]:
        """Words that only one file states, with the modality that they were meant to be: the one that it lacks."""
        meant = {}
        for stated, other in ((self._declared, self._recorded), (self._recorded, self._declared)):
            others: list[Collection[str]] = [each for each in (other, self._folders) if each]
            if not others:
                continue
            extra = [word for word in stated if not any(word in each for each in others)]
            missing = [word for word in others[0] if word not in stated and all(word in each for each in others)]
            for word in extra:
                is_known = word in self._asset.vocabulary.modality_folders
                if len(extra) == len(missing) == 1 and (not is_known or len(others) == 2):
                    meant[word] = missing[0]
                elif not is_known and (similar := closest(word, missing)):
                    meant[word] = similar
        return self._unknown_words() | meant

    def _unknown_words(self) -> dict[str, str]:
        """Words that are no modality, with the one that the folders show, or else that such a word usually means."""
        vocabulary = self._asset.vocabulary
        stated = {**self._declared, **self._recorded}
        words = [word for word in stated if word not in vocabulary.modality_folders]
        missing = [modality for modality in self._folders if modality not in stated]
        if len(words) == len(missing) == 1:
            return {words[0]: missing[0]}
        suggested = {word: vocabulary.suggested_modality(word, missing) for word in words}
        return {word: modality for word, modality in suggested.items() if modality is not None}

    @cached_property
    def meant_folders(self) -> Mapping[str, str]:
        """Folders with a wrong name, with the modality whose data they probably contain.

        A folder named like another modality counts only if it is the one that no file states, and the other is the one
        that has no folder.
        """
        vocabulary = self._asset.vocabulary
        stated = {self.item(word) for word in (*self._declared, *self._recorded)}
        missing = [modality for modality in stated if modality not in self._folders]
        extra = [folder for modality, folder in self._folders.items() if modality not in stated]
        words = (*vocabulary.label_globs, *vocabulary.metadata_folders, *vocabulary.other_folders)
        others = compile_globs(words)
        unknown = (
            folder
            for folder in self._asset.listing.key_index.top_folders
            if vocabulary.modality_of(folder) is None and not others.fullmatch(folder)
        )
        suggested = {folder: vocabulary.suggested_modality(folder, missing) for folder in unknown}
        meant = {folder: modality for folder, modality in suggested.items() if modality is not None}
        is_confirmed = bool(self._recorded) and all(m in self._declared and m in self._recorded for m in missing)
        if len(missing) == len(extra) == 1 and is_confirmed and missing[0] not in meant.values():
            meant[extra[0]] = missing[0]
        return meant

    def correct_everywhere(self, word: str, modality: str) -> str:
        """Set a wrong word to a modality, at every place that states it."""
        places = resolve_references(self._asset, (*DECLARED_REFERENCES, *RECORDED_REFERENCES))
        steps = [f'set {one.pointer} in {one.file} to "{modality}"' for one in places if one.value == word]
        return self._with_folder(_upper(", and ".join(steps[:_MAX_STEPS])), modality) if steps else ""

    def _with_folder(self, fix: str, modality: str) -> str:
        """A fix, and what to do about the folder if its name is wrong as well."""
        folder = next((one for one, meant in self.meant_folders.items() if meant == modality), None)
        return f"{fix}, and {_lower(self.rename_folder(folder, modality))}" if folder is not None else fix

    def rename_folder(self, folder: str, modality: str) -> str:
        """What to do about a folder whose name is not that of its modality."""
        if self._asset.upload:
            manifest = self._asset.upload.manifest.path.name
            return f"Rename the key {folder} under modalities in {manifest} to {modality}"
        if modality in self._asset.listing.folders:
            return f"Move the files in the folder {folder} into the folder {modality}"
        return f"Rename the folder {folder} to {modality}"

    def item(self, word: str) -> str:
        """The modality that a word means: findings about it have one cause."""
        word = self._present_name(word)
        return self.meant.get(word, word)

    def repair(self, word: str) -> str | None:
        """What to do about a modality that not all places state; None if all do or only one place states any."""
        modality = self.item(word)
        wrong = next((one for one, meant in self.meant.items() if meant == modality), None)
        if wrong is not None:
            correction = self._correct(self._declared.get(wrong) or self._recorded[wrong], wrong, modality)
            return self._with_folder(correction, modality)
        if (folder := next((one for one, meant in self.meant_folders.items() if meant == modality), None)) is not None:
            renaming = self.rename_folder(folder, modality)
            other = self._asset.vocabulary.modality_of(folder)
            if other is None or closest(folder, [modality]):
                return renaming
            return (
                f"If {folder} contains the data of {modality}, {_lower(renaming)}. If it does not, move it to the "
                f"asset that it belongs to, and copy the data of {modality} into a folder named {modality}"
            )
        folder = self._folders.get(modality)
        add, remove = self._add_declared(modality), self._remove(self._declared.get(modality))
        record, drop = self._add_recorded(modality), self._remove(self._recorded.get(modality))
        if self._recorded and self._folders:
            return {
                (False, True, True): add,
                (True, False, True): record,
                (True, True, False): f"Copy the data of {modality} into a folder named {modality}",
                (True, False, False): remove,
                (False, True, False): drop,
                (False, False, True): (
                    f"Move the folder {folder} to the asset that it belongs to. If it belongs to this asset, "
                    f"{_lower(add)}, and {_lower(record)}"
                ),
            }.get((modality in self._declared, modality in self._recorded, folder is not None))
        if self._folders:
            yes = add if folder else f"Copy its data into a folder named {modality}"
            return self._either(modality, yes, folder, remove)
        return self._either(modality, add if modality in self._recorded else record, None, drop or remove)

    def _either(self, modality: str, yes: str, folder: str | None, no: str | None) -> str:
        otherwise = f"move the folder {folder} to the asset that it belongs to" if folder else _lower(no or "")
        return f"If {modality} was recorded, {_lower(yes)}. If it was not, {otherwise}"

    def _correct(self, entry: ReferencedValue, wrong: str, modality: str) -> str:
        """Correct a word; of another known modality, also the name beside it."""
        if wrong in self._asset.vocabulary.modality_folders and isinstance(entry.path[-1], str):
            return f"Set {join_pointer(entry.path[:-1])} in {entry.file} to {self._object(modality)}"
        return f'Set {entry.pointer} in {entry.file} to "{modality}"'

    def _add_declared(self, modality: str) -> str:
        field = next((str(entry.path[0]) for entry in self._declared.values()), "modalities")
        return f"Add {self._object(modality)} to /{field} in data_description.json"

    def _add_recorded(self, modality: str) -> str:
        if self._equipment and modality not in self._equipment:  # then the stream needs more than the word
            devices = next(str(entry.file) for entry in self._equipment.values())
            return f"Describe the recording of {modality} in {self._recording}, and its devices in {devices}"
        entry = next(iter(self._recorded.values()), None)
        where = f"{join_pointer(entry.path[:-2])} in {entry.file}" if entry else "the stream that recorded it"
        return f"Add {self._object(modality)} to {where}"

    @cached_property
    def _equipment(self) -> dict[str, ReferencedValue]:
        """The modalities for which instrument.json or rig.json has devices; older ones name none."""
        return self._entries(_EQUIPMENT_REFERENCES)

    @property
    def _recording(self) -> str:
        """The file that describes the recording."""
        return next((str(entry.file) for entry in self._recorded.values()), "acquisition.json")

    def _remove(self, entry: ReferencedValue | None) -> str | None:
        if entry is None:
            return None
        path = entry.path[:-1] if entry.path[-1] == "abbreviation" else entry.path
        return f"Remove {join_pointer(path)} from {entry.file}"

    def _object(self, modality: str) -> str:
        """The modality as one of the files writes it, or as the schema does."""
        for entry in (self._recorded.get(modality), self._declared.get(modality)):
            if entry is not None and entry.file is not None and entry.path[-1] == "abbreviation":
                sidecar = self._asset.sidecar(entry.file)
                assert sidecar is not None and sidecar.data is not None
                return json.dumps(resolve(sidecar.data, join_pointer(entry.path[:-1])), ensure_ascii=False)
        entries = (*self._declared.values(), *self._recorded.values())
        name = self._asset.vocabulary.modality_names.get(modality)
        if name is None or any(entry.path[-1] != "abbreviation" for entry in entries):
            return f'"{modality}"'
        return json.dumps({"name": name, "abbreviation": modality})


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
