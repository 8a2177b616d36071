"""The problems of a name: each with a message and, where it is certain, the name that was meant."""

from __future__ import annotations

import re
from collections.abc import Callable

from aind_lint.asset.naming.asset_name import NameProblem
from aind_lint.asset.naming.name_timestamp import (
    DAY_FIRST,
    NAME_TIMESTAMP,
    NONSTANDARD_TIMESTAMP,
    nonstandard_parts,
    parse_name_timestamp,
    standardized,
)
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.text.characters import name_characters, shorten, to_ascii
from aind_lint.text.suggestions import closest


class NameProblems:
    """Collects the problems of one name.

    Attributes:
        problems: The problems so far.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, is_valid: Callable[[str], bool] | None) -> None:
        """Start without problems.

        Args:
            text: The name.
            vocabulary: The known prefixes and modalities.
            is_valid: Decides whether another name is valid; only valid names are suggested. None to suggest none.
        """
        self.text = text
        self._vocabulary = vocabulary
        self.problems: list[NameProblem] = []
        self._is_valid = is_valid
        self._checked: dict[str, bool] = {}  # several problems often have the same suggestion

    def add(
        self, code: str, message: str, found: str, expected: str | None = None, suggestion: str | None = None
    ) -> None:
        """Add a problem; the parameters are those of `NameProblem`."""
        if suggestion is not None and not self._can_suggest(suggestion):
            suggestion = None
        self.problems.append(NameProblem(code, message, found, expected, suggestion))

    def _can_suggest(self, name: str) -> bool:
        if self._is_valid is None or name == self.text:
            return False
        if name not in self._checked:
            self._checked[name] = self._is_valid(name)
        return self._checked[name]

    def add_non_ascii(self) -> bool:
        """Add the problem of non-ASCII characters; True if a timestamp contains them."""
        non_ascii = dict.fromkeys(c for c in self.text if not c.isascii())
        ascii_name = to_ascii(self.text)
        message = f"the name contains non-ASCII characters: {name_characters(non_ascii)}"
        self.add("non-ascii", message, "".join(non_ascii), suggestion=ascii_name)
        in_timestamp = False
        for timestamp in NAME_TIMESTAMP.finditer(ascii_name):
            # Include the underscores around it, which can be of another script as well.
            written = self.text[max(timestamp.start() - 1, 0) : timestamp.end() + 1]
            if not written.isascii():
                written = written.strip("_")
                message = f"'{written}' contains characters of another script"
                self.add("malformed-date-time", message, written, timestamp.group(), ascii_name)
                in_timestamp = True
        return in_timestamp

    def add_extra_part(self, words: list[str]) -> None:
        """Add the problem of more than two parts before the timestamp."""
        start = "_".join(words)
        if self.add_nonstandard_timestamp(start):
            return
        joined = "".join(words[:-1]).casefold()
        prefixes = (*sorted(self._vocabulary.platforms), *sorted(self._vocabulary.prefixes))
        known = next((prefix for prefix in prefixes if prefix.replace("-", "").casefold() == joined), None)
        suggestion = f"{known}_{words[-1]}{self.text[len(start) :]}" if known else None
        listed = shorten(", ".join(words))
        message = f"there are {len(words)} parts before the date ({listed}); only a prefix and a subject id are allowed"
        self.add("extra-part", message, start, "<prefix>_<subject-id>", suggestion)

    def add_unknown_prefix(self, prefix: str, subject: str) -> None:
        """Add the problem of a prefix that the institute does not use."""
        rest = self.text[len(prefix) :]
        if subject in self._vocabulary.prefixes:
            message = f"the subject id '{shorten(prefix)}' comes before the prefix '{subject}'"
            rest = rest.replace(subject, prefix, 1)
            self.add("unknown-prefix", message, prefix, subject, f"{subject}{rest}")
            return
        closest_prefix = _nearest_prefix(prefix, self._vocabulary)
        hint = f"; did you mean '{closest_prefix}'?" if closest_prefix else ""
        if closest_prefix is None and prefix.casefold() in self._vocabulary.modality_folders_without_case:
            hint = "; it is a modality, not a platform"
        message = f"'{shorten(prefix)}' is not a known prefix{hint}"
        suggestion = f"{closest_prefix}{rest}" if closest_prefix else None
        self.add("unknown-prefix", message, prefix, closest_prefix, suggestion)

    def add_misplaced_subject(self, head: str, tail: str, timestamp: str) -> bool:
        """Add the problem of a subject id after the timestamp; False if ``tail`` is something else."""
        if (
            (head and head not in self._vocabulary.prefixes)
            or not tail.rpartition("_")[2].isdigit()
            or NONSTANDARD_TIMESTAMP.search(tail)
        ):
            return False
        message = f"'{shorten(tail)}' follows the date and time; the subject id must come before"
        suggestion = "_".join(part for part in (head, tail, timestamp) if part)
        self.add("missing-subject", message, tail, "<subject-id>_<date>_<time>", suggestion)
        return True

    def add_unfinished_derived(self, tail: str) -> None:
        """Add the problem of a label without a timestamp of processing."""
        if self.add_nonstandard_timestamp(tail):
            return
        message = f"'{shorten(tail)}' has no date and time of processing after it"
        self.add("unfinished-derived", message, tail, f"{self.text}_<date>_<time>")

    def add_missing_timestamp(self) -> None:
        """Add the problem of a name without a timestamp."""
        if self.add_nonstandard_timestamp(self.text):
            return
        message = "the name contains no date and time (YYYY-MM-DD_HH-MM-SS)"
        self.add("no-date-time", message, self.text, "<subject-id>_<YYYY-MM-DD>_<HH-MM-SS>")

    def add_nonstandard_timestamp(self, part: str) -> bool:
        """Add the problem of a date in another notation; False if ``part`` contains none."""
        matches = list(NONSTANDARD_TIMESTAMP.finditer(part))
        if not matches:
            if match := re.search(DAY_FIRST, part):
                message = f"'{match.group()}' does not begin with the year"
                self.add("malformed-date-time", message, match.group(), "<YYYY-MM-DD>_<HH-MM-SS>")
            return match is not None
        match = next((match for match in matches if match["second"] or match["second6"]), matches[0])
        found, rest = part[match.start("year") : match.start("rest")], match["rest"]
        date, hour, minute, second = nonstandard_parts(match)
        quoted, expected, suggestion = f"'{shorten(found)}'", f"{date}_<HH-MM-SS>", None
        if hour is None:
            message = f"{quoted} is a date without a time"
        elif second is None:
            message, expected = f"{quoted} has no seconds", f"{date}_{hour}-{minute}-<SS>"
        elif match["zone"]:
            message = f"{quoted} has a time zone; asset names have none"
            expected = "<YYYY-MM-DD>_<HH-MM-SS>"
        else:
            expected = f"{date}_{hour}-{minute}-{second}"
            message = f"{quoted} is not YYYY-MM-DD_HH-MM-SS"
            if rest.startswith("."):
                message = f"'{shorten(rest)}' follows {quoted}; asset names have no extension"
            elif rest:
                message = f"'{shorten(rest)}' follows {quoted} without an underscore between them"
            elif found == expected:
                message = f"there is no underscore before {quoted}"
            if parse_name_timestamp(date, f"{hour}{minute}{second}") is None:
                expected = "<YYYY-MM-DD>_<HH-MM-SS>"
            suggestion = NONSTANDARD_TIMESTAMP.sub(standardized, self.text)
        self.add("malformed-date-time", message, f"{found}{rest}", expected, suggestion)
        return True

    def add_missing_subject(self, prefix: str | None, subject: str) -> None:
        """Add the problem of a missing subject id, or of one that is not separated from its prefix, if there is one."""
        expected = "<subject-id>_<date>_<time>"
        unseparated = self._vocabulary.prefix_joined_to_subject.fullmatch(subject)
        if not subject and prefix:
            message = f"there is no subject id between '{prefix}' and the date"
            self.add("missing-subject", message, "", f"{_nearest_prefix(prefix, self._vocabulary)}_{expected}")
        elif not subject:
            self.add("missing-subject", "there is no subject id before the date", "", expected)
        elif unseparated and not prefix:
            split = f"{_nearest_prefix(unseparated[1], self._vocabulary)}_{unseparated[2]}"
            message = (
                f"there is no underscore between the prefix '{unseparated[1]}' and the subject id '{unseparated[2]}'"
            )
            self.add("missing-subject", message, subject, split, f"{split}{self.text[len(subject) :]}")


def _nearest_prefix(word: str, vocabulary: Vocabulary) -> str | None:
    """The prefix that is most similar to ``word``: a platform instead of its older spelling; None if none is."""
    if word.casefold() in vocabulary.modality_folders_without_case - vocabulary.prefixes_without_case:
        return None  # icephys is not a misspelling of ecephys
    similar = closest(word, vocabulary.prefixes)
    platforms = (platform for platform in vocabulary.platforms if similar and platform.casefold() == similar.casefold())
    return next(platforms, similar)
