"""Generations of metadata: the major version of the package release that contains a schema version."""

from __future__ import annotations

from typing import Literal

Generation = Literal["0.x", "1.x", "2.x", "3.x"]
GENERATIONS: tuple[Generation, ...] = ("0.x", "1.x", "2.x", "3.x")


def generation_of(release: str) -> Generation:
    """The generation of a release: ``1.x`` for 1.4.0."""
    return next(generation for generation in GENERATIONS if generation[0] == release.split(".")[0])


def package_of(release: str) -> str:
    """The name of the package that a release belongs to. Since 3.0 aind-data-schema is named biodata-schema."""
    return "biodata-schema" if generation_of(release) == "3.x" else "aind-data-schema"
