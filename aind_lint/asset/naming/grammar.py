"""The grammar of asset names in every era, and what is wrong with a name that breaks it.

An asset's name is the index people browse, so it is read strictly: full match, ASCII digits, a real calendar.

==========  ============================================  ==================================
form        written as                                    seen with
==========  ============================================  ==================================
raw         ``<prefix>_<subject-id>_<date>_<time>``       metadata 0.x and 1.x, and later
raw         ``<subject-id>_<date>_<time>``                metadata 2.x on
derived     ``<raw name>_<label>_<date>_<time>``          every era
analyzed    ``<project>_<analysis>_<date>_<time>``        metadata 1.x
==========  ============================================  ==================================

The date is ``YYYY-MM-DD`` and the time ``HH-MM-SS``, in the rig's zone, of the acquisition's start; for a short while
date and time were written together as ``YYYY-MM-DDTHHMMSS``. Sources: the founding document; the regular expressions
of aind-data-schema 0.x to 2.x, which accept more than they should.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import datetime

from aind_lint.asset.naming.asset_name import AssetName, Form, NameProblem
from aind_lint.asset.naming.name_timestamp import (
    DAY_FIRST,
    NONSTANDARD_TIMESTAMP,
    TIMESTAMP,
    explain_impossible,
    is_date,
    nonstandard_parts,
    parse_name_timestamp,
    standardize_transitional,
    standardized,
)
from aind_lint.asset.naming.vocabulary import VOCABULARY, Vocabulary
from aind_lint.text.characters import name_characters, shorten, to_ascii
from aind_lint.text.suggestions import closest

#: A folder on Windows, macOS and Linux cannot have a longer name.
MAX_LENGTH = 255

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\s<>:;\"/|?*\\]")


def parse_name(text: str, level: str | None = None, vocabulary: Vocabulary = VOCABULARY) -> AssetName:
    """Read an asset's name.

    Args:
        text: The name, as the folder or the bucket's prefix has it.
        level: The asset's data level when it is known ("raw", "derived", …). It decides what
            ``X_Y_<date>_<time>`` is when X is no known prefix.
        vocabulary: The known prefixes and modalities.

    Returns:
        The parts that could be read and every problem found. Never raises; takes time linear in the length.
    """
    return _read(text, level, vocabulary, with_suggestions=True)


def _read(text: str, level: str | None, vocabulary: Vocabulary, with_suggestions: bool) -> AssetName:
    if len(text) > MAX_LENGTH:
        message = f"the name has {len(text):,} characters; folder names have at most {MAX_LENGTH}"
        return AssetName(text, problems=(NameProblem("too-long", message, shorten(text)),))
    forbidden = dict.fromkeys(c for c in text if _FORBIDDEN.match(c) or not c.isprintable())
    if forbidden:
        suggestion = _cleaned(text, level, vocabulary) if with_suggestions else None
        message = f"the name contains {name_characters(forbidden)}"
        return AssetName(text, problems=(NameProblem("forbidden-character", message, text, suggestion=suggestion),))
    return _Reader(text, level, vocabulary, with_suggestions).read()


def _cleaned(text: str, level: str | None, vocabulary: Vocabulary) -> str | None:
    """The name without its forbidden characters, if that makes it a good one."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf").strip("\"' \t\r\n").rstrip("/\\")
    last = re.sub(r"^[^_]*[/\\]", "", visible)  # without the path before it
    spaced = re.sub(r"\s+", "_", re.sub(r"(?<=[0-9]):(?=[0-9])", "-", visible))
    hyphened = re.sub(r'(?<=[0-9A-Za-z])[<>:;"/|?*\\]+(?=[0-9A-Za-z])', "-", visible)
    for candidate in dict.fromkeys((visible, last, spaced, hyphened)):
        if candidate == text or _FORBIDDEN.search(candidate):
            continue
        problems = parse_name(candidate, level, vocabulary).problems
        if not problems:
            return candidate
        if len(problems) == 1 and problems[0].suggestion:
            return problems[0].suggestion
    return None


