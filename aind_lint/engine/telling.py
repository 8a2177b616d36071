"""Telling many faults of one kind: the first ones one by one, the rest in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from aind_lint.engine.verb import Fault

#: Faults that are told one by one.
SHOWN = 20


def tell(culprits: Mapping[str, int], say: Callable[[str], str], shown: int = SHOWN) -> Iterator[Fault]:
    """Faults of files and folders.

    Args:
        culprits: Their keys, with how many files each concerns.
        say: What is wrong with one: the end of the sentence that its key begins.
        shown: How many are told one by one.
    """
    for key in list(culprits)[:shown]:
        files = f" ({culprits[key]:,} files)" if culprits[key] > 1 else ""
        yield Fault(f"{key} {say(key)}{files}", key, found=key)
    if len(culprits) > shown:
        rest = len(culprits) - shown
        yield Fault(f"{rest:,} more files or folders are like that", found=f"{rest}")
