"""The sizes of an OME-Zarr image, and of its voxels, at full resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aind_lint.asset.acquired_images import MICROMETERS
from aind_lint.formats.ome.scale import name_of, stated_scale
from aind_lint.formats.ome.store_check import ome_metadata
from aind_lint.formats.zarr.store import ZarrStore
from aind_lint.sidecar.json_access import objects


@dataclass(frozen=True)
class VoxelSize:
    """The size of the voxels of one image.

    Attributes:
        image: The prefix of the image in the asset, without a slash at the end.
        key: Key of the file that states it.
        pointer: JSON pointer to the image in that file.
        micrometers: The size along each axis of space, in the order of the axes.
        has_units: Whether every axis of space has a unit; if not, micrometers are assumed.
    """

    image: str
    key: str
    pointer: str
    micrometers: tuple[float, ...]
    has_units: bool


def voxel_sizes(store: ZarrStore) -> Iterator[VoxelSize]:
    """The voxel size of every image of a store that states one; wrong metadata is reported elsewhere."""
    for group in store.groups():
        metadata, pointer = ome_metadata(store, group)
        images = metadata.get("multiscales") if metadata else None
        image = images[0] if isinstance(images, list) and images else None
        if not isinstance(image, dict):
            continue
        axes, levels = image.get("axes"), image.get("datasets")
        level = levels[0] if isinstance(levels, list) and levels else None
        scale = stated_scale(level)
        if not isinstance(axes, list) or len(axes) != len(scale):
            continue
        space = [(axis, value) for axis, value in zip(axes, scale, strict=True) if _is_space(axis)]
        factors = [MICROMETERS.get(axis.get("unit") or "micrometer") for axis, _ in space]
        if space and None not in factors:
            sizes = tuple(value * (factor or 1.0) for (_, value), factor in zip(space, factors, strict=True))
            where = f"{pointer}/multiscales/0/datasets/0"
            yield VoxelSize(name_of(store, group), group.key, where, sizes, all(axis.get("unit") for axis, _ in space))


def image_shapes(store: ZarrStore) -> Iterator[dict[str, int]]:
    """The items of every image along each axis, by the name of the axis, in order."""
    for group in store.groups():
        metadata, _ = ome_metadata(store, group)
        images = metadata.get("multiscales") if metadata else None
        for image in objects(images)[:1]:
            names = [axis.get("name") for axis in objects(image.get("axes"))]
            path = next((level.get("path") for level in objects(image.get("datasets"))), None)
            array = store.array(f"{group.path}/{path}".lstrip("/"))
            if array is not None and len(array.shape) == len(names) and all(isinstance(name, str) for name in names):
                yield dict(zip(map(str, names), array.shape, strict=True))


def _is_space(axis: Any) -> bool:
    return isinstance(axis, dict) and axis.get("type") == "space" and isinstance(axis.get("unit") or "", str)