class _Reader:
    """One pass over a name of ordinary characters and ordinary length."""

    def __init__(self, text: str, level: str | None, vocabulary: Vocabulary, with_suggestions: bool) -> None:
        self.text = text
        self.level = level
        self.vocabulary = vocabulary
        # Suggestions are read without suggestions of their own; otherwise the time is exponential.
        self.with_suggestions = with_suggestions
        self.good: dict[str, bool] = {}  # suggestions read so far: several problems often share one
        self.problems: list[NameProblem] = []

    def problem(
        self, code: str, message: str, found: str, expected: str | None = None, suggestion: str | None = None
    ) -> None:
        if suggestion is not None and not self._is_good(suggestion):
            suggestion = None
        self.problems.append(NameProblem(code, message, found, expected, suggestion))

    def _is_good(self, suggestion: str) -> bool:
        """Whether to advise a name: never one that is wrong itself."""
        if not self.with_suggestions or suggestion == self.text:
            return False
        if suggestion not in self.good:
            self.good[suggestion] = not _read(suggestion, self.level, self.vocabulary, with_suggestions=False).problems
        return self.good[suggestion]

    def read(self) -> AssetName:
        if "" in self.text.split("_") and self.text.strip("_"):
            return self._read_squeezed()
        if not self.text.isascii() and self._explain_other_scripts():
            return self._result()
        stamps = list(TIMESTAMP.finditer(self.text))
        if not stamps:
            self._explain_missing_stamp()
            return self._result()
        moments = [self._moment(stamp) for stamp in stamps]
        if any(stamp.group(3) for stamp in stamps):
            written = next(stamp.group() for stamp in stamps if stamp.group(3))
            modern = TIMESTAMP.sub(standardize_transitional, self.text)
            message = f"'{written}' is not YYYY-MM-DD_HH-MM-SS"
            self.problem("transitional-date-time", message, written, suggestion=modern)
        # What stands before, between and after the stamps.
        edges = [0, *(position for stamp in stamps for position in stamp.span()), len(self.text)]
        head, *labels, tail = (
            self.text[start:end].strip("_") for start, end in zip(edges[::2], edges[1::2], strict=True)
        )
        if tail and not labels and self._explain_late_subject(head, tail, stamps[0].group()):
            return self._result("raw", acquired=moments[0])
        if tail:
            self._explain_tail(tail)
        if labels:
            return self._read_derived(head, labels, stamps, moments)
        return self._read_raw(head, moments[0], self.level)

    def _result(self, form: Form | None = None, **parts: object) -> AssetName:
        return AssetName(self.text, form, problems=tuple(self.problems), **parts)  # type: ignore[arg-type]

    def _read_squeezed(self) -> AssetName:
        """Read a name with empty parts as if they were not there, and report them."""
        squeezed = re.sub(r"_{2,}", "_", self.text).strip("_")
        message = "the name has an empty part: two underscores in a row, or one at the beginning or end"
        self.problem("empty-part", message, self.text, None, squeezed)
        inner = _read(squeezed, self.level, self.vocabulary, self.with_suggestions)
        return replace(inner, text=self.text, problems=(*self.problems, *inner.problems))

    def _explain_other_scripts(self) -> bool:
        """Report characters beyond ASCII; True when a date is written with them."""
        odd = dict.fromkeys(c for c in self.text if not c.isascii())
        plain = to_ascii(self.text)
        message = f"the name contains non-ASCII characters: {name_characters(odd)}"
        self.problem("non-ascii", message, "".join(odd), suggestion=plain)
        found = False
        for stamp in TIMESTAMP.finditer(plain):
            # With the underscores around it, which may be of another script, too.
            written = self.text[max(stamp.start() - 1, 0) : stamp.end() + 1]
            if not written.isascii():
                written = written.strip("_")
                message = f"'{written}' contains characters of another script"
                self.problem("malformed-date-time", message, written, stamp.group(), plain)
                found = True
        return found

    def _moment(self, stamp: re.Match[str]) -> datetime | None:
        day, time = stamp.group(1), (stamp.group(2) or stamp.group(3)).replace("-", "")
        moment = parse_name_timestamp(day, time)
        if moment is None:
            self.problem("impossible-date-time", explain_impossible(day, time), stamp.group())
        return moment

    def _read_raw(self, head: str, moment: datetime | None, level: str | None) -> AssetName:
        words = head.split("_")
        if any(is_date(word) for word in words):
            self._explain_loose_stamp(head)
            return self._result("raw", acquired=moment)
        if len(words) > 2:
            self._explain_extra_part(words)
            return self._result("raw", acquired=moment)
        for word in words:
            if word and not any(character.isalnum() for character in word):
                message = f"the part '{shorten(word)}' before the date has no letters or digits"
                self.problem("missing-subject", message, word, "<subject-id>_<date>_<time>")
                return self._result("raw", acquired=moment)
        if len(words) == 2:
            prefix, subject = words
            if prefix not in self.vocabulary.prefixes:
                if _is_analysis(prefix, subject, level, self.vocabulary):
                    return self._result("analyzed", project=prefix, analysis=subject, processed=moment)
                self._explain_prefix(prefix, subject)
        elif head.casefold() in self.vocabulary.prefixes_without_case:
            prefix, subject = head, ""
        else:
            prefix, subject = None, head
        self._check_subject(prefix, subject)
        return self._result("raw", prefix=prefix, subject_id=subject or None, acquired=moment)

    def _check_subject(self, prefix: str | None, subject: str) -> None:
        expected = "<subject-id>_<date>_<time>"
        glued = self.vocabulary.prefix_glued_to_subject.fullmatch(subject)
        if not subject and prefix:
            message = f"there is no subject id between '{prefix}' and the date"
            self.problem("missing-subject", message, "", f"{_nearest_prefix(prefix, self.vocabulary)}_{expected}")
        elif not subject:
            self.problem("missing-subject", "there is no subject id before the date", "", expected)
        elif glued and not prefix:
            split = f"{_nearest_prefix(glued[1], self.vocabulary)}_{glued[2]}"
            message = f"there is no underscore between the prefix '{glued[1]}' and the subject id '{glued[2]}'"
            self.problem("missing-subject", message, subject, split, f"{split}{self.text[len(subject) :]}")

    def _read_derived(
        self, head: str, labels: list[str], stamps: list[re.Match[str]], moments: list[datetime | None]
    ) -> AssetName:
        # The level speaks of this asset; what its source is, only the source's name can say.
        source = self._read_raw(head, moments[0], None)
        # As it was probably meant: the source is the first raw name, and only the last step names the asset.
        meant = f"{self.text[: stamps[0].end()]}_{labels[-1].replace('_', '-')}{self.text[stamps[-1].start() - 1 :]}"
        for label, stamp in zip(labels, stamps[1:], strict=True):
            if not any(character.isalnum() for character in label):
                message = f"there is no label before '{stamp.group()}'"
                if label:
                    message = f"the label '{shorten(label)}' has no letters or digits"
                self.problem("missing-label", message, label or stamp.group(), "a label such as nwb")
            elif ("_" in label or is_date(label)) and not self._explain_loose_stamp(label):
                message = f"the label '{shorten(label)}' contains an underscore"
                self.problem("label-underscore", message, label, label.replace("_", "-"), meant)
        if sum(map(bool, labels)) > 1:
            message = f"the name chains {len(labels)} processing steps: {shorten(', '.join(labels))}"
            self.problem("daisy-chain", message, "_".join(labels), suggestion=meant)
        return self._result(
            "derived",
            prefix=source.prefix,
            subject_id=source.subject_id,
            acquired=source.acquired,
            source=self.text[: stamps[-2].end()],
            label=labels[-1] or None,
            processed=moments[-1],
            project=source.project,
            analysis=source.analysis,
        )

    def _explain_extra_part(self, words: list[str]) -> None:
        start = "_".join(words)
        if self._explain_loose_stamp(start):
            return
        joined = "".join(words[:-1]).casefold()
        prefixes = (*sorted(self.vocabulary.platforms), *sorted(self.vocabulary.prefixes))
        known = next((prefix for prefix in prefixes if prefix.replace("-", "").casefold() == joined), None)
        suggestion = f"{known}_{words[-1]}{self.text[len(start) :]}" if known else None
        listed = shorten(", ".join(words))
        message = f"there are {len(words)} parts before the date ({listed}); only a prefix and a subject id are allowed"
        self.problem("extra-part", message, start, "<prefix>_<subject-id>", suggestion)

    def _explain_prefix(self, prefix: str, subject: str) -> None:
        rest = self.text[len(prefix) :]
        if subject in self.vocabulary.prefixes:
            message = f"the subject id '{shorten(prefix)}' comes before the prefix '{subject}'"
            rest = rest.replace(subject, prefix, 1)
            self.problem("unknown-prefix", message, prefix, subject, f"{subject}{rest}")
            return
        meant = _nearest_prefix(prefix, self.vocabulary)
        hint = f"; did you mean '{meant}'?" if meant else ""
        if meant is None and prefix.casefold() in self.vocabulary.modality_folders_without_case:
            hint = "; it is a modality, not a platform"
        message = f"'{shorten(prefix)}' is not a known prefix{hint}"
        self.problem("unknown-prefix", message, prefix, meant, f"{meant}{rest}" if meant else None)

    def _explain_late_subject(self, head: str, tail: str, stamp: str) -> bool:
        """Report a subject that stands after the date instead of before it."""
        if (
            (head and head not in self.vocabulary.prefixes)
            or not tail.rpartition("_")[2].isdigit()
            or NONSTANDARD_TIMESTAMP.search(tail)
        ):
            return False
        message = f"'{shorten(tail)}' follows the date and time; the subject id must come before"
        meant = "_".join(part for part in (head, tail, stamp) if part)
        self.problem("missing-subject", message, tail, "<subject-id>_<date>_<time>", meant)
        return True

    def _explain_tail(self, tail: str) -> None:
        if self._explain_loose_stamp(tail):
            return
        message = f"'{shorten(tail)}' has no date and time of processing after it"
        self.problem("unfinished-derived", message, tail, f"{self.text}_<date>_<time>")

    def _explain_missing_stamp(self) -> None:
        if self._explain_loose_stamp(self.text):
            return
        message = "the name contains no date and time (YYYY-MM-DD_HH-MM-SS)"
        self.problem("no-date-time", message, self.text, "<subject-id>_<YYYY-MM-DD>_<HH-MM-SS>")

    def _explain_loose_stamp(self, part: str) -> bool:
        """Report a date that ``part`` writes in another way; False when there is none."""
        matches = list(NONSTANDARD_TIMESTAMP.finditer(part))
        if not matches:
            if match := DAY_FIRST.search(part):
                message = f"'{match.group()}' does not begin with the year"
                self.problem("malformed-date-time", message, match.group(), "<YYYY-MM-DD>_<HH-MM-SS>")
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
        self.problem("malformed-date-time", message, f"{found}{rest}", expected, suggestion)
        return True


def _nearest_prefix(word: str, vocabulary: Vocabulary) -> str | None:
    """The prefix that ``word`` was probably meant to be, a platform rather than its older spelling."""
    if word.casefold() in vocabulary.modality_folders_without_case - vocabulary.prefixes_without_case:
        return None  # icephys is no slip of ecephys
    meant = closest(word, vocabulary.prefixes)
    platforms = (platform for platform in vocabulary.platforms if meant and platform.casefold() == meant.casefold())
    return next(platforms, meant)


def _is_analysis(project: str, analysis: str, level: str | None, vocabulary: Vocabulary) -> bool:
    """Whether ``X_Y_<date>_<time>`` with an unknown X is an analysis; else its prefix is wrong."""
    slip = closest(project, vocabulary.prefixes) is not None
    # Digits are a subject's, and a near miss of a prefix is a slip.
    if project.isdigit() or (slip and analysis.isdigit()):
        return False
    if level is not None:
        return level != "raw"
    return not slip and not analysis.isdigit()
