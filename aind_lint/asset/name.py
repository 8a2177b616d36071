"""The name of an asset: its grammar in every era, and what is wrong with a name that breaks it.

An asset's name is the index people browse, so it is read strictly: full match, ASCII digits, a real calendar.

==========  ============================================  ==================================
form        written as                                    seen with
==========  ============================================  ==================================
raw         ``<prefix>_<subject id>_<date>_<time>``       metadata 0.x and 1.x, and later
raw         ``<subject id>_<date>_<time>``                metadata 2.x on
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
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from aind_lint.asset.vocabulary import PREFIXES, nearest

Form = Literal["raw", "derived", "analyzed"]

#: A folder on Windows, macOS and Linux cannot have a longer name.
MAX_LENGTH = 255

_STAMP = re.compile(r"(?:^|(?<=_))([0-9]{4}-[0-9]{2}-[0-9]{2})(?:_([0-9]{2}-[0-9]{2}-[0-9]{2})|T([0-9]{6}))(?=_|$)")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\s<>:;\"/|?*\\]")
# A date, and perhaps a time, written in another way.
_LOOSE_STAMP = re.compile(
    r"""(?:^|(?<=[_\ -]))
    (?P<year>(?:19|20)[0-9]{2})
    (?:(?P<dash>[-_./])(?P<month>[0-9]{1,2})(?P=dash)(?P<day>[0-9]{1,2}) | (?P<month8>[0-9]{2})(?P<day8>[0-9]{2}))
    (?:[-_Tt\ ]{0,2}
        (?:(?P<hour>[0-9]{1,2})(?P<colon>[-_:.])(?P<minute>[0-9]{1,2})(?:(?P=colon)(?P<second>[0-9]{1,2}))?
          |(?P<hour6>[0-9]{2})(?P<minute6>[0-9]{2})(?P<second6>[0-9]{2})?)
        (?:[.,][0-9]+)?[Zz]?
    )?
    (?=[_\ -]|$)""",
    re.VERBOSE,
)
_DAY_FIRST = re.compile(r"(?:^|(?<=[_ -]))[0-9]{1,2}([-_./])[0-9]{1,2}\1(?:19|20)[0-9]{2}(?=[_ T-]|$)")


@dataclass(frozen=True)
class NameProblem:
    """One thing that is wrong with a name.

    Attributes:
        code: Which kind of fault; every code is the ``problem`` of one rule of the family NAM.
        message: What is wrong, with the offending part in it.
        found: The offending part.
        expected: What should stand there, when that can be said.
        suggestion: The whole name as it was probably meant, when that can be said.
    """

    code: str
    message: str
    found: str
    expected: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True)
class AssetName:
    """A name and its parts; parts that a form does not have are None.

    Attributes:
        text: The name as it stands.
        form: Raw, derived or analyzed; None when the name has no known form.
        prefix: Platform or older prefix before the subject id.
        subject_id: The subject, usually the six digits of a mouse.
        acquired: Start of the acquisition, naive, in the rig's zone.
        source: Of a derived asset, the name of the asset it was made from.
        label: Of a derived asset, what was done.
        processed: When a derived or analyzed asset was made, naive.
        project: Of an analyzed asset, the project.
        analysis: Of an analyzed asset, the analysis.
        problems: What is wrong; empty for a name that follows the grammar.
    """

    text: str
    form: Form | None = None
    prefix: str | None = None
    subject_id: str | None = None
    acquired: datetime | None = None
    source: str | None = None
    label: str | None = None
    processed: datetime | None = None
    project: str | None = None
    analysis: str | None = None
    problems: tuple[NameProblem, ...] = field(default=())


def format_stamp(moment: datetime) -> str:
    """A date and time as names write it: ``2022-12-12_05-06-07``."""
    # strftime does not pad years below 1000 on every platform.
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}_{moment:%H-%M-%S}"


def build_raw_name(subject_id: str, acquired: datetime, prefix: str | None = None) -> str:
    """The name of a raw asset: ``ecephys_123456_2022-12-12_05-06-07``, without prefix from metadata 2.x on."""
    return "_".join([*([prefix] if prefix else []), subject_id, format_stamp(acquired)])


def build_derived_name(source: str, label: str, processed: datetime) -> str:
    """The name of an asset derived from ``source``, which is itself a raw asset's name."""
    return f"{source}_{label}_{format_stamp(processed)}"


def build_analyzed_name(project: str, analysis: str, processed: datetime) -> str:
    """The name of an analysis over several assets, as metadata 1.x wrote it."""
    return f"{project}_{analysis}_{format_stamp(processed)}"


