"""An asset: a name, a listing and sidecars. One object, lazily read, never written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from aind_lint.asset.listing.listing import Listing
from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY, Vocabulary
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.schema.generation import GENERATIONS, Generation
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.sidecar.reader import MAX_SIZE, Sidecar, oversized_sidecar, read_sidecar
from aind_lint.text.json_position import resolve

if TYPE_CHECKING:
    from aind_lint.asset.upload.upload_preview import UploadPreview

Level = Literal["raw", "derived", "simulated"]

#: How a level was written; 0.x said "raw data" and "derived data".
_LEVELS: dict[object, Level] = {
    "raw": "raw",
    "raw data": "raw",
    "derived": "derived",
    "derived data": "derived",
    "simulated": "simulated",
}


class Asset:
    """What the rules look at.

    Attributes:
        listing: Files and folders, read once.
        sidecar_only: True when this is one sidecar that lies outside any asset: only rules that judge a file by
            itself apply.
        upload: When the asset is assembled as an upload manifest says, what came of the manifest.
        vocabulary: The words of names and folders.
    """

    def __init__(
        self,
        listing: Listing,
        *,
        sidecar_only: bool = False,
        upload: UploadPreview | None = None,
        vocabulary: Vocabulary = VOCABULARY,
    ) -> None:
        self.listing = listing
        self.sidecar_only = sidecar_only
        self.upload = upload
        self.vocabulary = vocabulary
        self._sidecars: dict[str, Sidecar] = {}

    def with_vocabulary(self, vocabulary: Vocabulary) -> Asset:
        """This asset with another vocabulary; sidecars that have been read are not read again."""
        asset = Asset(self.listing, sidecar_only=self.sidecar_only, upload=self.upload, vocabulary=vocabulary)
        asset._sidecars = self._sidecars
        return asset

    def sidecar(self, key: str) -> Sidecar | None:
        """The sidecar at ``key``, read on first use; None when there is no such file.

        A member of the record of all sidecars has a key too: ``metadata.nd.json#/subject``.

        Raises:
            UsageError: The file is there and cannot be read.
        """
        if key not in self._sidecars:
            if (entry := self.listing.files.get(key)) is None:
                return None
            if entry.size > MAX_SIZE:
                self._sidecars[key] = oversized_sidecar(key, entry.size)
            else:
                self._sidecars[key] = read_sidecar(key, self._read(key))
            self._sidecars |= {member.key: member for member in self._members(self._sidecars[key])}
        return self._sidecars[key]

    def _members(self, sidecar: Sidecar) -> Iterable[Sidecar]:
        """The core records of the record, when it is what is checked; inside an asset it is the indexer's."""
        return sidecar.members() if sidecar.is_record and self.sidecar_only else ()

    def _read(self, key: str) -> bytes:
        try:
            with self.listing.open(key) as stream:
                return stream.read(MAX_SIZE + 1)
        except OSError as error:
            reason = os_error_reason(error)
            raise UsageError(f"cannot read {key} of {self.listing.address}: {reason}") from None

    @cached_property
    def sidecar_keys(self) -> list[str]:
        """The sidecars at the root, in the order the documentation lists them; unmerged ones last.

        ``instrument_<suffix>.json`` is a sidecar before a merge, so it is read and judged like one.
        """
        if self.sidecar_only:
            (key,) = self.listing.files
            self.sidecar(key)
            return list(self._sidecars)
        merged = [key for key in SIDECARS if key in self.listing.files]
        return merged + [key for key in self.listing.root_files if is_unmerged(key)]

    def sidecars(self) -> Iterator[Sidecar]:
        """Every sidecar at the root, readable or not."""
        return iter(self._all_sidecars)

    @cached_property
    def _all_sidecars(self) -> list[Sidecar]:
        sidecars = (self.sidecar(key) for key in self.sidecar_keys)
        return [sidecar for sidecar in sidecars if sidecar is not None]

    def value(self, key: str, pointer: str) -> Any:
        """The value at ``pointer`` of sidecar ``key``.

        Raises:
            LookupError: There is no such file, it is not readable, or it holds nothing there.
        """
        sidecar = self.sidecar(key)
        if sidecar is None or sidecar.data is None:
            raise LookupError(f"{key}#{pointer}")
        return resolve(sidecar.data, pointer)

    @cached_property
    def stated_level(self) -> Level | None:
        """The data level that ``data_description.json`` states, if it states a known one."""
        try:
            level = self.value("data_description.json", "/data_level")
        except LookupError:
            return None
        return _LEVELS.get(level) if isinstance(level, str) else None

    @cached_property
    def name(self) -> AssetName:
        """The asset's name, read with the stated level in mind."""
        return parse_name(self.listing.name, self.stated_level, self.vocabulary)

    @cached_property
    def level(self) -> Level | None:
        """The data level: the stated one, else what the form of the name says."""
        return self.stated_level or (
            None if self.name.form is None else "raw" if self.name.form == "raw" else "derived"
        )

    @cached_property
    def generation(self) -> Generation | None:
        """The generation of the metadata: that of ``data_description.json``, else the newest among the sidecars.

        A version that no release carries counts by its first digit, so that the rest of the asset can be judged.
        """
        found: list[Generation] = []
        for sidecar in self.sidecars():
            if sidecar.data is None:
                continue
            declared = declaration(sidecar)
            generation = declared.generation or next(
                (g for g in GENERATIONS if declared.version and declared.version.split(".")[0] == g[0]), None
            )
            if generation:
                if sidecar.key == "data_description.json":
                    return generation
                found.append(generation)
        return max(found, default=None)

    @cached_property
    def modalities(self) -> list[str]:
        """Abbreviations of the modalities that ``data_description.json`` states, as they are written."""
        data = (sidecar.data if (sidecar := self.sidecar("data_description.json")) else None) or {}
        stated = data.get("modalities", data.get("modality", []))
        items = stated if isinstance(stated, list) else [stated]
        words = (item.get("abbreviation") if isinstance(item, dict) else item for item in items)
        return [word for word in words if isinstance(word, str)]
