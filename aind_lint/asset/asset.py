"""An asset: its name, listing and sidecars. Everything is read on first use, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from aind_lint.asset.listing.listing import Listing
from aind_lint.asset.naming.asset_name import AssetName, Form
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.vocabulary import VOCABULARY, Vocabulary
from aind_lint.errors import UnreadableError, os_error_reason
from aind_lint.schema.generation import GENERATIONS, Generation
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged
from aind_lint.sidecar.reader import MAX_SIZE, Sidecar, oversized_sidecar, read_sidecar, unread_sidecar
from aind_lint.text.json_position import resolve
from aind_lint.text.timestamps import parse_zone

if TYPE_CHECKING:
    from aind_lint.asset.upload.upload_preview import UploadPreview
    from aind_lint.storage.csv_reader import CsvTable

#: Bytes of the largest CSV table that is read. Reading 2 GB takes about a minute.
MAX_CSV_SIZE = 2_000_000_000

Level = Literal["raw", "derived", "simulated"]
_Result = TypeVar("_Result")

#: Data levels by their spelling in ``data_description.json``. Source: ``DataLevel`` of aind-data-schema; 0.x had
#: "raw data" and "derived data".
_LEVELS: dict[object, Level] = {
    "raw": "raw",
    "raw data": "raw",
    "derived": "derived",
    "derived data": "derived",
    "simulated": "simulated",
}


class Asset:
    """One data asset, the object that rules check.

    Attributes:
        listing: The files and folders, listed once.
        sidecar_only: Whether this is a single sidecar outside any asset. Only rules that check single sidecars apply.
        data_only: Whether this is a store or a data file outside any asset. Only rules about formats apply.
        upload: The preview of the upload, if the asset is assembled from an upload manifest.
        companions: Sidecars outside the asset with which a single sidecar is compared, by key.
        vocabulary: The words in names of assets and folders.
    """

    def __init__(
        self,
        listing: Listing,
        *,
        sidecar_only: bool = False,
        data_only: bool = False,
        upload: UploadPreview | None = None,
        companions: Mapping[str, Sidecar] = MappingProxyType({}),
        vocabulary: Vocabulary = VOCABULARY,
    ) -> None:
        self.listing = listing
        self.sidecar_only = sidecar_only
        self.data_only = data_only
        self.upload = upload
        self.companions = companions
        self.vocabulary = vocabulary
        self._sidecars: dict[str, Sidecar] = dict(companions)
        self._absent: set[str] = set()
        self._csv_tables: dict[str, CsvTable | str] = {}
        self._computed: dict[Callable[[Asset], Any], Any] = {}
        #: Values by their references, for `aind_lint.asset.value_reference`.
        self.resolved: dict[str, tuple[Any, ...]] = {}

    def with_vocabulary(self, vocabulary: Vocabulary) -> Asset:
        """This asset with another vocabulary. Files that have been read are not read again."""
        asset = Asset(
            self.listing,
            sidecar_only=self.sidecar_only,
            data_only=self.data_only,
            upload=self.upload,
            companions=self.companions,
            vocabulary=vocabulary,
        )
        asset._sidecars = self._sidecars
        asset._absent = self._absent
        asset._csv_tables = self._csv_tables
        return asset

    def once(self, compute: Callable[[Asset], _Result]) -> _Result:
        """What a function computes of this asset, once for all rules. The result must not keep the asset in memory."""
        try:
            return self._computed[compute]  # type: ignore[no-any-return]
        except KeyError:
            result = self._computed[compute] = compute(self)
            return result

    def sidecar(self, key: str) -> Sidecar | None:
        """The sidecar at ``key``, read on first use; None if there is no such file.

        A member of the record of all sidecars has a key as well: ``metadata.nd.json#/subject``.

        Raises:
            UnreadableError: The file exists but cannot be read.
        """
        if key not in self._sidecars:
            if key in self._absent or (entry := self.listing.files.get(key)) is None:
                self._absent.add(key)
                return None
            if self.listing.cloud_files and key in self.listing.cloud_files:
                self._sidecars[key] = unread_sidecar(key)
            elif entry.size > MAX_SIZE:
                self._sidecars[key] = oversized_sidecar(key, entry.size)
            else:
                self._sidecars[key] = read_sidecar(key, self._read(key))
            self._sidecars |= {member.key: member for member in self._members(self._sidecars[key])}
        return self._sidecars[key]

    def _members(self, sidecar: Sidecar) -> Iterable[Sidecar]:
        """The members of the record of all sidecars, if the record is checked by itself.

        Inside an asset the indexer of the bucket writes the record, so its members are not checked.
        """
        return sidecar.members() if sidecar.is_record and self.sidecar_only else ()

    def _read(self, key: str) -> bytes:
        try:
            return self.listing.read(key, MAX_SIZE + 1)
        except OSError as error:
            reason = os_error_reason(error)
            raise UnreadableError(f"cannot read {key} of {self.listing.address}: {reason}") from None

    @cached_property
    def sidecar_keys(self) -> list[str]:
        """The keys of the sidecars at the root, in the order of `SIDECARS`; those before a merge last.

        ``instrument_<suffix>.json`` is a part of a sidecar before a merge. It is checked like a sidecar.
        """
        if self.sidecar_only:
            (key,) = self.listing.files
            self.sidecar(key)
            return [key for key in self._sidecars if key not in self.companions]
        merged = [key for key in SIDECARS if key in self.listing.files]
        return merged + [key for key in self.listing.root_files if is_unmerged(key)]

    def sidecars(self) -> Iterator[Sidecar]:
        """Every sidecar at the root, including unreadable ones."""
        return iter(self._all_sidecars)

    @cached_property
    def _all_sidecars(self) -> list[Sidecar]:
        sidecars = (self.sidecar(key) for key in self.sidecar_keys)
        return [sidecar for sidecar in sidecars if sidecar is not None]

    def value(self, key: str, pointer: str) -> Any:
        """The value at a JSON pointer in a sidecar.

        Raises:
            LookupError: There is no such file, it is unreadable, or it has no such value.
        """
        sidecar = self.sidecar(key)
        if sidecar is None or sidecar.data is None:
            raise LookupError(f"{key}#{pointer}")
        return resolve(sidecar.data, pointer)

    @cached_property
    def stated_level(self) -> Level | None:
        """The data level in ``data_description.json``; None if it is absent or unknown."""
        try:
            level = self.value("data_description.json", "/data_level")
        except LookupError:
            return None
        return _LEVELS.get(level) if isinstance(level, str) else None

    @cached_property
    def name(self) -> AssetName:
        """The parsed name. The stated level and the sources resolve ambiguous names.

        A raw name of an asset that is derived from another one is a derived name without its source: what precedes its
        date is no subject, and the date is not that of the acquisition.
        """
        name = parse_name(
            self.listing.name, self.stated_level, self.vocabulary, self.is_aggregate, self._described("project_name")
        )
        is_derived = self.stated_level == "derived" and len(self.sources) == 1 and name.text not in self.sources
        if name.form != "raw" or not is_derived:
            return name
        problems = tuple(one for one in name.problems if one.code not in ("unknown-prefix", "missing-subject"))
        return name._replace(prefix=None, subject_id=None, acquired=None, problems=problems)

    @cached_property
    def sources(self) -> list[str]:
        """The sources in ``data_description.json``: ``source_data``, before 2.x ``input_data_name``."""
        stated = [self._described("source_data"), self._described("input_data_name")]
        items = [item for value in stated for item in (value if isinstance(value, list) else [value])]
        return list(dict.fromkeys(item for item in items if isinstance(item, str) and item))

    @cached_property
    def is_aggregate(self) -> bool:
        """Whether the asset is derived from several sources, or from none and describes no subject."""
        if self.stated_level != "derived":
            return False
        return len(self.sources) > 1 or not (self.sources or self._described("subject_id"))

    @cached_property
    def zone(self) -> tzinfo | None:
        """The time zone of the rig in ``acquisition.json``, which replaces the configured one; None if it states none.

        UTC says nothing about the rig: the models write it for every time that is stored in UTC.
        """
        try:
            zone = parse_zone(self.value("acquisition.json", "/acquisition_start_tz"))
        except LookupError:
            return None
        return (
            None
            if zone is None
            or zone.utcoffset(datetime(2000, 1, 1)) == timedelta(0) == zone.utcoffset(datetime(2000, 7, 1))
            else zone
        )

    def _described(self, key: str) -> Any:
        try:
            return self.value("data_description.json", f"/{key}")
        except LookupError:
            return None

    @property
    def name_form(self) -> Form | None:
        """The form of the name; for a name without a form, the one that the stated level requires.

        A wrong name does not hide what is wrong in the files.
        """
        stated: Form | None = None if self.stated_level == "simulated" else self.stated_level
        return self.name.form or stated

    @cached_property
    def level(self) -> Level | None:
        """The data level: the stated one, or else that of the name's form."""
        return self.stated_level or (
            None if self.name.form is None else "raw" if self.name.form == "raw" else "derived"
        )

    @cached_property
    def generation(self) -> Generation | None:
        """The generation of the metadata: that of ``data_description.json``, or else the newest of all sidecars.

        A version that was never released counts by its first digit, so that the other files can be checked.
        """
        generations: list[Generation] = []
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
                generations.append(generation)
        return max(generations, default=None)

    @cached_property
    def modalities(self) -> list[str]:
        """The abbreviations of the modalities in ``data_description.json``, as they are spelled there.

        Of an upload to which the transfer service adds that sidecar, the modalities in the manifest.
        """
        sidecar = self.sidecar("data_description.json")
        if sidecar is None and self.upload:
            return list(self.upload.manifest.modalities)
        data = (sidecar.data if sidecar else None) or {}
        stated = data.get("modalities", data.get("modality", []))
        items = stated if isinstance(stated, list) else [stated]
        abbreviations = (item.get("abbreviation") if isinstance(item, dict) else item for item in items)
        return [abbreviation for abbreviation in abbreviations if isinstance(abbreviation, str)]

    def csv_table(self, key: str) -> CsvTable | str:
        """The CSV table at ``key``, read once for all rules; the reason if it cannot be read."""
        if key not in self._csv_tables:
            self._csv_tables[key] = self._read_csv_table(key)
        return self._csv_tables[key]

    def _read_csv_table(self, key: str) -> CsvTable | str:
        from aind_lint.storage.csv_reader import read_table  # few assets have tables

        size = self.listing.files[key].size
        if size > MAX_CSV_SIZE:
            return f"the file is larger than {MAX_CSV_SIZE // 1_000_000_000} GB"
        try:
            with self.listing.open(key) as stream:
                return read_table(stream, size)
        except OSError as error:
            return f"the file could not be read: {os_error_reason(error)}"
