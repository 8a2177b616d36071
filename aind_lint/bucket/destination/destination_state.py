"""What a destination contains under the name of an asset: nothing, the same, something else, or a part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import BinaryIO, TypeVar

from aind_lint.bucket.body import Body
from aind_lint.bucket.control_objects import (
    CONTROL_FOLDER,
    DATA_DESCRIPTION,
    MAX_RECORD,
    AttemptOutcome,
    Claim,
    End,
    claim_key,
    decode_claim,
    decode_end,
    end_key,
    group_attempts,
    manifest_key,
)
from aind_lint.bucket.destination.comparison import (
    Differences,
    compare_content,
    compare_listing,
    compare_manifests,
    find_conflicting_objects,
    object_matches,
)
from aind_lint.bucket.manifest import Manifest, ManifestEntry
from aind_lint.bucket.store import Store
from aind_lint.errors import DamagedError

_T = TypeVar("_T")


class DestinationStatus(str, Enum):
    """How what a destination contains relates to a local asset."""

    #: Nothing is stored under the name, or only ended attempts.
    ABSENT = "absent"
    #: Published with this content.
    SAME = "same"
    #: Published with other content.
    DIFFERENT = "different"
    #: Published with this content, but objects were lost or changed since; or the control objects are damaged.
    DAMAGED = "damaged"
    #: Claimed, and not published yet.
    PARTIAL = "partial"
    #: Partial with other content, but every stored object is part of this content too.
    REPLACEABLE = "replaceable"
    #: Objects that no claim covers.
    FOREIGN = "foreign"

    __str__ = str.__str__


@dataclass(frozen=True)
class DestinationState:
    """What a destination contains under the name of an asset.

    Attributes:
        status: How it relates to the local asset.
        attempt: The current attempt, or the next one to claim; 0 for an asset that another tool published.
        claim: The current claim of a partial asset.
        outcome: How the current attempt of a partial asset ended, if it has ended.
        same_content: Whether a partial asset has the content of the local one, so that publishing resumes it.
        differences: Where the contents differ.
        damage: What is wrong with the control objects of a damaged asset.
    """

    status: DestinationStatus
    attempt: int = 1
    claim: Claim | None = None
    outcome: AttemptOutcome | None = None
    same_content: bool = False
    differences: Differences = field(default_factory=Differences)
    damage: str | None = None


def find_destination_state(store: Store, asset: str, manifest: Callable[[], Manifest]) -> DestinationState:
    """The state of a destination for the publication of an asset.

    Args:
        store: The destination.
        asset: The name of the asset.
        manifest: Returns the local content. It is called only for a comparison, because it reads every file.

    Raises:
        BucketError: The destination cannot be read. This never counts as absence.
    """
    try:
        return _find_state(store, asset, manifest)
    except DamagedError as error:
        return DestinationState(DestinationStatus.DAMAGED, damage=str(error))


def _find_state(store: Store, asset: str, manifest: Callable[[], Manifest]) -> DestinationState:
    # LIST comes first: unlike HEAD its errors tell a missing bucket from missing credentials.
    is_empty = next(store.scan(f"{asset}/", limit=1), None) is None
    published = store.head(f"{asset}/{DATA_DESCRIPTION}") is not None
    if is_empty and not published:
        return DestinationState(DestinationStatus.ABSENT)
    # Listed after the other two requests: a claim precedes all other objects, and a decision the publication.
    attempts = read_attempts(store, asset)
    if not attempts:
        if published:
            return _compare_unclaimed(store, asset, manifest())
        return DestinationState(DestinationStatus.FOREIGN)
    last = max(attempts)
    end = read_end(store, asset, last) if "end" in attempts[last] else None
    if end is not None and end.outcome is AttemptOutcome.COMMIT and "manifest" not in attempts[last]:
        raise DamagedError(f"{store.url}/{asset}/{manifest_key(last)} is missing, although the attempt was committed")
    if published and end is not None and end.outcome is AttemptOutcome.COMMIT:
        return _compare_committed(store, asset, manifest(), last, end)
    if published:
        return _compare_unclaimed(store, asset, manifest())
    if end is not None and end.outcome is not AttemptOutcome.COMMIT:
        # The next attempt can start after a superseded one at once, after an abandoned one only when it is closed.
        if end.outcome is AttemptOutcome.SUPERSEDED or "closed" in attempts[last]:
            return DestinationState(DestinationStatus.ABSENT, last + 1)
        return DestinationState(DestinationStatus.PARTIAL, last, outcome=end.outcome)
    claim = read_claim(store, asset, last)
    same_content = claim.content_id == manifest().content_id
    return DestinationState(DestinationStatus.PARTIAL, last, claim, end.outcome if end else None, same_content)


def find_replaceable_state(store: Store, asset: str, manifest: Callable[[], Manifest]) -> DestinationState:
    """As `find_destination_state`, for a publication that supersedes an unfinished attempt with other content.

    The status is `REPLACEABLE` if every object that the attempt has stored is part of the new content too. Otherwise
    it stays `PARTIAL`, and the state has the differences.
    """
    state = find_destination_state(store, asset, manifest)
    if state.status is not DestinationStatus.PARTIAL or state.same_content or state.outcome is not None:
        return state
    differences = Differences.of(find_conflicting_objects(store, asset, manifest()))
    status = DestinationStatus.PARTIAL if differences else DestinationStatus.REPLACEABLE
    return replace(state, status=status, differences=differences)


def read_attempts(store: Store, asset: str) -> dict[int, set[str]]:
    """The attempts of an asset by number, each with the kinds of its control objects.

    Raises:
        DamagedError: The control objects do not fit together.
    """

    def read() -> dict[int, set[str]]:
        keys = (stored.key.removeprefix(f"{asset}/") for stored in store.scan(f"{asset}/{CONTROL_FOLDER}/"))
        try:
            return group_attempts(keys)
        except DamagedError as error:
            raise DamagedError(f"{store.url}/{asset}/{error}") from None

    try:
        return read()
    except DamagedError:  # a LIST is no snapshot: another publisher may have written a claim and more meanwhile
        return read()


def read_claim(store: Store, asset: str, attempt: int) -> Claim:
    """The claim of an attempt.

    Raises:
        BucketError: It cannot be read.
        DamagedError: It is not in a known format.
    """
    return _read(store, f"{asset}/{claim_key(attempt)}", lambda stream: decode_claim(stream.read(MAX_RECORD)))


def read_end(store: Store, asset: str, attempt: int) -> End:
    """The decision of an attempt.

    Raises:
        BucketError: It cannot be read.
        DamagedError: It is not in a known format.
    """
    return _read(store, f"{asset}/{end_key(attempt)}", lambda stream: decode_end(stream.read(MAX_RECORD)))


def read_manifest(store: Store, asset: str, attempt: int) -> Manifest:
    """The published manifest of an attempt.

    Raises:
        BucketError: It cannot be read.
        DamagedError: It is not in a known format.
    """
    return _read(store, f"{asset}/{manifest_key(attempt)}", Manifest.read)


def _read(store: Store, key: str, decode: Callable[[BinaryIO], _T]) -> _T:
    stream = store.open(key)
    try:
        with stream:
            return decode(stream)
    except DamagedError as error:
        raise DamagedError(f"{store.url}/{key}: {error}") from None


def _compare_committed(store: Store, asset: str, local: Manifest, attempt: int, end: End) -> DestinationState:
    if end.content_id == local.content_id:
        key = manifest_key(attempt)
        body = Body.of_chunks(local.chunks)
        if not object_matches(store, f"{asset}/{key}", ManifestEntry(key, body.size, body.crc64nvme)):
            raise DamagedError(f"{store.url}/{asset}/{key} is not the manifest that was committed")
        # Keys that the manifest does not name are not part of the asset, so they do not change its content.
        lost = Differences.of(d for d in compare_listing(local, store, asset) if d.kind != "unlisted")
        return DestinationState(
            DestinationStatus.DAMAGED if lost else DestinationStatus.SAME, attempt, differences=lost
        )
    differences = Differences.of(compare_manifests(local, read_manifest(store, asset, attempt)))
    if not differences:
        raise DamagedError(f"{store.url}/{asset}/{manifest_key(attempt)} is not the manifest that was committed")
    return DestinationState(DestinationStatus.DIFFERENT, attempt, differences=differences)


def _compare_unclaimed(store: Store, asset: str, local: Manifest) -> DestinationState:
    """Compare with an asset that another tool published; content that cannot be proven equal is different."""
    differences = Differences.of(compare_listing(local, store, asset))
    differences = differences or Differences.of(compare_content(local, store, asset))
    status = DestinationStatus.DIFFERENT if differences else DestinationStatus.SAME
    return DestinationState(status, 0, differences=differences)
