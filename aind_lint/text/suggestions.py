"""What a misspelled word was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, words: Iterable[str]) -> str | None:
    """The word of ``words`` that ``word`` was probably meant to be, or None.

    Case is ignored first, because most slips are slips of case. Only the beginning of a long word is looked at.
    """
    import difflib  # for who slipped only

    folded = {candidate.casefold(): candidate for candidate in sorted(words)}
    close = difflib.get_close_matches(word[:100].casefold(), folded, n=1, cutoff=0.72)
    return folded[close[0]] if close else None
