"""An asset with changes that are not made on disk yet. Rules and fixers see it as the asset that it would become."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import FileTable, file_rows
from aind_lint.asset.listing.listing import Listing
from aind_lint.fix.encodings import DecodedFile
from aind_lint.fix.fixer import EditText, Encode, Fix, MoveAway, Rename, RenameAsset
from aind_lint.fix.text_edits import TextEdit, apply_edits
from aind_lint.storage.sorted_table import SortedTable

_BOM = b"\xef\xbb\xbf"


@dataclass
class EditedFile:
    """A sidecar with edits.

    Attributes:
        origin: Its key on disk.
        before: The bytes on disk.
        after: The bytes with all edits.
    """

    origin: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Move:
    """A file or folder that is renamed, or moved away.

    Attributes:
        origin: Its key on disk.
        key: Its key before the move.
        to: Its new key; None if it is moved away.
        rule: The rule whose finding this fixes.
    """

    origin: str
    key: str
    to: str | None
    rule: str


class Draft:
    """An asset, and the changes that have been applied to it.

    Attributes:
        asset: The asset as it would be.
        edited: The edited sidecars, by their present key.
        moves: Files and folders that are renamed or moved away, in order.
        new_name: The new name of the folder; None if it keeps its name.
        encodings: The previous encodings of sidecars that are encoded as UTF-8, by the key on disk.
        rules: The rules whose findings are fixed, in order, by what is changed: keys on disk, "" for the folder.
    """

    def __init__(self, asset: Asset) -> None:
        self._vocabulary, self._sidecar_only = asset.vocabulary, asset.sidecar_only
        self.asset = asset
        self.edited: dict[str, EditedFile] = {}
        self.moves: list[Move] = []
        self.new_name: str | None = None
        self.encodings: dict[str, DecodedFile] = {}
        self.rules: dict[str, list[str]] = {}
        self._listing = asset.listing  # without edits of content
        self._origin: Callable[[str], str] = lambda key: key

    @property
    def is_changed(self) -> bool:
        """Whether there is any change."""
        return bool(self.edited or self.moves or self.new_name)

    def present_key(self, origin: str) -> str:
        """The present key of a file at the root, by its key on disk."""
        return next((move.to for move in reversed(self.moves) if move.origin == origin and move.to), origin)

    def apply(self, fixes: Sequence[tuple[str, Fix]]) -> None:
        """Apply fixes, each with the id of its rule; no two of them change the same file or folder."""
        for rule, fix in fixes:
            for key in _merged_keys(fix):
                self._edit(key, fix, rule)
        names = [
            (rule, change)
            for rule, fix in fixes
            for change in fix.changes
            if isinstance(change, (Rename, MoveAway, RenameAsset))
        ]
        self._move(names)
        self._renew()

    def _edit(self, key: str, fix: Fix, rule: str) -> None:
        with self.asset.listing.open(key) as stream:
            raw = stream.read()
        after, origin = raw, self._origin(key)
        edits: list[TextEdit] = []
        for change in fix.changes:
            if isinstance(change, EditText) and change.key == key:
                edits += change.edits
            elif isinstance(change, Encode) and change.key == key:
                after = change.decoded.text.encode("utf-8")
                self.encodings[origin] = change.decoded
        if edits:
            mark = _BOM if raw.startswith(_BOM) else b""
            after = mark + apply_edits(raw[len(mark) :].decode("utf-8"), edits).encode("utf-8")
        self.edited.setdefault(key, EditedFile(origin, raw, after)).after = after
        self._note(origin, rule)

    def _move(self, changes: Sequence[tuple[str, Rename | MoveAway | RenameAsset]]) -> None:
        targets: dict[str, str | None] = {}
        # What is moved away has its present key, so it is moved before a folder that contains it gets another name.
        for rule, change in sorted(changes, key=lambda item: not isinstance(item[1], MoveAway)):
            if isinstance(change, RenameAsset):
                self.new_name = change.to
                self._listing = replace(self._listing, name=change.to)
                self._note("", rule)
                continue
            to = change.to if isinstance(change, Rename) else None
            targets[change.key] = to
            self.moves.append(Move(self._origin(change.key), change.key, to, rule))
            self._note(self._origin(change.key), rule)
        if targets:
            mapping = KeyMapping(targets)
            self._listing = _with_keys(self._listing, mapping)
            self.edited = {new: file for key, file in self.edited.items() if (new := mapping.new_key(key)) is not None}
            before = self._origin
            self._origin = lambda key: before(mapping.old_key(key))

    def _note(self, origin: str, rule: str) -> None:
        rules = self.rules.setdefault(origin, [])
        if rule not in rules:
            rules.append(rule)

    def _renew(self) -> None:
        contents = {key: file.after for key, file in self.edited.items()}
        inner = self._listing.open

        def open_(key: str) -> BinaryIO:
            return io.BytesIO(contents[key]) if key in contents else inner(key)

        listing = replace(self._listing, open=open_, read_part=None)
        self.asset = Asset(listing, vocabulary=self._vocabulary, sidecar_only=self._sidecar_only)


def _merged_keys(fix: Fix) -> list[str]:
    """The sidecars whose content a fix changes."""
    return list(dict.fromkeys(change.key for change in fix.changes if isinstance(change, (EditText, Encode))))


class KeyMapping:
    """New keys of files and folders, and of everything in these folders."""

    def __init__(self, targets: Mapping[str, str | None]) -> None:
        """Take the new keys, by the old ones; None for what is moved away."""
        self._new = {f"{old}/": new and f"{new}/" for old, new in targets.items()}
        self._old = {new: old for old, new in self._new.items() if new}

    def new_key(self, key: str) -> str | None:
        """The new key of a file or folder; None if it, or a folder that contains it, is moved away."""
        for start in reversed(list(_starts(key))):
            if start in self._new:
                new = self._new[start]
                return None if new is None else f"{new}{f'{key}/'[len(start) :]}"[:-1]
        return key

    def old_key(self, key: str) -> str:
        """The old key of a file or folder."""
        for start in _starts(key):
            if start in self._old:
                return f"{self._old[start]}{f'{key}/'[len(start) :]}"[:-1]
        return key


def _starts(key: str) -> Iterator[str]:
    """The key and the folders that contain it, each with a slash at the end."""
    end = key.find("/")
    while end >= 0:
        yield key[: end + 1]
        end = key.find("/", end + 1)
    yield f"{key}/"


def _with_keys(listing: Listing, mapping: KeyMapping) -> Listing:
    """A listing whose files and folders have other keys; what is moved away is not in it."""
    new_key, old_key = mapping.new_key, mapping.old_key
    rows = ((new, size, time) for key, size, time in file_rows(listing.files) if (new := new_key(key)) is not None)
    opened = listing.open

    def keys(of: Iterable[str]) -> SortedTable:
        return SortedTable.of((new,) for key in of if (new := new_key(key)) is not None)

    return replace(
        listing,
        files=FileTable.of(rows, FileTable.COLUMNS),
        open=lambda key: opened(old_key(key)),
        folders=keys(listing.folders),
        links=keys(listing.links),
        link_target=lambda key: listing.link_target(old_key(key)),
        special_files=keys(listing.special_files),
        unreadable=keys(listing.unreadable),
        cloud_files=keys(listing.cloud_files),
        open_range=None,
        read_part=None,
    )
