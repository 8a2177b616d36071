"""One new sidecar of a version, with the values that are known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from aind_lint.errors import UsageError
from aind_lint.scaffolding.skeleton import Blank, Skeleton
from aind_lint.schema.generation import Generation, generation_of
from aind_lint.schema.models.model_source import LocalModels
from aind_lint.schema.released_schemas import is_archived, known_versions

_CORE = "https://raw.githubusercontent.com/AllenNeuralDynamics/aind-data-schema/main/src/aind_data_schema/core/"
_CORE_3X = "https://raw.githubusercontent.com/AllenNeuralDynamics/biodata-schema/main/src/biodata_schema/core/"


@dataclass(frozen=True)
class Release:
    """The release of the schema package for which sidecars are written.

    Attributes:
        generation: Its generation.
        number: Its number, such as 1.4.0; None for that of the installed models.
    """

    generation: Generation
    number: str | None = None

    def version_of(self, cls: str) -> str:
        """The version of a class in this release.

        Raises:
            UsageError: The release has no such class.
            ModelUnavailableError: The models are not installed.
        """
        if self.number is None:
            return LocalModels().version(self.generation, cls)
        # The archive lists the last release with each version.
        for version, last in known_versions().get(cls, {}).items():
            if _order(last) >= _order(self.number) and is_archived(cls, version):
                if last.split(".")[0] == self.number.split(".")[0]:
                    return version
                break
        raise UsageError(f"release {self.number} of the schema has no {cls}")


def write_sidecar(kind: str, cls: str, version: str, known: dict[str, Any]) -> tuple[bytes, list[Blank]]:
    """The text of a new sidecar, and what is left out.

    Args:
        kind: The kind; the file is ``<kind>.json``.
        cls: The class, such as ``Subject``.
        version: Its version, which must be in the archive.
        known: The known values. Those that the schema does not have are left out.
    """
    skeleton = Skeleton(cls, version)
    core = _CORE_3X if generation_of(known_versions()[cls][version]) == "3.x" else _CORE
    header = {"describedBy": f"{core}{_module(cls)}.py", "schema_version": version}
    values = {name: value for name, value in known.items() if name in skeleton.fields}
    data, blanks = skeleton.fill(f"{kind}.json", {**header, **values})
    first = {name: data.pop(name) for name in ("object_type", *header) if name in data}
    return (json.dumps({**first, **data}, indent=2, ensure_ascii=False) + "\n").encode("utf-8"), blanks


def _module(cls: str) -> str:
    """The module of a class: ``data_description`` for its subclasses, too."""
    base = "DataDescription" if cls.endswith("DataDescription") else cls
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", base).lower()


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