def parse_name(text: str, level: str | None = None) -> AssetName:
    """Read an asset's name.

    Args:
        text: The name, as the folder or the bucket's prefix has it.
        level: The asset's data level when it is known ("raw", "derived", …). It decides what
            ``X_Y_<date>_<time>`` is when X is no known prefix.

    Returns:
        The parts that could be read and every problem found. Never raises; takes time linear in the length.
    """
    if len(text) > MAX_LENGTH:
        message = f"the name has {len(text):,} characters; no file system holds a folder name over {MAX_LENGTH}"
        return AssetName(text, problems=(NameProblem("too-long", message, _shorten(text)),))
    if forbidden := _forbidden_characters(text):
        return AssetName(text, problems=forbidden)
    return _Reader(text, level).read()


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def _forbidden_characters(text: str) -> tuple[NameProblem, ...]:
    found = sorted(set(_FORBIDDEN.findall(text)) | {c for c in text if unicodedata.category(c) in ("Cf", "Cs", "Co")})
    if not found:
        return ()
    names = ", ".join(_character_name(character) for character in found)
    return (
        NameProblem(
            "forbidden-character",
            f"the name holds {names}",
            text,
            suggestion=_cleaned(text),
        ),
    )


def _character_name(character: str) -> str:
    if character == " ":
        return "a space"
    if character.isprintable():
        return f"'{character}'"
    name = unicodedata.name(character, {"\n": "a line break", "\t": "a tab", "\r": "a carriage return"}.get(character))
    return f"{name or 'a control character'} (U+{ord(character):04X})"


def _cleaned(text: str) -> str | None:
    """The name without its forbidden characters, if that makes it a good one."""
    stripped = text.strip().rstrip("/\\")
    colons = re.sub(r"(?<=[0-9]):(?=[0-9])", "-", stripped)
    for candidate in (stripped, colons.replace(" ", "_"), _FORBIDDEN.sub("-", stripped)):
        if candidate == text or _FORBIDDEN.search(candidate):
            continue
        problems = parse_name(candidate).problems
        if not problems:
            return candidate
        if len(problems) == 1 and problems[0].suggestion:
            return problems[0].suggestion
    return None


