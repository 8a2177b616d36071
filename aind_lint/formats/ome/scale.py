"""The axes of an image, and the scale and the translation of its levels.

Sources: https://ngff.openmicroscopy.org/0.4/ and https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aind_lint.asset.acquired_images import MICROMETERS
from aind_lint.formats.positive_number import positive_number
from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.metadata import GroupNode
from aind_lint.formats.zarr.store import ZarrStore

#: Micrometers that a voxel of a microscope can have: electron microscopes have 0.1 nm, slide scanners and downsampled
#: levels millimeters.
_PLAUSIBLE = 1e-4, 5e4


@dataclass(frozen=True)
class Axis:
    """An axis, as it is stated."""

    name: str
    type: str | None
    unit: str | None


def name_of(store: ZarrStore, group: GroupNode) -> str:
    """What messages call an image."""
    return store.prefix + group.path if group.path else store.name


def stated_scale(level: Any) -> list[float]:
    """The scale of a level; empty if there is none that can be used."""
    steps = level.get("coordinateTransformations") if isinstance(level, dict) else None
    for step in steps if isinstance(steps, list) else []:
        scale = step.get("scale") if isinstance(step, dict) else None
        sizes = [positive_number(value) for value in scale] if isinstance(scale, list) else [None]
        if None not in sizes:
            return [size for size in sizes if size is not None]
    return []


def check_scale(
    store: ZarrStore, group: GroupNode, transformations: Any, axes: list[Axis] | None, number: int, pointer: str
) -> Iterator[Problem]:
    """Problems of the transformations of a level."""
    where = f"{pointer}/coordinateTransformations"
    steps = transformations if isinstance(transformations, list) else []
    scales = [(n, step) for n, step in enumerate(steps) if isinstance(step, dict) and step.get("type") == "scale"]
    if len(scales) != 1:
        yield Problem(
            "ome-scale",
            f"level {number} of {name_of(store, group)} has {len(scales) or 'no'} scale"
            f"{'s' if len(scales) > 1 else ''}, so the size of its voxels is not known",
            group.key,
            where if transformations is not None else pointer,
            expected="one transformation of type 'scale'",
        )
        return
    position, step = scales[0]
    yield from _check_translation(store, group, steps, axes, number, where, position)
    scale = step.get("scale")
    here = f"{where}/{position}/scale"
    if not isinstance(scale, list):
        if "path" not in step:
            yield Problem(
                "ome-scale", f"the scale of level {number} of {name_of(store, group)} is no list", group.key, here
            )
        return
    what = f"level {number} of {name_of(store, group)}"
    fits = yield from _check_sizes(group, scale, axes, what, here)
    if fits and number == 0:
        yield from _check_plausible(store, group, scale, axes or [], here)


def check_common_steps(
    store: ZarrStore, group: GroupNode, transformations: Any, axes: list[Axis] | None, pointer: str
) -> Iterator[Problem]:
    """Problems of the transformations of all levels of an image, which are optional."""
    what = f"all levels of {name_of(store, group)}"
    for position, step in enumerate(transformations if isinstance(transformations, list) else []):
        values = step.get(step.get("type")) if isinstance(step, dict) and isinstance(step.get("type"), str) else None
        if not isinstance(values, list):
            continue
        here = f"{pointer}/coordinateTransformations/{position}"
        if step["type"] == "scale":
            yield from _check_sizes(group, values, axes, what, f"{here}/scale")
        elif step["type"] == "translation" and (problem := _translation_fault(values, axes)):
            text = f"the translation of {what} {problem}"
            yield Problem("ome-scale", text, group.key, here, found=str(values)[:60])


def _check_sizes(  # type: ignore[no-untyped-def]
    group: GroupNode, scale: list[Any], axes: list[Axis] | None, what: str, pointer: str
):
    """Problems of the values of a scale; returns whether there are as many as axes."""
    if axes is not None and len(scale) != len(axes):
        yield Problem(
            "ome-scale",
            f"the scale of {what} has {len(scale)} values for {len(axes)} axes",
            group.key,
            pointer,
            found=str(len(scale)),
            expected=str(len(axes)),
        )
        return False
    for index, value in enumerate(scale):
        if positive_number(value) is None:
            axis = axes[index].name if axes else str(index)
            yield Problem(
                "ome-scale",
                f"the scale of axis {axis} of {what} is {value}",
                group.key,
                f"{pointer}/{index}",
                found=str(value),
                expected="a number above 0",
            )
    return True


def _check_translation(
    store: ZarrStore,
    group: GroupNode,
    steps: list[Any],
    axes: list[Axis] | None,
    number: int,
    pointer: str,
    scale_position: int,
) -> Iterator[Problem]:
    if len(steps) < 2:
        return  # the one is the scale
    found = [(n, one) for n, one in enumerate(steps) if isinstance(one, dict) and one.get("type") == "translation"]
    for count, (position, step) in enumerate(found):
        values = step.get("translation")
        what = f"the translation of level {number} of {name_of(store, group)}"
        if count:
            problem = f"{what} is not the only one"
        elif position < scale_position:
            problem = f"{what} is before the scale, so readers place the image differently"
        elif isinstance(values, list) and (fault := _translation_fault(values, axes)):
            problem = f"{what} {fault}"
        else:
            continue
        yield Problem("ome-scale", problem, group.key, f"{pointer}/{position}", found=str(values)[:60])


def _translation_fault(values: list[Any], axes: list[Axis] | None) -> str | None:
    if axes is not None and len(values) != len(axes):
        return f"has {len(values)} values for {len(axes)} axes"
    for value in values:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or value != value or value in (math.inf, -math.inf):
            return f"contains {str(value)[:20]}, which is no position"
    return None


def _check_plausible(
    store: ZarrStore, group: GroupNode, scale: list[Any], axes: list[Axis], pointer: str
) -> Iterator[Problem]:
    """A voxel at full resolution that no microscope has."""
    for index, axis in enumerate(axes):
        factor, value = MICROMETERS.get(str(axis.unit)), positive_number(scale[index])
        if axis.type != "space" or factor is None or value is None:
            continue
        if not _PLAUSIBLE[0] <= value * factor <= _PLAUSIBLE[1]:
            yield Problem(
                "ome-implausible-scale",
                f"a voxel of {name_of(store, group)} is {value:g} {axis.unit} along {axis.name}, no size of "
                "microscopy: the unit may be wrong",
                group.key,
                f"{pointer}/{index}",
                found=f"{value:g} {axis.unit}",
            )
            return
