"""The values that DANDI demands of the subject of an NWB file.

Source: https://nwbinspector.readthedocs.io/en/dev/best_practices/nwbfile_metadata.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: The values whose form is checked.
SUBJECT_FIELDS = ("species", "sex", "age")

_SPECIES = re.compile(r"[A-Z][a-z]* [a-z]+(?:[ -][a-z]+)*|https?://purl\.obolibrary\.org/obo/NCBITaxon_[0-9]+")
_DURATION = re.compile(
    r"P(?=.)(?:[0-9]+(?:\.[0-9]+)?Y)?(?:[0-9]+(?:\.[0-9]+)?M)?(?:[0-9]+(?:\.[0-9]+)?W)?(?:[0-9]+(?:\.[0-9]+)?D)?"
    r"(?:T(?=.)(?:[0-9]+(?:\.[0-9]+)?H)?(?:[0-9]+(?:\.[0-9]+)?M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?"
)
_SEXES = ("M", "F", "U", "O")
#: In hermaphrodites and males, this species has its own words.
_WORMS = ("Caenorhabditis elegans", "C. elegans")


class WrongValue(NamedTuple):
    """A value that DANDI does not accept.

    Attributes:
        field: The field of the subject.
        found: The value.
        expected: What is accepted.
    """

    field: str
    found: str
    expected: str


def wrong_subject_values(subject: Mapping[str, str]) -> Iterator[WrongValue]:
    """The values of a subject that DANDI does not accept; missing ones are reported by another rule.

    Args:
        subject: The values by field.
    """
    if "/" in subject.get("subject_id", ""):
        yield WrongValue("subject_id", subject["subject_id"], "an id without a slash")
    species = subject.get("species")
    if species is not None and not _SPECIES.fullmatch(species):
        expected = "a Latin name such as Mus musculus, or http://purl.obolibrary.org/obo/NCBITaxon_10090"
        yield WrongValue("species", species, expected)
    sexes = ("XO", "XX") if species in _WORMS else _SEXES
    if (sex := subject.get("sex")) is not None and sex not in sexes:
        yield WrongValue("sex", sex, f"one of {', '.join(sexes)}")
    if (age := subject.get("age")) is not None and not _is_age(age):
        yield WrongValue("age", age, "a duration such as P90D, or a range such as P90D/P120D")


def _is_age(age: str) -> bool:
    """Whether an age is a duration of ISO 8601 or a range, which may be open at one end."""
    bounds = age.split("/")
    return age not in ("", "/") and len(bounds) <= 2 and all(not one or _DURATION.fullmatch(one) for one in bounds)
