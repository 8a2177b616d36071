"""The words in names of assets and folders: ``rules/vocabulary.yaml``, which another laboratory can extend.

Read from the compiled form, ``vocabulary.json``, because YAML takes 15 ms to load and every start needs the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from aind_lint.system.package_data import read_rules_file
from aind_lint.text.suggestions import closest

_FILE_NAME = "vocabulary.json"
#: Letters of the shortest name that is compared with similar ones, and by how many its length can differ.
_MIN_LENGTH, _MAX_DIFFERENCE = 5, 2


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words in names of assets and folders.

    Attributes:
        platforms: Prefixes of names: the platforms of metadata 1.x.
        platform_names: What the schema calls each platform.
        older_prefixes: Prefixes of names from before the platforms.
        modality_folders: Names of folders with the data of a modality, of every generation of the metadata.
        modality_names: What the schema calls each modality, by its abbreviation.
        former_modalities: Abbreviations of earlier releases, with the present ones.
        platform_modalities: Platforms that name the folder of a modality in older assets, with the modality.
        modality_shorthand: What people call a modality, with the modality. It is suggested, never accepted.
        modality_parts: Folders with a part of a modality, with the modality.
        imaging_modalities: Modalities recorded as an acquisition on an instrument in 0.x and 1.x, in lower case.
        label_folders: Labels of derived assets, with globs of the folders that they name.
        metadata_folders: Folders at the root with metadata or records.
        other_folders: Further folders at the root.
        added_prefixes: The prefixes that a configuration adds; no release of the schema has a platform for them.
        added_modalities: The modalities that a configuration adds; no release of the schema contains them.
    """

    platforms: frozenset[str]
    platform_names: Mapping[str, str]
    older_prefixes: frozenset[str]
    modality_folders: frozenset[str]
    modality_names: Mapping[str, str]
    former_modalities: Mapping[str, str]
    platform_modalities: Mapping[str, str]
    modality_shorthand: Mapping[str, str]
    modality_parts: Mapping[str, str]
    imaging_modalities: frozenset[str]
    label_folders: Mapping[str, tuple[str, ...]]
    metadata_folders: frozenset[str]
    other_folders: frozenset[str]
    added_prefixes: frozenset[str] = frozenset()
    added_modalities: frozenset[str] = frozenset()

    def extended(
        self, prefixes: Iterable[str] = (), modalities: Iterable[str] = (), labels: Iterable[str] = ()
    ) -> Vocabulary:
        """This vocabulary with more words."""
        added = frozenset(modalities) - self.modality_folders
        new_prefixes = frozenset(prefixes) - self.platforms
        return replace(
            self,
            platforms=self.platforms | new_prefixes,
            added_prefixes=self.added_prefixes | new_prefixes,
            modality_folders=self.modality_folders | added,
            label_folders={**{label: (label,) for label in labels}, **self.label_folders},
            added_modalities=self.added_modalities | added,
        )

    @cached_property
    def prefixes(self) -> frozenset[str]:
        """Everything that may precede a subject id."""
        return self.platforms | self.older_prefixes

    @cached_property
    def prefixes_without_case(self) -> frozenset[str]:
        """The prefixes in lower case."""
        return frozenset(prefix.casefold() for prefix in self.prefixes)

    @cached_property
    def modality_folders_without_case(self) -> frozenset[str]:
        """The names of modality folders in lower case."""
        return frozenset(folder.casefold() for folder in self.modality_folders)

    @cached_property
    def prefix_joined_to_subject(self) -> re.Pattern[str]:
        """A prefix and the six digits of a mouse without an underscore between them."""
        prefixes = "|".join(re.escape(prefix) for prefix in sorted(self.prefixes, reverse=True))
        return re.compile(rf"({prefixes})[-.]?([0-9]{{6}})", re.IGNORECASE)

    @cached_property
    def label_globs(self) -> tuple[str, ...]:
        """Globs of the folders that labels name."""
        return tuple(glob for globs in self.label_folders.values() for glob in globs)

    def modality_of(self, word: str) -> str | None:
        """The present name of the modality that a folder or a word means; None if it means none."""
        if word in self.modality_parts:
            return self.modality_parts[word]
        known = self._by_simplified.get(simplify(word))
        return self._present_names.get(known, known) if known else None

    def suggested_modality(self, word: str, expected: Iterable[str] = ()) -> str | None:
        """The modality that a wrong word probably means, for suggestions; None if it is similar to none.

        Args:
            word: The word.
            expected: Modalities that are more likely than others, because something else shows them.
        """
        if (known := self.modality_of(word) or self.modality_shorthand.get(simplify(word))) is not None:
            return known
        for modalities in (expected, self.modality_folders):
            # Short names are too similar to one another: EM, EMG, fib.
            words = {simplify(name): name for name in modalities if len(name) >= _MIN_LENGTH}
            similar = closest(simplify(word), words) if len(word) >= _MIN_LENGTH else None
            if similar is not None and abs(len(similar) - len(simplify(word))) <= _MAX_DIFFERENCE:
                return self.present_name(words[similar])
        return None

    def present_name(self, abbreviation: str) -> str:
        """The present abbreviation of a modality: ``pophys`` for ``ophys``."""
        return self.former_modalities.get(abbreviation, abbreviation)

    def is_modality_folder(self, folder: str, generation: str | None) -> bool:
        """Whether a folder's name is correct for a modality of a generation; former names are not from 2.x on."""
        if folder in self.modality_parts:
            return True
        is_older = generation in ("0.x", "1.x", None)
        is_former = folder in self._present_names
        return (folder in self.modality_folders and not is_former) or (is_older and is_former)

    @cached_property
    def _present_names(self) -> Mapping[str, str]:
        return {**self.former_modalities, **self.platform_modalities}

    @cached_property
    def _by_simplified(self) -> Mapping[str, str]:
        return {simplify(word): word for word in (*sorted(self.modality_folders), *self._present_names)}


def simplify(word: str) -> str:
    """A word without what people vary: case, and whether a hyphen, an underscore or a space joins its parts."""
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _read() -> Vocabulary:
    content: dict[str, Any] = json.loads(read_rules_file(_FILE_NAME))
    prefixes, modalities, folders = content["prefixes"], content["modalities"], content["folders"]
    return Vocabulary(
        platforms=frozenset(prefixes["platforms"]),
        platform_names=prefixes["names"],
        older_prefixes=frozenset(prefixes["older"]),
        modality_folders=frozenset(modalities["folders"]),
        modality_names=modalities["names"],
        former_modalities=modalities["former"],
        platform_modalities=modalities["platforms"],
        modality_shorthand=modalities["shorthand"],
        modality_parts=modalities["parts"],
        imaging_modalities=frozenset(word.casefold() for word in modalities["imaging"]),
        label_folders={label: tuple(globs) for label, globs in content["labels"].items()},
        metadata_folders=frozenset(folders["metadata"]),
        other_folders=frozenset(folders["other"]),
    )


#: The words of the institute.
VOCABULARY = _read()