class _Reader:
    """One pass over a name of ordinary characters and ordinary length."""

    def __init__(self, text: str, level: str | None) -> None:
        self.text = text
        self.level = level
        self.problems: list[NameProblem] = []

    def problem(
        self, code: str, message: str, found: str, expected: str | None = None, suggestion: str | None = None
    ) -> None:
        if suggestion is not None and (suggestion == self.text or parse_name(suggestion, self.level).problems):
            suggestion = None  # never advise a name that is wrong itself
        self.problems.append(NameProblem(code, message, found, expected, suggestion))

    def read(self) -> AssetName:
        if "" in self.text.split("_") and self.text.strip("_"):
            return self._read_squeezed()
        if not self.text.isascii():
            odd = "".join(dict.fromkeys(c for c in self.text if not c.isascii()))
            self.problem("non-ascii", f"the name holds characters beyond ASCII: {odd}", odd)
        stamps = list(_STAMP.finditer(self.text))
        if not stamps:
            self._explain_missing_stamp()
            return self._result()
        moments = [self._moment(stamp) for stamp in stamps]
        if any(stamp.group(3) for stamp in stamps):
            written = next(stamp.group() for stamp in stamps if stamp.group(3))
            modern = _STAMP.sub(_modern_stamp, self.text)
            message = f"'{written}' is a short-lived way to write a date and time"
            self.problem("transitional-date-time", message, written, suggestion=modern)
        # What stands before, between and after the stamps.
        edges = [0, *(position for stamp in stamps for position in stamp.span()), len(self.text)]
        head, *labels, tail = (
            self.text[start:end].strip("_") for start, end in zip(edges[::2], edges[1::2], strict=True)
        )
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
        message = "the name has an empty part: two underscores in a row, or one at its beginning or end"
        self.problem("empty-part", message, self.text, None, squeezed)
        inner = parse_name(squeezed, self.level)
        return replace(inner, text=self.text, problems=(*self.problems, *inner.problems))

    def _moment(self, stamp: re.Match[str]) -> datetime | None:
        day, time = stamp.group(1), (stamp.group(2) or stamp.group(3)).replace("-", "")
        try:
            return datetime.strptime(f"{day} {time}", "%Y-%m-%d %H%M%S")
        except ValueError:
            self.problem("impossible-date-time", _why_impossible(day, time), stamp.group())
            return None

    def _read_raw(self, head: str, moment: datetime | None, level: str | None) -> AssetName:
        words = head.split("_")
        if not head:
            self.problem("missing-subject", "no subject stands before the date", "", "<subject id>_<date>_<time>")
            return self._result("raw", acquired=moment)
        if len(words) == 1:
            return self._result("raw", subject_id=head, acquired=moment)
        if len(words) > 2:
            self._explain_extra_part(words)
            return self._result("raw", acquired=moment)
        prefix, subject = words
        if prefix not in PREFIXES:
            if _is_analysis(prefix, subject, level):
                return self._result("analyzed", project=prefix, analysis=subject, processed=moment)
            self._explain_prefix(prefix)
        return self._result("raw", prefix=prefix, subject_id=subject, acquired=moment)

    def _read_derived(
        self, head: str, labels: list[str], stamps: list[re.Match[str]], moments: list[datetime | None]
    ) -> AssetName:
        # The level speaks of this asset; what its source is, only the source's name can say.
        source = self._read_raw(head, moments[0], None)
        for label, stamp in zip(labels, stamps[1:], strict=True):
            if not label:
                message = f"no label stands before '{stamp.group()}'"
                self.problem("missing-label", message, stamp.group(), "a label such as nwb")
            elif "_" in label and not self._explain_loose_stamp(label):
                message = f"the label '{label}' holds an underscore, which separates the parts of a name"
                hyphened = label.replace("_", "-")
                renamed = self.text.replace(f"_{label}_", f"_{hyphened}_")
                self.problem("label-underscore", message, label, hyphened, renamed)
        if len(labels) > 1:
            # The source is the first raw name, and only the last step names the asset.
            anchored = self.text[: stamps[0].end()] + self.text[stamps[-2].end() :]
            message = f"the name chains {len(labels)} processing steps: {', '.join(labels)}"
            self.problem("daisy-chain", message, "_".join(labels), anchored, anchored)
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
        joined = "-".join(words[:-1]).casefold()
        known = next((prefix for prefix in sorted(PREFIXES) if prefix.casefold() == joined), None)
        suggestion = f"{known}_{words[-1]}{self.text[len(start) :]}" if known else None
        message = f"{len(words)} parts stand before the date ({', '.join(words)}); a prefix and a subject id are two"
        self.problem("extra-part", message, start, "<prefix>_<subject id>", suggestion)

    def _explain_prefix(self, prefix: str) -> None:
        meant = nearest(prefix, PREFIXES)
        hint = f"; did you mean '{meant}'?" if meant else ""
        message = f"'{prefix}' is not a prefix the institute uses{hint}"
        renamed = f"{meant}{self.text[len(prefix) :]}" if meant else None
        self.problem("unknown-prefix", message, prefix, meant, renamed)

    def _explain_tail(self, tail: str) -> None:
        if self._explain_loose_stamp(tail):
            return
        message = f"'{tail}' follows the date and time, but no date and time of processing follows it"
        self.problem("unfinished-derived", message, tail, f"{self.text}_<date>_<time>")

    def _explain_missing_stamp(self) -> None:
        if self._explain_loose_stamp(self.text):
            return
        message = "the name holds no date and time, so it has none of the known forms"
        self.problem("no-date-time", message, self.text, "<subject id>_<YYYY-MM-DD>_<HH-MM-SS>")

    def _explain_loose_stamp(self, part: str) -> bool:
        """Report a date that ``part`` writes in another way; False when there is none."""
        digits = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in part)
        match = _LOOSE_STAMP.search(digits)
        if match is None:
            if match := _DAY_FIRST.search(digits):
                message = f"'{match.group()}' does not begin with the year"
                self.problem("malformed-date-time", message, match.group(), "<YYYY-MM-DD>_<HH-MM-SS>")
            return match is not None
        found = part[match.start() : match.end()]
        date = "-".join([match["year"], f"{match['month'] or match['month8']:0>2}", f"{match['day'] or match['day8']:0>2}"])
        hour, minute, second = (match[unit] or match[f"{unit}6"] for unit in ("hour", "minute", "second"))
        suggestion = None
        if hour is None:
            message, expected = f"'{found}' is a date without a time", f"{date}_<HH-MM-SS>"
        elif second is None:
            expected = f"{date}_{hour:0>2}-{minute:0>2}-<SS>"
            message = f"'{found}' has no seconds"
        else:
            expected = f"{date}_{hour:0>2}-{minute:0>2}-{second:0>2}"
            message = f"'{found}' is not how names write a date and time"
            suggestion = self.text.replace(found, expected)
        if not found.isascii():
            message = f"'{found}' is written with digits of another script"
        self.problem("malformed-date-time", message, found, expected, suggestion)
        return True


def _is_analysis(project: str, analysis: str, level: str | None) -> bool:
    """Whether ``X_Y_<date>_<time>`` with an unknown X is an analysis; else its prefix is wrong."""
    if level is not None:
        return level != "raw"
    # By the name alone: digits are a subject's, and a near miss of a prefix is a slip.
    return not analysis.isdigit() and nearest(project, PREFIXES) is None


def _modern_stamp(stamp: re.Match[str]) -> str:
    if stamp.group(2):
        return stamp.group()
    time = stamp.group(3)
    return f"{stamp.group(1)}_{time[:2]}-{time[2:4]}-{time[4:]}"


def _why_impossible(day: str, time: str) -> str:
    year, month, date = (int(part) for part in day.split("-"))
    hour, minute, second = int(time[:2]), int(time[2:4]), int(time[4:])
    if not 1 <= month <= 12:
        return f"'{day}' has month {month}; there are twelve"
    try:
        datetime(year, month, date)
    except ValueError:
        return f"'{day}' is no day of the calendar"
    for value, limit, unit in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")):
        if value > limit:
            return f"the time has {unit} {value}; the last is {limit}"
    raise AssertionError(f"{day} {time} is possible")
