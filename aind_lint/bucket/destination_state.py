"""What a destination holds of an asset: nothing, the same, something else, or a part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Literal, TypeVar

from aind_lint.bucket.comparison import Differences, compare_content, compare_listing, compare_manifests, disagreements
from aind_lint.bucket.control_objects import (
    DATA_DESCRIPTION,
    FOLDER,
    Claim,
    End,
    Outcome,
    attempts,
    claim_key,
    decode_claim,
    decode_end,
    end_key,
    manifest_key,
)
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError, DamagedError

_T = TypeVar("_T")

State = Literal["absent", "same", "different", "damaged", "partial", "replaceable", "foreign"]


@dataclass(frozen=True)
class DestinationState:
    """What a destination holds under an asset's name.

    Attributes:
        state: absent; same (published with this content); different (published with other content); damaged (published
            with this content, of which something was lost or changed since); partial (claimed, not yet published);
            replaceable (partial with other content, but all that is stored of it is in this one too); foreign (objects
            that no claim of ours covers).
        attempt: The attempt that stands, or the next one to claim; 0 for an asset that another tool published.
        claim: Of a partial one, the claim that stands.
        outcome: Of a partial one, how it has been decided, if it has.
        ours: Of a partial one, whether its content is this asset's, so that publishing resumes it.
        differences: Where the contents differ.
    """

    state: State
    attempt: int = 1
    claim: Claim | None = None
    outcome: Outcome | None = None
    ours: bool = False
    differences: Differences = field(default_factory=Differences)


def find_destination_state(store: Store, asset: str, manifest: Callable[[], Manifest]) -> DestinationState:
    """What ``store`` holds under the name of an asset.

    Args:
        store: The destination.
        asset: The asset's name.
        manifest: Gives the local content; only called when it has to be compared, because it reads every file.

    Raises:
        BucketError: The destination cannot be read. That is never taken for absence.
    """
    # A LIST first: unlike a HEAD it says what is wrong with a bucket or with credentials.
    free = next(store.scan(f"{asset}/", limit=1), None) is None
    published = store.head(f"{asset}/{DATA_DESCRIPTION}") is not None
    if free and not published:
        return DestinationState("absent")
    # After the other two looks: a claim comes before everything else, and a decision before the publication.
    standing = standing_attempts(store, asset)
    if not standing and not published:
        return DestinationState("foreign")
    if not standing:
        return _compare_foreign(store, asset, manifest())
    last = max(standing)
    end = read_end(store, asset, last) if "end" in standing[last] else None
    if published and end is not None and end.outcome == "commit":
        return _compare_committed(store, asset, manifest(), last, end)
    if published:
        return _compare_foreign(store, asset, manifest())
    if end is not None and end.outcome != "commit":
        # Superseded attempts hand over; abandoned ones only once they are closed.
        handed_over = end.outcome == "superseded" or "closed" in standing[last]
        return (
            DestinationState("absent", last + 1)
            if handed_over
            else DestinationState("partial", last, outcome=end.outcome)
        )
    if "claim" not in standing[last]:
        raise BucketError(f"{asset}/{FOLDER}/ in {store.url} holds a record without a claim; it is damaged")
    claim = read_claim(store, asset, last)
    outcome = end.outcome if end else None
    return DestinationState("partial", last, claim, outcome, claim.content_id == manifest().content_id)


def find_replaceable(store: Store, asset: str, manifest: Callable[[], Manifest]) -> DestinationState:
    """As `find_destination_state`, but for a user who ends an unfinished attempt with other content.

    That can be done when everything that the attempt has stored is a part of the new content too. Otherwise the
    holding stays partial and has the differences.
    """
    holding = find_destination_state(store, asset, manifest)
    if holding.state != "partial" or holding.ours or holding.outcome is not None:
        return holding
    differences = Differences.of(disagreements(store, asset, manifest()))
    return replace(holding, state="partial" if differences else "replaceable", differences=differences)


def standing_attempts(store: Store, asset: str) -> dict[int, set[str]]:
    """Every attempt that the control objects speak of, with the kinds of its objects."""
    return attempts(stored.key.removeprefix(f"{asset}/") for stored in store.scan(f"{asset}/{FOLDER}/"))


def read_claim(store: Store, asset: str, attempt: int) -> Claim:
    """The claim of an attempt."""
    return _read(store, f"{asset}/{claim_key(attempt)}", lambda stream: decode_claim(stream.read()))


def read_end(store: Store, asset: str, attempt: int) -> End:
    """The decision of an attempt."""
    return _read(store, f"{asset}/{end_key(attempt)}", lambda stream: decode_end(stream.read()))


def read_manifest(store: Store, asset: str, attempt: int) -> Manifest:
    """The published manifest of an attempt."""
    return _read(store, f"{asset}/{manifest_key(attempt)}", Manifest.read)


def _read(store: Store, key: str, decode: Callable[[BinaryIO], _T]) -> _T:
    """Read one of the tool's own objects; BucketError names it when it is damaged."""
    stream = store.open(key)
    try:
        with stream:
            return decode(stream)
    except DamagedError as error:
        raise BucketError(f"{store.url}/{key}: {error}") from None


def _compare_committed(store: Store, asset: str, local: Manifest, attempt: int, end: End) -> DestinationState:
    if end.content_id == local.content_id:
        # Keys that the manifest does not name are no part of the asset, so they do not make it another one.
        lost = Differences.of(d for d in compare_listing(local, store, asset) if d.kind != "extra")
        return DestinationState("damaged" if lost else "same", attempt, differences=lost)
    differences = Differences.of(compare_manifests(local, read_manifest(store, asset, attempt)))
    if not differences:
        raise BucketError(f"{asset}/{manifest_key(attempt)} in {store.url} is damaged: another was committed")
    return DestinationState("different", attempt, differences=differences)


def _compare_foreign(store: Store, asset: str, local: Manifest) -> DestinationState:
    """Compare with an asset that other tools published: what cannot be proven equal is different."""
    found = Differences.of(compare_listing(local, store, asset))
    differences = found or Differences.of(compare_content(local, store, asset))
    return DestinationState("different" if differences else "same", 0, differences=differences)
