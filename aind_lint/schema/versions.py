"""The class and schema version that a sidecar declares.

The generation of a file is that of the last release that contains its version. Versions of files and of packages
differ: package 2.7.1 contains data_description 2.3.3, and Model 0.0.1 belongs to 1.x.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aind_lint.schema.generation import Generation, generation_of
from aind_lint.schema.released_schemas import SUBCLASSES, known_versions
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.reader import Sidecar

VersionProblem = Literal["missing", "malformed", "unknown", "future"]

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
#: Classes that a file may contain besides the one of its name. Before aind-data-schema 0.18 every kind of rig and
#: session had its own class, and a SLAP2 microscope was described as an instrument in ``rig.json``.
_OTHER_CLASSES = {
    "rig": ("ephys_rig", "ophys_rig", "behavior_rig", "instrument"),
    "session": ("ephys_session", "ophys_session", "behavior_session", "mri_session"),
}


#: Modules that contained a class before it had a module of its own name.
_FORMER_MODULES = {"behavior": "behavior_session", "quality_metrics": "quality_control"}


@dataclass(frozen=True)
class Declaration:
    """The class and version that a sidecar declares.

    Attributes:
        cls: Class of the schema, such as ``DataDescription``.
        version: The declared ``schema_version``; None when it is not a string.
        release: The last release that contains this version of the class; None when there is none.
        problem: Why class and version do not identify a schema; None when they do.
    """

    cls: str
    version: str | None
    release: str | None
    problem: VersionProblem | None

    @property
    def generation(self) -> Generation | None:
        """The generation of the release."""
        return generation_of(self.release) if self.release else None


def sidecar_kinds_by_class() -> dict[str, str]:
    """The kind of sidecar that contains a class, by class: ``rig`` for ``EphysRig``.

    Stitching of 0.x is not included: it is a part of ``processing.json`` with a version of its own.
    """
    kinds: dict[str, str] = {}
    for kind in (*KINDS, "metadata"):
        for cls in (_class_name(module) for module in (kind, *_OTHER_CLASSES.get(kind, ()))):
            for one in (cls, *SUBCLASSES.get(cls, ())):
                kinds.setdefault(one, kind)
    kinds["Instrument"] = "instrument"
    return {cls: kinds[cls] for cls in known_versions() if cls in kinds}


def newest_version(cls: str) -> str:
    """The newest version of a class."""
    return list(known_versions()[cls])[-1]


@lru_cache(maxsize=32)  # several rules need it for each sidecar of an asset
def declaration(sidecar: Sidecar) -> Declaration:
    """The declaration of a readable sidecar. The class is that of ``describedBy``, or else that of the file name."""
    data = sidecar.data or {}
    cls = class_of(data.get("describedBy"), sidecar.kind)
    if "schema_version" not in data:
        return Declaration(cls, None, None, "missing")
    version = data["schema_version"]
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return Declaration(cls, version if isinstance(version, str) else None, None, "malformed")
    releases = known_versions()[cls]
    if version in releases:
        return Declaration(cls, version, releases[version], None)
    return Declaration(
        cls, version, None, "future" if _version_key(version) > _version_key(newest_version(cls)) else "unknown"
    )


def described_module(described_by: object) -> str | None:
    """The module that ``describedBy`` names, which is its class in snake case: ``data_description``."""
    if not isinstance(described_by, str):
        return None
    module = described_by.rstrip("/").rpartition("/")[2].removesuffix(".py").removesuffix("_schema.json")
    return _FORMER_MODULES.get(module, module)


def is_class_of_kind(module: str, kind: str) -> bool:
    """Whether a file of a kind may contain the class of a module.

    Before a merge, kinds have a suffix: ``instrument_ephys``.
    """
    base = _base_kind(kind)
    return module == base or module in _OTHER_CLASSES.get(base, ())


def class_of(described_by: object, kind: str) -> str:
    """The class of a file: that of ``describedBy`` if a file of this kind may contain it, else that of its kind."""
    module = described_module(described_by)
    return _class_name(module if module and is_class_of_kind(module, kind) else _base_kind(kind))


def _base_kind(kind: str) -> str:
    return next((known for known in KINDS if kind == known or kind.startswith(f"{known}_")), "metadata")


def _class_name(module: str) -> str:
    return "".join(word.capitalize() for word in module.split("_"))


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
