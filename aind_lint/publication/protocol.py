"""The publication protocol: look, claim, send, verify, decide, commit, confirm.

An asset exists when its ``data_description.json`` does; that is written last, and only after the decision to commit
has been recorded. Nothing is ever replaced, so two publishers cannot harm each other: of two contents exactly one is
claimed, and equal content is finished by whoever gets there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from aind_lint.asset.listing.listing import FileStat
from aind_lint.bucket.comparison import compare_content, compare_listing
from aind_lint.bucket.control_objects import DATA_DESCRIPTION, Claim, End, claim_key, encode, end_key, manifest_key
from aind_lint.bucket.destination_state import (
    DestinationState,
    State,
    find_destination_state,
    read_claim,
    read_end,
    read_manifest,
)
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.messages import describe, suggest_action, suggest_recovery
from aind_lint.bucket.store import Body, ContentChangedError, Store
from aind_lint.errors import BucketError, ConflictError, UnfinishedError
from aind_lint.publication.plan import Plan
from aind_lint.publication.progress import Progress
from aind_lint.publication.upload.leftover_uploads import end_uploads
from aind_lint.publication.upload.transfer import (
    AttemptEndedError,
    ClockReading,
    ObjectMismatchError,
    Transfer,
    TransferOptions,
    decided,
    is_fresh,
    read_clocks,
)

#: The rules that say what can be done about what stands in the way.
_RULES: dict[State, str] = {"different": "IMM101", "foreign": "IMM103", "damaged": "IMM106"}

#: Lists the local files again.
Relist = Callable[[], Mapping[str, FileStat]]

#: What the destination holds; `find_destination_state`, or `find_replaceable` when other content may be superseded.
Look = Callable[[Store, str, Callable[[], Manifest]], DestinationState]


#: A look at a destination.
Seen = tuple[ClockReading, DestinationState]


@dataclass(frozen=True)
class Commit:
    """A publication that stands.

    Attributes:
        attempt: The number of the attempt in the bucket.
        already: Whether the content was there before this run.
        objects_sent: How many objects this run stored, control objects not counted.
        bytes_sent: How many bytes this run stored.
    """

    attempt: int
    already: bool
    objects_sent: int = 0
    bytes_sent: int = 0


@dataclass(frozen=True)
class PublishOptions:
    """How a plan is published, as far as a person may choose.

    Attributes:
        look: What the destination is found to hold.
        transfer: How objects are sent.
    """

    look: Look = find_destination_state
    transfer: TransferOptions = field(default_factory=TransferOptions)


def commit_plan(
    plan: Plan,
    store: Store,
    claim: Claim,
    relist: Relist,
    manner: PublishOptions = PublishOptions(),
    seen: Seen | None = None,
) -> Commit:
    """Publish what is planned, or finish what an interrupted run began.

    Args:
        plan: What to publish.
        store: Where to.
        claim: The claim to make if nobody has made one.
        relist: Lists the local files again, to see before the first write and before the commit that none has changed.
        manner: How.
        seen: What the destination was found to hold, and when. If that was nothing, and a moment ago, it is not looked
            at again: whoever came between has made the claim.

    Raises:
        ConflictError: The destination holds something else, or what it holds is not what was sent.
        ContentChangedError: A local file changed since the plan.
        BucketError: The destination cannot be read or written; running again resumes.
    """
    with store.writing(plan.name):
        if seen is None or seen[1].state != "absent" or not is_fresh(seen[0]):
            seen = read_clocks(), manner.look(store, plan.name, lambda: plan.manifest)
        looked, holding = seen
        if holding.state == "same":
            _end_uploads(plan, store)
            return Commit(holding.attempt, already=True)
        refuse_conflict(holding, plan.name, store.url)
        publication = _Publication(plan, store, holding, looked, manner)
        try:
            return _finish(publication, claim, relist)
        except BucketError as error:
            if publication.claimed:
                raise UnfinishedError(str(error)) from error
            raise


def _finish(publication: _Publication, claim: Claim, relist: Relist) -> Commit:
    """Run a publication to its end; a conflict is none when another one of equal content has come to its end."""
    plan, store = publication.plan, publication.store
    try:
        commit = publication.run(claim, relist)
        _end_uploads(plan, store)
        return commit
    except ContentChangedError:
        raise
    except ConflictError as error:
        # Another publisher of equal content may have finished meanwhile, and our own commit is no conflict. The
        # look compares sizes, so an object seen to be another one must be a sidecar that the indexer rewrote.
        holding = find_destination_state(store, plan.name, lambda: plan.manifest)
        suspects = Manifest.of(plan.name, [error.entry] if isinstance(error, ObjectMismatchError) else [])
        if holding.state == "same" and not any(compare_content(suspects, store, plan.name)):
            _end_uploads(plan, store)
            return Commit(holding.attempt, already=True)
        if isinstance(error, ObjectMismatchError | VerificationError):
            raise ConflictError(f"{error}. {suggest_recovery(holding, plan.name, store.url)}") from None
        raise


def _end_uploads(plan: Plan, store: Store) -> None:
    """When every key is stored, end the uploads in parts whose beginning nobody heard of, because a reply was lost."""
    if plan.parts:
        with suppress(BucketError):  # they take room and do no harm; `verify` names them
            end_uploads(store, plan.manifest)


def refuse_conflict(holding: DestinationState, name: str, url: str) -> None:
    """Raise ConflictError unless the destination is free for this content or holds it already, wholly or in part."""
    if holding.state == "partial":
        if not holding.ours:
            raise ConflictError(f"{describe(holding, name, url)}. {suggest_action(holding, name, url)}")
    elif rule := _RULES.get(holding.state):
        raise ConflictError(f"{describe(holding, name, url)}; 'aind-lint explain {rule}' says what can be done")


class VerificationError(ConflictError):
    """The destination does not hold what was sent."""


class _Publication:
    """One run of the protocol after the look."""

    def __init__(
        self, plan: Plan, store: Store, holding: DestinationState, looked: ClockReading, manner: PublishOptions
    ) -> None:
        self.plan = plan
        self.store = store
        self.looked = looked
        self.replaced = holding.attempt if holding.state == "replaceable" else None
        self.attempt = holding.attempt + (self.replaced is not None)
        self.claimed = holding.state == "partial"
        self.resumed = self.claimed or self.attempt > 1
        self.manner = manner

    def run(self, claim: Claim, relist: Relist) -> Commit:
        self._refuse_changes(relist)
        if self.replaced is not None:
            self._supersede(self.replaced)
        self._claim(claim)
        options = self.manner.transfer
        transfer = Transfer(self.plan, self.store, self.attempt, self.looked, options)
        try:
            transfer.send_all(self.resumed)
            self._verify()
            _end_uploads(self.plan, self.store)  # as far as can be known, none is open when the asset appears
            self._refuse_changes(relist)
            self._decide()
            transfer.send(DATA_DESCRIPTION)
            self._verify(committed=True)
        except (KeyboardInterrupt, AttemptEndedError):  # what is open now, nobody is sure to complete
            transfer.outlet.stopping.set()
            self.store.stop()
            raise
        finally:
            if options.journal:
                options.journal.close()
        if options.journal:
            options.journal.done()
        return Commit(self.attempt, False, transfer.objects_sent, transfer.bytes_sent)

    def _key(self, key: str) -> str:
        return f"{self.plan.name}/{key}"

    def _refuse_changes(self, relist: Relist) -> None:
        if change := self.plan.change(relist()):
            key, what = change
            again = "when no program writes to the asset any more, run the same command again"
            stays = "; what was stored stays, so that may have to be with --supersede" if self.claimed else ""
            raise ContentChangedError(
                key, f"{what} since the asset was checked, so it was not committed; {again}{stays}"
            )

    def _supersede(self, attempt: int) -> None:
        """End an attempt with other content, which hands over to the next one."""
        standing = read_claim(self.store, self.plan.name, attempt)
        end = End("superseded", standing.content_id)
        if not self.store.create(self._key(end_key(attempt)), Body.of_bytes(encode(end))):
            found = read_end(self.store, self.plan.name, attempt)
            if found.outcome != "superseded":
                raise decided(self.plan, found)

    def _claim(self, claim: Claim) -> None:
        key = self._key(claim_key(self.attempt))
        if not self.claimed and not self.store.create(key, Body.of_bytes(encode(claim))):
            standing = read_claim(self.store, self.plan.name, self.attempt)
            if standing.content_id != claim.content_id:
                raise ConflictError(
                    f"another publication of {self.plan.name} with other content began at {standing.time}; "
                    "nothing of this one was stored; run the same command again, which says what can be done"
                )
            self.resumed = True
        self.claimed = True
        key = self._key(manifest_key(self.attempt))
        if not self.store.create(key, Body.of_chunks(self.plan.manifest.chunks)):
            found = read_manifest(self.store, self.plan.name, self.attempt)
            if found.content_id != self.plan.manifest.content_id:
                raise BucketError(f"{key} is not the manifest that its claim promises")

    def _verify(self, committed: bool = False) -> None:
        manifest = self.plan.manifest
        self.manner.transfer.on_progress(Progress("verifying", 0, 0, len(manifest), manifest.size))
        found = compare_listing(manifest, self.store, self.plan.name)
        # Once committed, keys that the manifest does not name are no part of the asset and nothing of ours.
        differences = (d for d in found if (d.kind != "extra" if committed else d.key != DATA_DESCRIPTION))
        if shown := "; ".join(str(difference) for difference in islice(differences, 5)):
            when = "after" if committed else "before"
            raise VerificationError(f"{self.store.url} does not hold what was sent ({when} the commit): {shown}")

    def _decide(self) -> None:
        sidecar = self.plan.asset.sidecar(DATA_DESCRIPTION)
        assert sidecar is not None
        content_id = self.plan.manifest.content_id
        end = End.commit(content_id, sidecar.raw)
        if not self.store.create(self._key(end_key(self.attempt)), Body.of_bytes(encode(end))):
            standing = read_end(self.store, self.plan.name, self.attempt)
            if (standing.outcome, standing.content_id) != ("commit", content_id):
                raise decided(self.plan, standing)
