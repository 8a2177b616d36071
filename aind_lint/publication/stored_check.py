"""Compares what a destination lists of an attempt with what was sent.

The LIST has an ETag for every key. If it is the one with which the object was stored, or compared, then no one has
written to the key since. Another ETag is a suspicion, never a verdict, because copying, restoring and replicating
change it: then the content is compared, by its stored checksum or else by reading it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from threading import Event

from aind_lint.bucket.control_objects import (
    DATA_DESCRIPTION,
    AttemptOutcome,
    claim_key,
    end_key,
    group_attempts,
    manifest_key,
)
from aind_lint.bucket.destination.comparison import (
    Difference,
    StoredListing,
    compare_sizes,
    confirm_missing,
    find_match,
    list_stored,
)
from aind_lint.bucket.destination.destination_state import read_attempts, read_claim, read_end, read_manifest
from aind_lint.bucket.destination.stored_etags import StoredEtags
from aind_lint.bucket.manifest import ManifestEntry
from aind_lint.bucket.store import Store
from aind_lint.errors import DamagedError
from aind_lint.publication.plan import Plan
from aind_lint.storage.checksum import encode_crc
from aind_lint.storage.sorted_table import merge_join
from aind_lint.system.concurrency_limits import MAX_THREADS, limit_by_open_files
from aind_lint.system.thread_pool import run_in_threads


class StoredCheck:
    """Compares the objects of one attempt.

    Attributes:
        etags: The known ETags of data and sidecars.
        control_etags: The ETags of the control objects that this run wrote.
    """

    def __init__(
        self, plan: Plan, store: Store, attempt: int, etags: StoredEtags, control_etags: Mapping[str, str]
    ) -> None:
        """Request nothing yet."""
        self.etags = etags
        self.control_etags = control_etags
        self._plan = plan
        self._store = store
        self._attempt = attempt

    def differences(self, committed: bool) -> Iterator[Difference]:
        """Where the destination differs from what was sent, in one LIST unless an ETag is suspicious.

        Args:
            committed: Whether the decision and ``data_description.json`` are written. Then keys that the manifest does
                not name are not part of the asset.

        Raises:
            DamagedError: The control objects do not fit together.
            BucketError: The destination cannot be read.
        """
        yield from confirm_missing(partial(self._differences, committed), self._plan.manifest.boundaries)

    def _differences(self, committed: bool, boundaries: Sequence[str]) -> Iterator[Difference]:
        listing = list_stored(self._store, self._plan.name, boundaries)
        yield from self._control_differences(listing, committed)
        try:
            group_attempts(listing.control)
        except DamagedError:
            read_attempts(self._store, self._plan.name)
        suspicious = False
        for found in self._data_differences(listing, committed):
            if isinstance(found, Difference):
                yield found
            else:
                suspicious = True
        if suspicious:
            yield from self._compare_suspects(listing, committed)

    def _data_differences(
        self, listing: StoredListing, committed: bool
    ) -> Iterator[Difference | tuple[int, ManifestEntry, str]]:
        """Each difference in keys and sizes; of an object with an unknown ETag its position, entry and key to compare.

        A root sidecar that the indexer has rewritten is compared through the indexer's copy.
        """
        copies = listing.first_copies()
        planned = ((key, size, crc, number) for number, (key, size, crc) in enumerate(self._plan.manifest.rows.rows()))
        for row, stored in merge_join(planned, listing.objects.rows()):
            key = (row or stored)[0]  # type: ignore[index]  # one of the two is there
            if not committed and key == DATA_DESCRIPTION:
                continue  # not written yet; one of another program is found when it is
            if row is not None and stored is not None and self.etags.confirm(row[3], stored[2]):
                continue
            copy = copies.get(key) if stored else None
            size = listing.objects[copy][0] if copy else stored[1] if stored else None
            if difference := compare_sizes(row and row[:3], stored, size):
                if not (committed and difference.kind == "unlisted"):
                    yield difference
            elif row is not None:
                yield row[3], ManifestEntry(key, row[1], encode_crc(row[2])), copy or key

    def _compare_suspects(self, listing: StoredListing, committed: bool) -> Iterator[Difference]:
        suspects = (item for item in self._data_differences(listing, committed) if not isinstance(item, Difference))
        different: list[Difference] = []

        def compare(suspect: tuple[int, ManifestEntry, str]) -> None:
            position, entry, key = suspect
            found = find_match(self._store, f"{self._plan.name}/{key}", entry, self._plan.body(entry))
            if found is None:
                different.append(Difference(entry.key, "content", entry.size, entry.size))
            elif key == entry.key:
                self.etags.note(position, found.etag)

        run_in_threads(suspects, compare, limit_by_open_files(MAX_THREADS, files=2), Event())
        yield from sorted(different, key=lambda difference: difference.key)

    def _control_differences(self, listing: StoredListing, committed: bool) -> Iterator[Difference]:
        checks: dict[str, Callable[[], bool]] = {
            claim_key(self._attempt): self._claim_matches,
            manifest_key(self._attempt): self._manifest_matches,
            **({end_key(self._attempt): self._end_matches} if committed else {}),
        }
        for key, matches in checks.items():
            listed, known = listing.control.get(key), self.control_etags.get(key)
            if key not in listing.control:
                yield Difference(key, "missing", None, None)
            elif (listed is None or listed != known) and not matches():
                yield Difference(key, "content", None, None)

    def _claim_matches(self) -> bool:
        return self._has_content_id(lambda: read_claim(self._store, self._plan.name, self._attempt).content_id)

    def _manifest_matches(self) -> bool:
        return self._has_content_id(lambda: read_manifest(self._store, self._plan.name, self._attempt).content_id)

    def _end_matches(self) -> bool:
        def content_id() -> str:
            end = read_end(self._store, self._plan.name, self._attempt)
            return end.content_id if end.outcome is AttemptOutcome.COMMIT else ""

        return self._has_content_id(content_id)

    def _has_content_id(self, read: Callable[[], str]) -> bool:
        try:
            return read() == self._plan.manifest.content_id
        except DamagedError:
            return False
