"""What a destination holds of an asset, in words for a person: what there is, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aind_lint.bucket.control_objects import Claim
    from aind_lint.bucket.destination_state import DestinationState

#: How many differing keys a message names.
_SHOWN = 5


def describe(holding: DestinationState, name: str, url: str) -> str:
    """What the destination holds, as one sentence."""
    if holding.state == "different":
        return f"{url} already holds {name} with other content: {_differences(holding)}"
    if holding.state == "damaged":
        return f"{name} was published in {url} with this content, but is no longer whole there: {_differences(holding)}"
    if holding.state == "foreign":
        return f"{url} already holds files under {name}/ that this tool did not put there, and no data_description.json"
    if holding.outcome == "abandoned":
        return f"{url} holds a publication of {name} that is being abandoned, and may not have been removed wholly"
    if holding.state == "partial":
        whose = "this very content" if holding.ours else "other content"
        said = f"{url} holds an unfinished publication of {name} with {whose}{started_at(holding.claim)}"
        return (
            f"{said}, and has stored what is not in this asset: {_differences(holding)}"
            if holding.differences
            else said
        )
    if holding.state == "same":
        return f"{name} is already published in {url} with this content"
    return f"{url} does not hold {name}"


def suggest_action(holding: DestinationState, name: str, url: str) -> str:
    """What can be done about an unfinished publication."""
    if holding.outcome == "abandoned":
        return f"Run '{abandoning(name, url)}' again, which ends that; then publish"
    if holding.ours:
        return "'aind-lint publish' finishes it and sends only what is missing"
    if holding.outcome == "commit":
        return (
            "It is decided, and only publishing that very content can finish it; if nobody has that any more, tell "
            "whoever keeps the bucket"
        )
    if holding.differences:
        return (
            "It cannot be superseded. Publish the content that was begun; or, if that shall never be published, run "
            f"'{abandoning(name, url)}', and then publish this one"
        )
    return (
        "Let whoever began it finish it. If it was begun with an older state of this asset, publish with --supersede, "
        "which will do when sidecars were mended or files added, and nothing that is stored has changed; else run "
        f"'{abandoning(name, url)}', and then publish anew"
    )


def suggest_recovery(holding: DestinationState, name: str, url: str) -> str:
    """What can be done when something else has meddled with what a publication of this content has stored."""
    if holding.state != "partial":
        return "Something else has written there. Whoever keeps the bucket has to restore it; then publish again"
    if not holding.ours:
        return suggest_action(holding, name, url)
    again = "then publish again, which sends what is missing"
    if holding.outcome == "commit":
        return (
            "This publication is decided and cannot be abandoned: whoever keeps the bucket has to remove what does not "
            f"belong there; {again}"
        )
    return (
        f"Something else has written there. '{abandoning(name, url)}' removes what publications with this tool have "
        f"left, and whoever keeps the bucket has to remove the rest; {again}"
    )


def started_at(claim: Claim | None) -> str:
    """Since when an attempt has been under way, to be added to a sentence."""
    return f", begun at {claim.time} by {claim.tool}, run {claim.run_id[:8]}" if claim else ""


def abandoning(name: str, url: str) -> str:
    """The command that abandons an asset."""
    return f"aind-lint abandon {name} --in {url}"


def _differences(holding: DestinationState) -> str:
    shown = "; ".join(str(difference) for difference in holding.differences[:_SHOWN])
    more = holding.differences.total - _SHOWN
    return f"{shown}; and {more:,} more" if more > 0 else shown
