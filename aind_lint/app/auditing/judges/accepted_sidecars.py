"""Sidecars that the models of the schema packages have accepted in an earlier audit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from aind_lint._version import __version__
from aind_lint.engine.environment import package_versions
from aind_lint.schema.generation import Generation
from aind_lint.schema.models.model_result import ModelResult
from aind_lint.schema.models.model_source import LocalModels


class AcceptedSidecars(LocalModels):
    """The models, which do not validate again a sidecar that they have accepted.

    Of a published asset usually one sidecar changes. Loading all models takes 1.1 s, as long as every rule over 90
    assets.

    Attributes:
        accepted: Digests of the sidecars of the asset that the models accept.
    """

    def __init__(self, known: Collection[str]) -> None:
        """The digests of the sidecars of an asset that were accepted before."""
        self._known = known
        self.accepted: set[str] = set()

    def validate(self, generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
        """Validate the content of a sidecar of the asset, as `LocalModels`."""
        inputs = json.dumps([__version__, package_versions(), generation, cls, zone, data])
        digest = hashlib.blake2b(inputs.encode("ascii"), digest_size=12).hexdigest()
        result = ModelResult() if digest in self._known else super().validate(generation, cls, data, zone)
        if result == ModelResult():
            self.accepted.add(digest)
        return result
