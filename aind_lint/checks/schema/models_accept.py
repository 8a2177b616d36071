"""Do the models of the sidecar's generation accept it?

The models check what a schema cannot: names that must exist, lengths that must agree, a unit that a value requires. The
schema of the exact version is more precise about fields and types, so errors of the models about these are reported
only if the models are of that version and the schema found no error. If models of another version cannot read a file,
it is not checked: their validators run after the reading. In a file that the schema rejects, too, every object whose
own fields are valid is validated; the objects around an invalid field are reported as not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from aind_lint.asset.asset import Asset
from aind_lint.checks.schema.schema_valid import faults
from aind_lint.engine.modality_evidence import ModalityEvidence
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.schema.generation import Generation
from aind_lint.schema.json_schema.sidecar_validator import validate_sidecar
from aind_lint.schema.models.model_result import ModelUnavailableError
from aind_lint.schema.models.model_source import ModelSource, model_of
from aind_lint.schema.versions import declaration
from aind_lint.schema.violation import Violation
from aind_lint.sidecar.reader import Sidecar
from aind_lint.text.json_position import resolve

if TYPE_CHECKING:
    from aind_lint.schema.models.model_result import ModelError, ModelResult

SCOPE = "sidecar"

#: The modality whose devices the models miss, in a stream by its name and in an instrument by its abbreviation.
_FOR_MODALITY = re.compile(r"for modality (?P<name>.+?) in \[|modality '(?P<abbreviation>[^']+)' requires")


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every error that only the models find, and every sidecar that they could not check."""
    for sidecar in asset.sidecars():
        model = model_of(sidecar)
        if model is None:
            continue
        if context.fast:
            yield Unchecked("skipped by --fast", sidecar.key)
            continue
        try:
            yield from _model_faults(asset, sidecar, *model, context)
        except ModelUnavailableError as error:
            yield Unchecked(str(error), sidecar.key)


def _model_faults(
    asset: Asset, sidecar: Sidecar, generation: Generation, cls: str, context: CheckContext
) -> Iterator[Fault | Unchecked]:
    """Errors that the models find and the schema does not."""
    declared, verdict = declaration(sidecar), validate_sidecar(sidecar)
    assert verdict is not None
    models = _validate(context.models, generation, cls, sidecar, context.zone)
    new = (
        error
        for error in models.validator_failures
        if not any(_is_same_cause(error, other) for other in verdict.errors)
    )
    violations = [error.violation for error in new]
    if models.schema_violations and verdict.errors:
        # The models run the validators of every object whose fields are valid, but of none around an invalid field.
        yield Unchecked("objects with invalid fields were not validated", sidecar.key, blocked_by=("SCH201",))
    elif models.schema_violations:
        installed = context.models.version(generation, cls)
        if declared.version == installed:
            violations += models.schema_violations
        else:
            because = f"the installed models ({installed}) cannot read version {declared.version}"
            yield Unchecked(because, sidecar.key)
    yield from (_with_modality(asset, sidecar, fault) for fault in faults(sidecar.key, violations))


@lru_cache(maxsize=16)  # successive assets can share a sidecar
def _validate(models: ModelSource, generation: Generation, cls: str, sidecar: Sidecar, zone: str) -> ModelResult:
    assert sidecar.data is not None
    return models.validate(generation, cls, sidecar.data, zone)


def _with_modality(asset: Asset, sidecar: Sidecar, fault: Fault) -> Fault:
    """The fault with the modality whose devices are missing: the modality can be what is wrong."""
    match = _FOR_MODALITY.search(fault.message)
    if match is None or asset.sidecar_only or sidecar.data is None:
        return fault
    word = match["abbreviation"]
    if word is None:
        stream = resolve(sidecar.data, fault.pointer or "")
        modalities = stream.get("modalities", ()) if isinstance(stream, dict) else ()
        named = {m.get("name"): m.get("abbreviation") for m in modalities if isinstance(m, dict)}
        word = named.get(match["name"])
    if not isinstance(word, str):
        return fault
    return replace(fault, compares=(f"modality {asset.once(ModalityEvidence).item(word)}",))


def _is_same_cause(error: ModelError, reported: Violation) -> bool:
    """Whether a validator rejects a value that the schema rejects too, a part of it, or the object around it."""
    inside = f"{error.violation.pointer}/".startswith(f"{reported.pointer}/")
    return inside or (error.owner_pointer != "" and reported.pointer.rpartition("/")[0] == error.owner_pointer)
