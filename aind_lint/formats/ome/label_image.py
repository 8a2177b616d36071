"""Label images, whose pixels are the numbers of objects: their data type is an integer.

Sources: https://ngff.openmicroscopy.org/0.4/#labels-md and https://ngff.openmicroscopy.org/0.5/#labels-md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aind_lint.formats.ome.image import join_path
from aind_lint.formats.ome.scale import name_of
from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.data_types import without_byte_order
from aind_lint.formats.zarr.metadata import GroupNode
from aind_lint.formats.zarr.store import ZarrStore
from aind_lint.sidecar.json_access import objects

#: Data types of Zarr v2 and v3 that are certainly no integers; extensions can be.
_NO_INTEGER = re.compile(r"[fcbSUVMm]\d+.*|bool|b?float.*|complex.*|r\d+", re.ASCII)


def check_label_image(
    store: ZarrStore, group: GroupNode, metadata: dict[str, Any], names: list[Any]
) -> Iterator[Problem]:
    """A label image whose pixels are no integers. Levels that differ from the first are reported by themselves.

    Args:
        store: The store.
        group: The group of an image.
        metadata: The object with the member ``multiscales``.
        names: The label images that the group around it lists.
    """
    if "image-label" not in metadata and group.path.rpartition("/")[2] not in names:
        return
    for image in objects(metadata["multiscales"]):
        paths = (level.get("path") for level in objects(image.get("datasets")))
        arrays = (store.array(join_path(group.path, str(path))) for path in paths)
        first = next((array for array in arrays if array is not None), None)
        if first is not None and _NO_INTEGER.fullmatch(without_byte_order(first.data_type)):
            member = "dtype" if first.version == 2 else "data_type"
            yield Problem(
                "ome-metadata",
                f"the label image {name_of(store, group)} has the data type {first.data_type}, but labels are integers",
                first.key,
                f"/{member}",
                found=str(first.data_type),
                expected="an integer type, such as uint32",
                fix=f"Write {name_of(store, group)} again with an integer type, such as uint32.",
            )
