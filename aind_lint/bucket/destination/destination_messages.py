"""The state of a destination in words: what it contains of an asset, and what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aind_lint.bucket.control_objects import AttemptOutcome
from aind_lint.bucket.destination.destination_state import DestinationStatus
from aind_lint.text.shell import shell_argument

if TYPE_CHECKING:
    from aind_lint.bucket.control_objects import Claim
    from aind_lint.bucket.destination.destination_state import DestinationState

#: Differing keys that a message names.
_MAX_KEYS = 5


def describe_state(state: DestinationState, name: str, url: str) -> str:
    """What the destination at ``url`` contains of the asset ``name``, as one sentence without a final period."""
    if state.status is DestinationStatus.DIFFERENT:
        return f"{url} already contains {name} with other content: {_differences(state)}"
    if state.damage is not None:
        return f"the records of the publication of {name} are damaged: {state.damage}"
    if state.status is DestinationStatus.DAMAGED:
        return f"{name} was published in {url} with this content, but has been changed since: {_differences(state)}"
    if state.status is DestinationStatus.FOREIGN:
        return f"{url} already contains files under {name}/ that another program wrote, and no data_description.json"
    if state.outcome is AttemptOutcome.ABANDONED:
        return f"{url} contains an abandoned publication of {name} whose removal is not complete"
    if state.status is DestinationStatus.PARTIAL:
        content = "the same content" if state.same_content else "other content"
        text = f"{url} contains an unfinished publication of {name} with {content}{started_at(state.claim)}"
        return f"{text}. It has stored files that differ: {_differences(state)}" if state.differences else text
    if state.status is DestinationStatus.SAME:
        return f"{name} is already published in {url} with this content"
    return f"{url} does not contain {name}"


def suggest_action(state: DestinationState, name: str, url: str) -> str:
    """What the user can do about an unfinished publication or damaged records, without a final period."""
    if state.damage is not None:
        return (
            f"Another program has written or removed records in {url}/{name}/.aind-lint/. Ask the bucket owner to "
            "restore them; a record that a newer version of aind-lint wrote needs that version"
        )
    abandon = f"'{abandon_command(name, url)}'"
    if state.outcome is AttemptOutcome.ABANDONED:
        return f"Run {abandon} again to complete the removal; then publish"
    if state.same_content:
        return "Run 'aind-lint publish' to finish it; only missing files are sent"
    if state.outcome is AttemptOutcome.COMMIT:
        return (
            "It is committed, so only a publication of the same content can finish it. If that content no longer "
            "exists, contact the bucket owner"
        )
    if state.differences:
        return (
            "It cannot be superseded. Publish the content with which it was started. If that content must not be "
            f"published, run {abandon} first, then publish this asset"
        )
    return (
        "If another user started it, let them finish it. If it was started with an older version of this asset, "
        "publish with --supersede, which works if sidecars were fixed or files added and no stored file has changed. "
        f"Otherwise run {abandon} first, then publish again"
    )


def suggest_recovery(state: DestinationState, name: str, url: str) -> str:
    """What the user can do after another program has changed objects that a publication stored."""
    if state.status is not DestinationStatus.PARTIAL:
        return "Another program wrote there. Ask the bucket owner to restore the asset; then publish again"
    if not state.same_content:
        return suggest_action(state, name, url)
    again = "then publish again, which sends only missing files"
    if state.outcome is AttemptOutcome.COMMIT:
        return (
            "This publication is committed and cannot be abandoned. Ask the bucket owner to remove the objects that "
            f"are not part of the asset; {again}"
        )
    return (
        f"Another program wrote there. Run '{abandon_command(name, url)}' to remove the objects of unfinished "
        f"publications, and ask the bucket owner to remove the others; {again}"
    )


def started_at(claim: Claim | None) -> str:
    """When an attempt was started and by which program, to be appended to a sentence."""
    return f", started at {claim.time} by {claim.tool}, run {claim.run_id[:8]}" if claim else ""


def abandon_command(name: str, url: str) -> str:
    """The command that abandons an asset."""
    return f"aind-lint abandon {shell_argument(name)} --in {shell_argument(url)}"


def _differences(state: DestinationState) -> str:
    shown = "; ".join(str(difference) for difference in state.differences[:_MAX_KEYS])
    more = state.differences.total - _MAX_KEYS
    return f"{shown}; and {more:,} more" if more > 0 else shown
