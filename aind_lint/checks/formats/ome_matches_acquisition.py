"""Do the images have the voxel size that the acquisition states?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aind_lint.asset.acquired_images import AcquiredImage, acquired_images
from aind_lint.asset.asset import Asset
from aind_lint.checks.format_problems import NOT_READ, format_files_of, scanner_of
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.formats.problem import NotRead

if TYPE_CHECKING:
    from aind_lint.formats.ome.voxel_size import VoxelSize

NEEDS_DATA = True

_ACQUISITION = "acquisition.json"
#: Voxel sizes are rounded: 0.748 for 0.7481.
_TOLERANCE = 0.01
_ENDING = re.compile(r"(?:\.ome)?\.(?:zarr|ims|tiff?|czi)$", re.IGNORECASE)


class Options(verb.Options):
    """None."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for every voxel size that no image of the acquisition has.

    The sizes are compared without their order: acquisitions state X, Y and Z, images their axes. In derived assets,
    only images that have the name of an acquired one are compared; derivatives and images without any scale are not.
    """
    if not format_files_of(asset).has("ome"):
        return
    if context.contents == "none":
        yield Unchecked(NOT_READ)
        return
    sizes = []
    for one in scanner_of(asset, context).voxel_sizes:
        if isinstance(one, NotRead):
            yield Unchecked(one.reason, one.file)
        elif "derivatives" not in one.image.split("/") and (one.has_units or set(one.micrometers) != {1.0}):
            sizes.append(one)
    if not sizes:
        return
    sidecar = asset.sidecar(_ACQUISITION)
    images = list(acquired_images(sidecar.data)) if sidecar is not None and sidecar.data else []
    stated = [image for image in images if len(image.voxel_size) == 3]
    if not stated:
        yield Unchecked(f"{_ACQUISITION} states no voxel size")
        return
    cases: dict[tuple[str, str], list[VoxelSize]] = {}
    for one in sizes:
        if (expected := _expected(asset, one, stated)) is not None:
            cases.setdefault((_text(one.micrometers), _text(expected)), []).append(one)
    for (size, expected_size), same in cases.items():
        others = f" (and of {len(same) - 1:,} more images)" if len(same) > 1 else ""
        yield Fault(
            f"a voxel of {same[0].image}{others} is {size} micrometers, {_ACQUISITION} states {expected_size}",
            same[0].key,
            same[0].pointer,
            found=size,
            expected=expected_size,
        )


def _expected(asset: Asset, one: VoxelSize, stated: list[AcquiredImage]) -> tuple[float, ...] | None:
    """The size that an image should have; None if it has it, or if none is stated for it."""
    own = [image for image in stated if _stem(image.file_name) == _stem(one.image)]
    if not own and asset.level == "raw":
        own = stated  # derived images can have any resolution
    # A single plane has the size along X and Y.
    expected = sorted({image.voxel_size[: len(one.micrometers)] for image in own})
    if not own or len(one.micrometers) not in (2, 3) or any(_is_same(one.micrometers, size) for size in expected):
        return None
    return expected[0]


def _is_same(size: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = zip(sorted(size), sorted(other), strict=True)
    return all(math.isclose(one, two, rel_tol=_TOLERANCE) for one, two in pairs)


def _text(size: tuple[float, ...]) -> str:
    return " × ".join(f"{value:g}" for value in size)


def _stem(path: str) -> str:
    return _ENDING.sub("", path.rstrip("/").rpartition("/")[2]).lower()
