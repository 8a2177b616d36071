"""The images that ``acquisition.json`` describes: tiles in metadata 0.x and 1.x, images of a configuration in 2.x."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aind_lint.sidecar.json_access import member, objects

#: Micrometers in a unit.
MICROMETERS = {
    "micrometer": 1.0, "um": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6,
    "angstrom": 1e-4,
}  # fmt: skip


@dataclass(frozen=True)
class AcquiredImage:
    """One tile or image.

    Attributes:
        channel: The name of its channel; empty if none is stated.
        file_name: The name of its file; empty if none is stated.
        voxel_size: Micrometers along X, Y and Z; empty if no size is stated that can be read.
    """

    channel: str
    file_name: str
    voxel_size: tuple[float, ...]


def acquired_images(acquisition: dict[str, Any]) -> Iterator[AcquiredImage]:
    """The images that an acquisition describes, whatever is missing or wrong in it."""
    unit = next((axis.get("unit") for axis in objects(acquisition.get("axes"))), "micrometer")
    for tile in objects(acquisition.get("tiles")):
        scale = _scale(tile.get("coordinate_transformations"), unit)
        yield AcquiredImage(_text(member(tile, "channel", "channel_name")), _text(tile.get("file_name")), scale)
    for stream in objects(acquisition.get("data_streams")):
        for configuration in objects(stream.get("configurations")):
            system = configuration.get("coordinate_system") or acquisition.get("coordinate_system")
            unit = member(system, "axis_unit") or "micrometer"
            for image in objects(configuration.get("images")):
                scale = _scale(image.get("image_to_acquisition_transform"), unit)
                yield AcquiredImage(_text(image.get("channel_name")), _text(image.get("file_name")), scale)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _scale(transforms: Any, unit: Any) -> tuple[float, ...]:
    """The voxel size that transforms state; empty if there is none that can be read."""
    factor = MICROMETERS.get(unit) if isinstance(unit, str) else None
    for transform in objects(transforms):
        values = transform.get("scale")
        if isinstance(values, list) and factor is not None:
            try:
                return tuple(float(value) * factor for value in values)
            except (TypeError, ValueError, OverflowError):
                return ()
    return ()
