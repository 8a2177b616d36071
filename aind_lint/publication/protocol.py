"""The publication protocol around one attempt: inspect the destination, run the attempt, resolve conflicts.

Two publishers cannot harm each other. Of two contents exactly one is claimed. Equal content is finished by any of its
publishers, and each of them succeeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aind_lint.bucket.body import ContentChangedError
from aind_lint.bucket.control_objects import Claim, is_control_key
from aind_lint.bucket.destination.comparison import compare_content
from aind_lint.bucket.destination.destination_messages import describe_state, suggest_action, suggest_recovery
from aind_lint.bucket.destination.destination_state import DestinationState, DestinationStatus, find_destination_state
from aind_lint.bucket.manifest import Manifest
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError, ConflictError, UnfinishedError, UnsupportedServerError
from aind_lint.publication.attempt import (
    Attempt,
    Commit,
    Inspection,
    ListFiles,
    VerificationError,
    abort_unfinished_uploads,
)
from aind_lint.publication.plan import Plan
from aind_lint.publication.upload.transfer import ObjectMismatchError, TransferOptions, is_fresh, read_clocks

#: The rules whose pages explain what to do about a conflict.
_RULES: dict[DestinationStatus, str] = {
    DestinationStatus.DIFFERENT: "IMM101",
    DestinationStatus.FOREIGN: "IMM103",
    DestinationStatus.DAMAGED: "IMM106",
}

#: Finds what a store holds under an asset's name: `find_destination_state`, or `find_replaceable_state` to supersede.
FindState = Callable[[Store, str, Callable[[], Manifest]], DestinationState]


@dataclass(frozen=True)
class ProtocolOptions:
    """How a plan is committed.

    Attributes:
        find_state: Finds what the destination holds.
        transfer: How objects are sent.
    """

    find_state: FindState = find_destination_state
    transfer: TransferOptions = field(default_factory=TransferOptions)


def inspect(find_state: FindState, store: Store, name: str, manifest: Callable[[], Manifest]) -> Inspection:
    """Find what a destination holds of an asset now.

    Raises:
        BucketError: The destination cannot be read.
    """
    return Inspection(read_clocks(), find_state(store, name, manifest))


def commit_plan(
    plan: Plan,
    store: Store,
    claim: Claim,
    list_files: ListFiles,
    options: ProtocolOptions = ProtocolOptions(),
    inspection: Inspection | None = None,
) -> Commit:
    """Claim, send, verify and commit what is planned, or finish what an interrupted run began.

    Args:
        plan: What to publish.
        store: The destination.
        claim: The claim to write if there is none.
        list_files: Lists the local files again, before the first write and before the commit, to find changes.
        options: How to publish.
        inspection: An earlier inspection. It is used only if it is fresh and found nothing: then the claim's
            conditional PUT shows whether another publisher came between.

    Raises:
        ConflictError: The destination holds something else, or does not hold what was sent.
        ContentChangedError: A local file changed since the plan.
        BucketError: The destination cannot be read or written; running again resumes.
    """
    with store.write_lock(plan.name):
        if (
            inspection is None
            or inspection.state.status is not DestinationStatus.ABSENT
            or not is_fresh(inspection.clocks)
        ):
            inspection = inspect(options.find_state, store, plan.name, lambda: plan.manifest)
        if inspection.state.status is DestinationStatus.SAME:
            abort_unfinished_uploads(plan, store)
            return Commit(inspection.state.attempt, already_published=True)
        refuse_conflict(inspection.state, plan.name, store.url)
        attempt = Attempt(plan, store, claim, list_files, inspection, options.transfer)
        try:
            return _run(attempt, plan, store)
        except UnsupportedServerError:
            raise
        except BucketError as error:
            if attempt.is_claimed:
                raise UnfinishedError(str(error)) from error
            raise


def _run(attempt: Attempt, plan: Plan, store: Store) -> Commit:
    """Run an attempt; a conflict with a publication of equal content that was committed meanwhile is a success."""
    try:
        commit = attempt.run()
    except ContentChangedError:
        raise
    except ConflictError as error:
        commit = _resolve(error, plan, store)
    abort_unfinished_uploads(plan, store)
    return commit


def _resolve(error: ConflictError, plan: Plan, store: Store) -> Commit:
    """The commit of equal content by another publisher, or by a request of ours whose reply was lost.

    Raises:
        ConflictError: There is none.
    """
    state = find_destination_state(store, plan.name, lambda: plan.manifest)
    # The state compares sizes. An object that was found to differ is accepted only if the indexer rewrote it.
    suspects = _suspects(error, plan)
    if (
        state.status is DestinationStatus.SAME
        and suspects is not None
        and not any(compare_content(suspects, store, plan.name))
    ):
        return Commit(state.attempt, already_published=True)
    if isinstance(error, ObjectMismatchError | VerificationError):
        raise ConflictError(f"{error}. {suggest_recovery(state, plan.name, store.url)}") from None
    raise error


def _suspects(error: ConflictError, plan: Plan) -> Manifest | None:
    """The objects that were found to differ; None if control objects were."""
    if isinstance(error, VerificationError):
        keys = [difference.key for difference in error.differences if difference.kind == "content"]
        if any(map(is_control_key, (difference.key for difference in error.differences))):
            return None
    else:
        keys = [error.entry.key] if isinstance(error, ObjectMismatchError) else []
    return Manifest.of(plan.name, map(plan.manifest.__getitem__, keys))


def refuse_conflict(state: DestinationState, name: str, url: str) -> None:
    """Raise ConflictError unless the destination is free for this content or holds a part of it."""
    if state.status is DestinationStatus.PARTIAL:
        if not state.same_content:
            raise ConflictError(f"{describe_state(state, name, url)}. {suggest_action(state, name, url)}")
    elif state.damage is not None:
        raise ConflictError(f"{describe_state(state, name, url)}. {suggest_action(state, name, url)}")
    elif rule := _RULES.get(state.status):
        raise ConflictError(f"{describe_state(state, name, url)}; run 'aind-lint explain {rule}' for what to do")
