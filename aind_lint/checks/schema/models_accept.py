"""Do the models of the sidecar's generation accept it?

They see what a schema cannot: names that must exist, lengths that must agree, a unit that its value calls for. Of
fields and types the schema of the very version says more, so the models are heard on these only when they are the
models of that version and the schema found nothing. Models of another version that cannot read a file have not judged
it: their validators come after the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aind_lint.asset.asset import Asset
from aind_lint.checks.schema.schema_valid import faults
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.schema.archive_validator import verdict_of
from aind_lint.schema.generation import Generation
from aind_lint.schema.versions import declaration
from aind_lint.schema.violation import Violation
from aind_lint.sidecar.reader import Sidecar

if TYPE_CHECKING:
    from aind_lint.schema.pydantic_errors import PydanticError

SCOPE = "sidecar"

#: Generations whose models can be installed side by side.
_GENERATIONS = ("2.x", "3.x")


class Options(verb.Options):
    """Nothing to choose."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for everything that only the models see, and every sidecar they could not judge."""
    for sidecar in asset.sidecars():
        generation = declaration(sidecar).generation if sidecar.data is not None and not sidecar.is_record else None
        if generation not in _GENERATIONS:
            continue
        if context.fast:
            yield Unchecked("left out by --fast", sidecar.key)
            continue
        # The models take a second to import, so only files of their generation load them.
        from aind_lint.schema.models import NotInstalledError

        try:
            yield from _judged(sidecar, generation, context.zone)
        except NotInstalledError as error:
            yield Unchecked(str(error), sidecar.key)


def _judged(sidecar: Sidecar, generation: Generation, zone: str) -> Iterator[Fault | Unchecked]:
    """What the models add to the verdict of the schema."""
    from aind_lint.schema.models import model_verdict, model_version

    declared, judged = declaration(sidecar), verdict_of(sidecar)
    assert sidecar.data is not None and judged is not None
    heard = model_verdict(generation, declared.cls, sidecar.data, zone)
    unsaid = (one for one in heard.validators if not any(_is_same_cause(one, other) for other in judged.errors))
    more = [one.violation for one in unsaid]
    if heard.structure and not judged.errors:
        installed = model_version(generation, declared.cls)
        if declared.version == installed:
            more += heard.structure
        else:
            because = f"it follows version {declared.version}, and the installed models, of {installed}, cannot read it"
            yield Unchecked(because, sidecar.key)
    yield from faults(sidecar.key, more)


def _is_same_cause(one: PydanticError, said: Violation) -> bool:
    """Whether a validator complains about a value that the schema rejects, what lies in it, or the object around it."""
    inside = f"{one.violation.pointer}/".startswith(f"{said.pointer}/")
    return inside or (one.owner != "" and said.pointer.rpartition("/")[0] == one.owner)
