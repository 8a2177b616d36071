"""Generations of metadata: the era of the package whose release carries a version."""

from __future__ import annotations

from typing import Literal

Generation = Literal["0.x", "1.x", "2.x", "3.x"]
GENERATIONS: tuple[Generation, ...] = ("0.x", "1.x", "2.x", "3.x")


def generation_of(release: str) -> Generation:
    """The generation of a release: ``1.x`` for 1.4.0."""
    return next(generation for generation in GENERATIONS if generation[0] == release.split(".")[0])


def package_of(release: str) -> str:
    """The package that a release is one of."""
    return "biodata-schema" if generation_of(release) == "3.x" else "aind-data-schema"
