"""The rows of instrument and images of a BIL sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.archives.bil.sidecar_values import member, name_of, objects, sidecar_data, text, unique
from aind_lint.asset.asset import Asset

_UNIT = {"micrometer": 1.0, "um": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4}


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


def image_rows(asset: Asset) -> list[dict[str, str]]:
    """The row of the images: BIL wants one for each dataset."""
    acquisition = sidecar_data(asset, "acquisition.json")
    if not acquisition:
        return []
    axes = objects(acquisition.get("axes")) or objects(member(acquisition, "coordinate_system", "axes"))
    directions = {text(axis.get("name")).upper(): text(axis.get("direction")) for axis in axes}
    images = list(_images(acquisition))
    channels = list(dict.fromkeys(name for name, _ in images if name))
    steps = next((scale for _, scale in images if scale), ())
    return [
        {
            **{f"{axis.lower()}Axis": directions.get(axis, "").lower().replace("_", "-") for axis in "XYZ"},
            "Number": ", ".join(channels),
            "Channels": str(len(channels)) if channels else "",
            **{f"stepSize{axis}": f"{step:g}" for axis, step in zip("XYZ", steps, strict=False)},
            "Gbytes": f"{asset.listing.size / 1e9:.3g}",
            "Files": str(len(asset.listing.files)),
        }
    ]


def _images(acquisition: dict[str, Any]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The channel and the voxel size, in micrometers, of every tile (1.x) or image (2.x)."""
    unit = next((text(axis.get("unit")) for axis in objects(acquisition.get("axes"))), "micrometer")
    for tile in objects(acquisition.get("tiles")):
        yield (
            text(member(tile, "channel", "channel_name")),
            _scale(tile.get("coordinate_transformations"), _UNIT.get(unit)),
        )
    for stream in objects(acquisition.get("data_streams")):
        for configuration in objects(stream.get("configurations")):
            system = configuration.get("coordinate_system") or acquisition.get("coordinate_system")
            unit = text(member(system, "axis_unit")) or "micrometer"
            for image in objects(configuration.get("images")):
                scale = _scale(image.get("image_to_acquisition_transform"), _UNIT.get(unit))
                yield text(image.get("channel_name")), scale


def _scale(transforms: Any, unit: float | None) -> tuple[float, ...]:
    """The voxel size that transforms state; empty if there is none that can be read."""
    for transform in objects(transforms):
        values = transform.get("scale")
        if isinstance(values, list) and unit is not None:
            try:
                return tuple(float(value) * unit for value in values)
            except (TypeError, ValueError):
                return ()
    return ()


def _of_type(parts: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [part for part in parts if _type(part) in types]


def _type(part: dict[str, Any]) -> str:
    return text(part.get("object_type")) or text(part.get("device_type")) or text(part.get("type"))
