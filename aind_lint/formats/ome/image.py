"""A multiscale image: its axes, its levels, and the scale of each.

Sources: https://ngff.openmicroscopy.org/0.4/ and https://ngff.openmicroscopy.org/0.5/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.formats.ome.scale import Axis, check_common_steps, check_scale, name_of, stated_scale
from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.data_types import without_byte_order
from aind_lint.formats.zarr.metadata import ArrayNode, GroupNode
from aind_lint.formats.zarr.store import ZarrStore

_SPACE_UNITS = frozenset(
    [
        "angstrom",
        "attometer",
        "centimeter",
        "decimeter",
        "exameter",
        "femtometer",
        "foot",
        "gigameter",
        "hectometer",
        "inch",
        "kilometer",
        "megameter",
        "meter",
        "micrometer",
        "mile",
        "millimeter",
        "nanometer",
        "parsec",
        "petameter",
        "picometer",
        "terameter",
        "yard",
        "yoctometer",
        "yottameter",
        "zeptometer",
        "zettameter",
    ]
)
_TIME_UNITS = frozenset(
    [
        "attosecond",
        "centisecond",
        "day",
        "decisecond",
        "exasecond",
        "femtosecond",
        "gigasecond",
        "hectosecond",
        "hour",
        "kilosecond",
        "megasecond",
        "microsecond",
        "millisecond",
        "minute",
        "nanosecond",
        "petasecond",
        "picosecond",
        "second",
        "terasecond",
        "yoctosecond",
        "yottasecond",
        "zeptosecond",
        "zettasecond",
    ]
)
#: Units that people write for those above.
_ALIASES = {
    "um": "micrometer", "µm": "micrometer", "μm": "micrometer", "micron": "micrometer", "microns": "micrometer",
    "nm": "nanometer", "mm": "millimeter", "cm": "centimeter", "m": "meter", "s": "second", "sec": "second",
    "ms": "millisecond", "us": "microsecond", "µs": "microsecond", "micrometre": "micrometer",
}  # fmt: skip
#: Relative difference of two scales that rounding explains.
_ROUNDING = 1e-6
#: Versions without types and units of axes, and without scales.
_OLD_VERSIONS = "0.1", "0.2", "0.3"


def check_image(store: ZarrStore, group: GroupNode, metadata: dict[str, Any], pointer: str) -> Iterator[Problem]:
    """What the ``multiscales`` of a group demand.

    Args:
        store: The store.
        group: The group of the image.
        metadata: The object with the member ``multiscales``.
        pointer: JSON pointer to that object.
    """
    multiscales = metadata.get("multiscales")
    if not isinstance(multiscales, list) or not multiscales:
        yield Problem(
            "ome-metadata", f"'multiscales' of {name_of(store, group)} is no list", group.key, f"{pointer}/multiscales"
        )
        return
    for number, image in enumerate(multiscales):
        where = f"{pointer}/multiscales/{number}"
        if not isinstance(image, dict):
            yield Problem(
                "ome-metadata", f"an entry of 'multiscales' of {name_of(store, group)} is no object", group.key, where
            )
            continue
        old = image.get("version") in _OLD_VERSIONS
        axes = None if old else (yield from _check_axes(store, group, image.get("axes"), f"{where}/axes"))
        yield from _check_levels(store, group, image, axes, where, scaled=not old)
        yield from check_common_steps(store, group, image.get("coordinateTransformations"), axes, where)


def _check_axes(store: ZarrStore, group: GroupNode, axes: Any, pointer: str):  # type: ignore[no-untyped-def]
    """Problems of the axes; returns the axes, None if they cannot be used."""
    if not isinstance(axes, list) or not axes:
        yield Problem("ome-axes", f"'axes' of {name_of(store, group)} is no list of axes", group.key, pointer)
        return None
    found = []
    for number, axis in enumerate(axes):
        where = f"{pointer}/{number}"
        if not isinstance(axis, dict) or not isinstance(axis.get("name"), str):
            yield Problem("ome-axes", f"an axis of {name_of(store, group)} has no name", group.key, where)
            return None
        found.append(Axis(axis["name"], axis.get("type"), axis.get("unit")))
        yield from _check_unit(group, found[-1], f"{where}/unit")
    names = [axis.name for axis in found]
    if len(set(names)) < len(names):
        yield Problem(
            "ome-axes",
            f"two axes of {name_of(store, group)} have the same name: {', '.join(names)}",
            group.key,
            pointer,
        )
    # 0.4 and 0.5: 2 to 5 axes, 2 or 3 of them in space, at most one of time before one channel or other before space.
    types = [axis.type or {"t": "time", "x": "space", "y": "space", "z": "space"}.get(axis.name) for axis in found]
    order = [{"time": 0, "space": 2}.get(str(kind), 1) for kind in types]
    too_many = max(order.count(0), order.count(1)) > 1
    if order != sorted(order) or too_many or not 2 <= order.count(2) <= 3:
        yield Problem(
            "ome-axes",
            f"the axes of {name_of(store, group)} are {', '.join(f'{axis.name} ({axis.type})' for axis in found)}; "
            "readers expect time, then channel, then two or three axes of space",
            group.key,
            pointer,
            found=", ".join(names),
        )
    return found


def _check_unit(group: GroupNode, axis: Axis, pointer: str) -> Iterator[Problem]:
    known = {"space": _SPACE_UNITS, "time": _TIME_UNITS}.get(str(axis.type))
    if known is None or axis.unit is None or axis.unit in known:
        return
    meant = _ALIASES.get(str(axis.unit))
    yield Problem(
        "ome-unit",
        f"the unit of axis {axis.name} is {axis.unit!r}, which OME-Zarr does not know",
        group.key,
        pointer,
        found=str(axis.unit),
        expected=meant,
        fix=f'Set {pointer} in {group.key} to "{meant}"' if meant else None,
    )


def _check_levels(
    store: ZarrStore, group: GroupNode, image: dict[str, Any], axes: list[Axis] | None, pointer: str, scaled: bool
) -> Iterator[Problem]:
    levels = image.get("datasets")
    where = f"{pointer}/datasets"
    if not isinstance(levels, list) or not levels:
        yield Problem("ome-metadata", f"'datasets' of {name_of(store, group)} is no list of levels", group.key, where)
        return
    first: ArrayNode | None = None
    previous: ArrayNode | None = None
    previous_scale: list[float] = []
    for number, level in enumerate(levels):
        here = f"{where}/{number}"
        path = level.get("path") if isinstance(level, dict) else None
        if not isinstance(path, str):
            yield Problem("ome-metadata", f"level {number} of {name_of(store, group)} has no path", group.key, here)
            continue
        if leaves(path):
            yield Problem(
                "ome-path",
                f"level {number} of {name_of(store, group)} is at '{path}', outside the image",
                group.key,
                f"{here}/path",
                found=path,
            )
            continue
        array = store.array(join_path(group.path, path))
        fitting = axes
        if array is None:
            yield from _absent_level(store, group, number, path, f"{here}/path")
        else:
            if axes is not None and len(array.shape) != len(axes):
                fitting = None  # a scale that fits the array is right
                yield Problem(
                    "ome-axes",
                    f"{array.path} has {len(array.shape)} dimensions, the image {len(axes)} axes",
                    array.key,
                    "/shape",
                    found=str(len(array.shape)),
                    expected=str(len(axes)),
                )
            yield from _compare_level(first, previous, array)
            if array is previous:
                message = f"levels {number - 1} and {number} of {name_of(store, group)} are both '{path}'"
                yield Problem("ome-levels-differ", message, group.key, f"{here}/path", found=path)
            first, previous = first or array, array
        if scaled:
            yield from check_scale(store, group, level.get("coordinateTransformations"), fitting, number, here)
            scale = stated_scale(level)
            pairs = zip(scale, previous_scale, strict=False)
            if any(value < previous * (1 - _ROUNDING) for value, previous in pairs):
                message = (
                    f"voxels of level {number} of {name_of(store, group)} are smaller than those of the level before"
                )
                yield Problem(
                    "ome-levels-differ", message, group.key, here, found=str(scale), expected=str(previous_scale)
                )
            previous_scale = scale


def _absent_level(store: ZarrStore, group: GroupNode, number: int, path: str, pointer: str) -> Iterator[Problem]:
    full = join_path(group.path, path)
    folder = f"{store.prefix}{full}/"
    if any(problem.file.startswith(folder) for problem in store.problems):
        return  # its metadata is malformed, which is reported
    if folder in store.census.unassigned:
        return  # its metadata is missing, which is reported
    yield Problem(
        "ome-level",
        f"level {number} of {name_of(store, group)} is '{path}', but there is no such array",
        group.key,
        pointer,
        found=path,
    )


def _compare_level(first: ArrayNode | None, previous: ArrayNode | None, array: ArrayNode) -> Iterator[Problem]:
    if first is None or previous is None:
        return
    is_same_type = first.data_type == array.data_type
    if not is_same_type and without_byte_order(first.data_type) != without_byte_order(array.data_type):
        yield Problem(
            "ome-levels-differ",
            f"{array.path} has the data type {array.data_type}, {first.path} {first.data_type}",
            array.key,
            "/dtype" if array.version == 2 else "/data_type",
            found=str(array.data_type),
            expected=str(first.data_type),
        )
    if len(previous.shape) == len(array.shape) and any(a > b for a, b in zip(array.shape, previous.shape, strict=True)):
        yield Problem(
            "ome-levels-differ",
            f"{array.path} has the shape {list(array.shape)}, larger than the level before it, {list(previous.shape)}",
            array.key,
            "/shape",
            found=str(list(array.shape)),
            expected=f"at most {list(previous.shape)}",
        )


def leaves(path: str) -> bool:
    """Whether a path leads out of the folder that it starts in."""
    if path.isalnum():  # as nearly all are
        return False
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\")) or ".." in parts or "://" in path or (len(parts[0]) == 2 and parts[0][1] == ":")


def join_path(group: str, path: str) -> str:
    """The path in the store of what a group names with a path of its own."""
    clean = path if path.isalnum() else "/".join(part for part in path.split("/") if part not in ("", "."))
    return f"{group}/{clean}" if group and clean else group or clean
