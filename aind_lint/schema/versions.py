"""Every version of every class that was ever released, and what a sidecar declares itself to be.

A file's generation is that of the last release that carries its version: versions of files and of packages differ
(package 2.7.1 holds data_description 2.3.3), and Model 0.0.1 belongs to 1.x.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aind_lint.schema.archive import SUBCLASSES, known_versions
from aind_lint.schema.generation import Generation, generation_of
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.reader import Sidecar

VersionProblem = Literal["missing", "malformed", "unknown", "future"]

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
#: Classes a file may hold beside the one its name says: before 0.18 each kind of rig and session had its own, and a
#: SLAP2 microscope was described as an instrument in ``rig.json``.
_OTHER_CLASSES = {
    "rig": ("ephys_rig", "ophys_rig", "behavior_rig", "instrument"),
    "session": ("ephys_session", "ophys_session", "behavior_session", "mri_session"),
}


#: Modules under which a class was found before it got one of its own name.
_FORMER_MODULES = {"behavior": "behavior_session", "quality_metrics": "quality_control"}


@dataclass(frozen=True)
class Declaration:
    """What a sidecar says it is.

    Attributes:
        cls: Class of the schema, such as ``DataDescription``.
        version: The declared ``schema_version`` when it is a string, else None.
        release: The last release that carries the pair; None when none does.
        problem: Why the pair identifies no schema; None when it does.
    """

    cls: str
    version: str | None
    release: str | None
    problem: VersionProblem | None

    @property
    def generation(self) -> Generation | None:
        """The generation of the release that carries the pair."""
        return generation_of(self.release) if self.release else None


def sidecar_kinds_by_class() -> dict[str, str]:
    """For every class that is known the kind of sidecar that holds it: ``rig`` for ``EphysRig``.

    Stitching, of 0.x, is a part of ``processing.json`` with a version of its own, and not among them.
    """
    kinds: dict[str, str] = {}
    for kind in (*KINDS, "metadata"):
        for cls in (_camel(module) for module in (kind, *_OTHER_CLASSES.get(kind, ()))):
            for one in (cls, *SUBCLASSES.get(cls, ())):
                kinds.setdefault(one, kind)
    kinds["Instrument"] = "instrument"
    return {cls: kinds[cls] for cls in known_versions() if cls in kinds}


def newest_version(cls: str) -> str:
    """The newest version of a class."""
    return list(known_versions()[cls])[-1]


@lru_cache(maxsize=32)  # several rules ask it of each sidecar of one asset
def declaration(sidecar: Sidecar) -> Declaration:
    """What a readable sidecar declares itself to be, by ``describedBy`` first and by its file name else."""
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
    return Declaration(cls, version, None, "future" if _key(version) > _key(newest_version(cls)) else "unknown")


def described_module(described_by: object) -> str | None:
    """The module that ``describedBy`` names, which is a class in snake case: ``data_description``."""
    if not isinstance(described_by, str):
        return None
    module = described_by.rstrip("/").rpartition("/")[2].removesuffix(".py").removesuffix("_schema.json")
    return _FORMER_MODULES.get(module, module)


def is_class_of_kind(module: str, kind: str) -> bool:
    """Whether a file of kind ``kind`` (suffixed before a merge: ``instrument_ephys``) may hold that class."""
    base = _base_kind(kind)
    return module == base or module in _OTHER_CLASSES.get(base, ())


def class_of(described_by: object, kind: str) -> str:
    """The class of a file: what ``describedBy`` names if a file of that kind may hold it, else what its name says."""
    module = described_module(described_by)
    return _camel(module if module and is_class_of_kind(module, kind) else _base_kind(kind))


def _base_kind(kind: str) -> str:
    return next((known for known in KINDS if kind == known or kind.startswith(f"{known}_")), "metadata")


def _camel(module: str) -> str:
    return "".join(word.capitalize() for word in module.split("_"))


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
