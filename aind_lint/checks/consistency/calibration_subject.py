"""Does a calibration object have the subject id of calibrations?"""

from __future__ import annotations

from collections.abc import Iterator

from aind_lint.asset.asset import Asset
from aind_lint.asset.value_reference import resolve_references
from aind_lint.engine.repair import SUBJECT_REFERENCES, name_with, rename, sentence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault

SCOPE = "sidecar"

_FILE, _ID = "subject.json", "calibration"
#: The class name, and how the models write it.
_CALIBRATION = ("CalibrationObject", "Calibration object")


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault if the subject is a calibration object with another id."""
    try:
        kind, subject = asset.value(_FILE, "/subject_details/object_type"), asset.value(_FILE, "/subject_id")
    except LookupError:
        return
    if kind in _CALIBRATION and isinstance(subject, str) and subject != _ID:
        message = f"the subject is a calibration object, but its id is {subject}, not {_ID}"
        places = [one for one in resolve_references(asset, SUBJECT_REFERENCES) if one.value == subject]
        steps = [f'set {one.pointer} in {one.file} to "{_ID}"' for one in places]
        if not asset.sidecar_only and asset.name.subject_id != _ID and (name := name_with(asset, subject_id=_ID)):
            steps.append(rename(asset, name))
        fix = sentence(", and ".join(steps))
        yield Fault(message, _FILE, "/subject_id", found=subject, expected=_ID, fix=fix)
