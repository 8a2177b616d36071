"""The grammar of asset names.

Users find an asset by its name, so names are parsed strictly: full match, ASCII digits, real calendar dates.

==========  ============================================  ==================================
form        written as                                    used with
==========  ============================================  ==================================
raw         ``<prefix>_<subject-id>_<date>_<time>``       metadata 0.x and 1.x, and later
raw         ``<subject-id>_<date>_<time>``                metadata 2.x and later
derived     ``<raw name>_<label>_<date>_<time>``          every metadata
analyzed    ``<project>_<analysis>_<date>_<time>``        metadata 1.x, and aggregates later
analyzed    ``<label>_<date>_<time>``                     aggregates, by their metadata only
==========  ============================================  ==================================

The date is ``YYYY-MM-DD`` and the time ``HH-MM-SS``: the start of the acquisition, in the time zone of the rig. For a
short time, names had ``YYYY-MM-DDTHHMMSS`` instead. Sources: the founding document; the regular expressions of
aind-data-schema 0.x to 2.x, which accept more than they should.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

from aind_lint.asset.naming.asset_name import AssetName, Form, NameProblem
from aind_lint.asset.naming.name_problems import NameProblems
from aind_lint.asset.naming.name_timestamp import (
    NAME_TIMESTAMP,
    explain_impossible,
    is_date,
    parse_name_timestamp,
    standardize_transitional,
)
from aind_lint.asset.naming.vocabulary import VOCABULARY, Vocabulary
from aind_lint.text.characters import name_characters, shorten
from aind_lint.text.suggestions import closest

#: Characters of the longest folder name that Windows, macOS and Linux allow.
MAX_LENGTH = 255

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\s<>:;\"/|?*\\]")


def parse_name(
    text: str,
    level: str | None = None,
    vocabulary: Vocabulary = VOCABULARY,
    is_aggregate: bool = False,
    project: str | None = None,
) -> AssetName:
    """Parse the name of an asset.

    Args:
        text: The name of the folder, or the last part of the bucket's prefix.
        level: The data level of the asset ("raw", "derived", …) if it is known. It decides whether
            ``X_Y_<date>_<time>`` with an unknown prefix X is an analysis.
        vocabulary: The known prefixes and modalities.
        is_aggregate: Whether the metadata says that the asset is made from several assets. Then ``X_<date>_<time>`` is
            an analysis, too.
        project: The project in the metadata. aind-data-schema 1.x builds names of aggregates from it, with its spaces.

    Returns:
        The parts of the name, as far as they can be parsed, and every problem. Never raises. Takes time linear in the
        length of the name.
    """
    if is_aggregate and (parsed := _parse_aggregate(text, project)):
        return parsed
    return _parse(text, level, vocabulary, with_suggestions=True)


def _parse_aggregate(text: str, project: str | None) -> AssetName | None:
    """The analysis that the name of an aggregate is; None if it is malformed, or the name of another form."""
    timestamps = list(NAME_TIMESTAMP.finditer(text))
    if len(timestamps) != 1 or not timestamps[0].group(2) or timestamps[0].end() != len(text):
        return None
    head = text[: timestamps[0].start()].removesuffix("_")
    processed = parse_name_timestamp(timestamps[0].group(1), timestamps[0].group(2).replace("-", ""))
    begin = f"{project}_" if isinstance(project, str) and project and head.startswith(f"{project}_") else None
    named, _, analysis = head.rpartition("_") if begin is None else (project, "_", head[len(begin) :])
    checked = head if begin is None else analysis
    if processed is None or not checked or _FORBIDDEN.search(checked) or not checked.isascii():
        return None
    if analysis.isdigit():
        return None  # a subject id
    if (begin is None and "_" in (named or "")) or "_" in analysis:
        parts = checked.split("_")
        if not all(parts) or any(part.isdigit() or is_date(part) for part in parts):
            return None
        problem = _too_many_parts(text, begin or "", parts)
        return AssetName(text, "analyzed", project=project, processed=processed, problems=(problem,))
    return AssetName(text, "analyzed", project=named or None, analysis=analysis, processed=processed)


def _too_many_parts(text: str, begin: str, parts: list[str]) -> NameProblem:
    """The problem of underscores inside the label of an aggregate."""
    label = "-".join(parts)
    message = f"there are {len(parts)} parts before the date ({shorten(', '.join(parts))}); a label has no underscores"
    if begin:
        message = f"the analysis '{shorten('_'.join(parts))}' contains an underscore"
    suggestion = f"{begin}{label}{text[len(begin) + len(label) :]}"
    return NameProblem("extra-part", message, "_".join(parts), label, suggestion)


def _parse(text: str, level: str | None, vocabulary: Vocabulary, with_suggestions: bool) -> AssetName:
    if len(text) > MAX_LENGTH:
        message = f"the name has {len(text):,} characters; folder names have at most {MAX_LENGTH}"
        return AssetName(text, problems=(NameProblem("too-long", message, shorten(text)),))
    return _parse_short(text, level, vocabulary, with_suggestions)


@lru_cache(maxsize=256)  # the name of an asset is parsed several times: for its folder, its sources and its inputs
def _parse_short(text: str, level: str | None, vocabulary: Vocabulary, with_suggestions: bool) -> AssetName:
    if _FORBIDDEN.search(text) or not text.isprintable():
        forbidden = dict.fromkeys(c for c in text if _FORBIDDEN.match(c) or not c.isprintable())
        suggestion = _without_forbidden(text, level, vocabulary) if with_suggestions else None
        message = f"the name contains {name_characters(forbidden)}"
        return AssetName(text, problems=(NameProblem("forbidden-character", message, text, suggestion=suggestion),))
    return _NameParser(text, level, vocabulary, with_suggestions).parse()


def _without_forbidden(text: str, level: str | None, vocabulary: Vocabulary) -> str | None:
    """The name without its forbidden characters, if that results in a valid name."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf").strip("\"' \t\r\n").rstrip("/\\")
    last_part = re.sub(r"^[^_]*[/\\]", "", visible)
    underscored = re.sub(r"\s+", "_", re.sub(r"(?<=[0-9]):(?=[0-9])", "-", visible))
    hyphenated = re.sub(r'(?<=[0-9A-Za-z])[<>:;"/|?*\\]+(?=[0-9A-Za-z])', "-", visible)
    for candidate in dict.fromkeys((visible, last_part, underscored, hyphenated)):
        if candidate == text or _FORBIDDEN.search(candidate):
            continue
        problems = parse_name(candidate, level, vocabulary).problems
        if not problems:
            return candidate
        if len(problems) == 1 and problems[0].suggestion:
            return problems[0].suggestion
    return None


