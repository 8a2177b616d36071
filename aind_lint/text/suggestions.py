"""Suggestions for misspelled words."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, words: Iterable[str]) -> str | None:
    """The word of ``words`` that is most similar to ``word``, or None if none is similar.

    Case is ignored. Only the first 100 characters of ``word`` are compared.
    """
    import difflib  # needed only for errors

    folded = {candidate.casefold(): candidate for candidate in sorted(words)}
    close = difflib.get_close_matches(word[:100].casefold(), folded, n=1, cutoff=0.72)
    return folded[close[0]] if close else None
