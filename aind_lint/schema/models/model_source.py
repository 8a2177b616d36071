"""Where the results of the models come from: this process, or a second one that loads the models meanwhile."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Protocol

from aind_lint.schema.generation import Generation
from aind_lint.schema.versions import declaration
from aind_lint.sidecar.reader import Sidecar

if TYPE_CHECKING:
    from aind_lint.schema.models.model_result import ModelResult


#: Generations whose models can be installed side by side.
_GENERATIONS = ("2.x", "3.x")


def model_of(sidecar: Sidecar) -> tuple[Generation, str] | None:
    """The generation and the class of the model that validates a sidecar; None if there is none for its version."""
    if sidecar.data is None or sidecar.is_record:
        return None
    declared = declaration(sidecar)
    generation = declared.generation
    return (generation, declared.cls) if generation in _GENERATIONS else None


class ModelSource(Hashable, Protocol):
    """Validates with the installed models; see `aind_lint.schema.models.installed_models`."""

    def validate(self, generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
        """Validate the content of a sidecar with a model."""

    def version(self, generation: Generation, cls: str) -> str:
        """The ``schema_version`` of a model."""


class LocalModels:
    """The models of this process, loaded at first use, which takes about a second."""

    def validate(self, generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
        """Validate the content of a sidecar with a model.

        Raises:
            ModelUnavailableError: There is no such model.
        """
        from aind_lint.schema.models.installed_models import validate_with_model

        return validate_with_model(generation, cls, data, zone)

    def version(self, generation: Generation, cls: str) -> str:
        """The ``schema_version`` of a model.

        Raises:
            ModelUnavailableError: There is no such model.
        """
        from aind_lint.schema.models.installed_models import model_version

        return model_version(generation, cls)


#: One object for all assets, since results are kept for each source of models.
LOCAL_MODELS = LocalModels()