class _NameParser:
    """Parses one name of allowed characters and length."""

    def __init__(self, text: str, level: str | None, vocabulary: Vocabulary, with_suggestions: bool) -> None:
        self._text = text
        self._level = level
        self._vocabulary = vocabulary
        self._with_suggestions = with_suggestions
        # A suggestion is parsed without suggestions of its own: the time would be exponential otherwise.
        self._problems = NameProblems(text, vocabulary, self._is_valid if with_suggestions else None)

    def _is_valid(self, name: str) -> bool:
        return not _parse(name, self._level, self._vocabulary, with_suggestions=False).problems

    def parse(self) -> AssetName:
        if "" in self._text.split("_") and self._text.strip("_"):
            return self._parse_without_empty_parts()
        if not self._text.isascii() and self._problems.add_non_ascii():
            return self._result()
        timestamps = list(NAME_TIMESTAMP.finditer(self._text))
        if not timestamps:
            self._problems.add_missing_timestamp()
            return self._result()
        times = [self._parse_timestamp(timestamp) for timestamp in timestamps]
        if any(timestamp.group(3) for timestamp in timestamps):
            found = next(timestamp.group() for timestamp in timestamps if timestamp.group(3))
            suggestion = NAME_TIMESTAMP.sub(standardize_transitional, self._text)
            message = f"'{found}' is not YYYY-MM-DD_HH-MM-SS"
            self._problems.add("transitional-date-time", message, found, suggestion=suggestion)
        # The texts before, between and after the timestamps.
        edges = [0, *(position for timestamp in timestamps for position in timestamp.span()), len(self._text)]
        head, *labels, tail = (
            self._text[start:end].strip("_") for start, end in zip(edges[::2], edges[1::2], strict=True)
        )
        if tail and not labels and self._problems.add_misplaced_subject(head, tail, timestamps[0].group()):
            return self._result("raw", acquired=times[0])
        if tail:
            self._problems.add_unfinished_derived(tail)
        if labels:
            return self._parse_derived(head, labels, timestamps, times)
        return self._parse_raw(head, times[0], self._level)

    def _result(self, form: Form | None = None, **parts: object) -> AssetName:
        return AssetName(self._text, form, problems=tuple(self._problems.problems), **parts)  # type: ignore[arg-type]

    def _parse_without_empty_parts(self) -> AssetName:
        """Report the empty parts of a name, and parse the name without them."""
        squeezed = re.sub(r"_{2,}", "_", self._text).strip("_")
        message = "the name has an empty part: two underscores in a row, or one at the beginning or end"
        self._problems.add("empty-part", message, self._text, None, squeezed)
        parsed = _parse(squeezed, self._level, self._vocabulary, self._with_suggestions)
        return parsed._replace(text=self._text, problems=(*self._problems.problems, *parsed.problems))

    def _parse_timestamp(self, timestamp: re.Match[str]) -> datetime | None:
        day, time = timestamp.group(1), (timestamp.group(2) or timestamp.group(3)).replace("-", "")
        parsed = parse_name_timestamp(day, time)
        if parsed is None:
            self._problems.add("impossible-date-time", explain_impossible(day, time), timestamp.group())
        return parsed

    def _parse_raw(self, head: str, acquired: datetime | None, level: str | None) -> AssetName:
        parts = head.split("_")
        if any(is_date(part) for part in parts):
            self._problems.add_nonstandard_timestamp(head)
            return self._result("raw", acquired=acquired)
        if len(parts) > 2:
            self._problems.add_extra_part(parts)
            return self._result("raw", acquired=acquired)
        for part in parts:
            if part and not any(character.isalnum() for character in part):
                message = f"the part '{shorten(part)}' before the date has no letters or digits"
                self._problems.add("missing-subject", message, part, "<subject-id>_<date>_<time>")
                return self._result("raw", acquired=acquired)
        if len(parts) == 2:
            prefix, subject = parts
            if prefix not in self._vocabulary.prefixes:
                if _is_analysis(prefix, subject, level, self._vocabulary):
                    return self._result("analyzed", project=prefix, analysis=subject, processed=acquired)
                self._problems.add_unknown_prefix(prefix, subject)
        elif head.casefold() in self._vocabulary.prefixes_without_case:
            prefix, subject = head, ""
        else:
            prefix, subject = None, head
        self._problems.add_missing_subject(prefix, subject)
        return self._result("raw", prefix=prefix, subject_id=subject or None, acquired=acquired)

    def _parse_derived(
        self, head: str, labels: list[str], timestamps: list[re.Match[str]], times: list[datetime | None]
    ) -> AssetName:
        # The level is that of this asset, not of its source.
        source = self._parse_raw(head, times[0], None)
        # The suggested name: the first raw name is the source, and the last label is the label.
        label = labels[-1].replace("_", "-")
        suggestion = f"{self._text[: timestamps[0].end()]}_{label}{self._text[timestamps[-1].start() - 1 :]}"
        for label, timestamp in zip(labels, timestamps[1:], strict=True):
            if not any(character.isalnum() for character in label):
                message = f"there is no label before '{timestamp.group()}'"
                if label:
                    message = f"the label '{shorten(label)}' has no letters or digits"
                self._problems.add("missing-label", message, label or timestamp.group(), "a label such as nwb")
            elif ("_" in label or is_date(label)) and not self._problems.add_nonstandard_timestamp(label):
                message = f"the label '{shorten(label)}' contains an underscore"
                self._problems.add("label-underscore", message, label, label.replace("_", "-"), suggestion)
        if sum(map(bool, labels)) > 1:
            message = f"the name chains {len(labels)} processing steps: {shorten(', '.join(labels))}"
            self._problems.add("daisy-chain", message, "_".join(labels), suggestion=suggestion)
        return self._result(
            "derived",
            prefix=source.prefix,
            subject_id=source.subject_id,
            acquired=source.acquired,
            source=self._text[: timestamps[-2].end()],
            label=labels[-1] or None,
            processed=times[-1],
            project=source.project,
            analysis=source.analysis,
        )


def _is_analysis(project: str, analysis: str, level: str | None, vocabulary: Vocabulary) -> bool:
    """Whether ``X_Y_<date>_<time>`` with an unknown X is an analysis. Otherwise X is a wrong prefix."""
    is_misspelled_prefix = closest(project, vocabulary.prefixes) is not None
    # A number is a subject id.
    if project.isdigit() or (is_misspelled_prefix and analysis.isdigit()):
        return False
    if level is not None:
        return level != "raw"
    return not is_misspelled_prefix and not analysis.isdigit()
