"""The rows of instrument and images of a BIL sheet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

from aind_lint.archives.bil.sidecar_values import name_of, sidecar_data, text, unique
from aind_lint.asset.acquired_images import acquired_images
from aind_lint.asset.asset import Asset
from aind_lint.sidecar.json_access import member, objects


def instrument_rows(asset: Asset) -> list[dict[str, str]]:
    """The row of the instrument."""
    instrument = sidecar_data(asset, "instrument.json")
    if not instrument:
        return []
    parts = objects(instrument.get("components"))
    objectives = objects(instrument.get("objectives")) or _of_type(parts, "Objective")
    detectors = objects(instrument.get("detectors")) or _of_type(parts, "Camera", "Detector")
    lights = objects(instrument.get("light_sources")) or _of_type(parts, "Laser", "Light emitting diode", "Lamp")
    filters = objects(instrument.get("fluorescence_filters")) or _of_type(parts, "Filter")
    microscope = next(iter(_of_type(parts, "Microscope")), instrument)
    model = text(microscope.get("model")) or text(instrument.get("instrument_type"))
    return [
        {
            "MicroscopeType": text(instrument.get("instrument_type"))
            or unique(name_of(one) for one in objects(instrument.get("modalities"))),
            "MicroscopeManufacturerAndModel": " ".join(
                part for part in (name_of(microscope.get("manufacturer")), model) if part
            ),
            "ObjectiveName": unique(text(one.get("name")) or text(one.get("model")) for one in objectives),
            "ObjectiveImmersion": unique(text(one.get("immersion")) for one in objectives),
            "ObjectiveNA": unique(text(one.get("numerical_aperture")) for one in objectives),
            "ObjectiveMagnification": unique(text(one.get("magnification")) for one in objectives),
            "DetectorType": unique(text(one.get("detector_type")) or text(one.get("type")) for one in detectors),
            "DetectorModel": unique(text(one.get("model")) for one in detectors),
            "IlluminationTypes": unique(_type(one).lower() for one in lights),
            "IlluminationWavelength": unique(text(one.get("wavelength")) for one in lights),
            "DetectionWavelength": unique(text(one.get("center_wavelength")) for one in filters),
        }
    ]


def image_rows(asset: Asset, shapes: Collection[Mapping[str, int]]) -> list[dict[str, str]]:
    """The row of the images: BIL wants one for each dataset.

    Args:
        asset: The asset.
        shapes: The items along each axis of its images. Their size is that of the largest: others are labels,
            projections, and tiles at an edge.
    """
    acquisition = sidecar_data(asset, "acquisition.json")
    if not acquisition:
        return []
    axes = objects(acquisition.get("axes")) or objects(member(acquisition, "coordinate_system", "axes"))
    directions = {text(axis.get("name")).upper(): text(axis.get("direction")) for axis in axes}
    images = list(acquired_images(acquisition))
    channels = list(dict.fromkeys(name for image in images if (name := text(image.channel))))
    steps = next((image.voxel_size for image in images if image.voxel_size), ())
    shape = max(shapes, key=lambda shape: prod(shape.values()), default={})
    return [
        {
            **{f"{axis.lower()}Axis": directions.get(axis, "").lower().replace("_", "-") for axis in "XYZ"},
            "Number": ", ".join(channels),
            "Channels": str(len(channels)) if channels else "",
            **{f"stepSize{axis}": f"{step:g}" for axis, step in zip("XYZ", steps, strict=False)},
            **{f"{axis.upper()}size": str(length) for axis, length in shape.items() if axis in ("x", "y", "z")},
            "Slices": str(shape.get("z", "")),
            "DimensionOrder": "".join(shape).upper()[::-1],
            "Gbytes": f"{asset.listing.size / 1e9:.3g}",
            "Files": str(len(asset.listing.files)),
        }
    ]


def _of_type(parts: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [part for part in parts if _type(part) in types]


def _type(part: dict[str, Any]) -> str:
    return text(part.get("object_type")) or text(part.get("device_type")) or text(part.get("type"))
