"""Which modality a folder holds, over all eras."""

from __future__ import annotations

from aind_lint.asset.naming.vocabulary import MODALITY_FOLDERS

#: Words of older eras, with the modality that they are called now.
FORMER = {
    "ophys": "pophys",
    "slap": "slap2",
    "trained-behavior": "behavior",
    "FIP": "fib",
    "SmartSPIM": "SPIM",
    "exaSPIM": "SPIM",
    "mesoSPIM": "SPIM",
    "diSPIM": "SPIM",
    "HCR": "SPIM",
}
#: Folders at the root that hold a part of a modality: the published forms of a recording.
_PARTS = {"ecephys_clipped": "ecephys", "ecephys_compressed": "ecephys"}


def plain(word: str) -> str:
    """A word without what people get wrong: case, and whether parts are joined by hyphen, underscore or space."""
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")


_BY_PLAIN = {plain(word): word for word in (*MODALITY_FOLDERS, *FORMER)}


def modality_of(word: str) -> str | None:
    """The modality that a folder or a word means, as it is called now; None when it means none."""
    if word in _PARTS:
        return _PARTS[word]
    known = _BY_PLAIN.get(plain(word))
    return FORMER.get(known, known) if known else None


def is_known_folder(folder: str, generation: str | None) -> bool:
    """Whether a folder's name is written as an era writes it: older words have no place from 2.x on."""
    if folder in _PARTS:
        return True
    older = generation in ("0.x", "1.x", None)
    return (folder in MODALITY_FOLDERS and folder not in FORMER) or (older and folder in FORMER)
