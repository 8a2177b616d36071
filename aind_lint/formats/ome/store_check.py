"""The images, plates and wells of a store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.formats.ome.image import check_image, leaves
from aind_lint.formats.ome.label_image import check_label_image
from aind_lint.formats.ome.scale import name_of
from aind_lint.formats.problem import Problem
from aind_lint.formats.zarr.metadata import GroupNode
from aind_lint.formats.zarr.store import ZarrStore
from aind_lint.sidecar.json_access import objects

_KINDS = "multiscales", "plate", "well", "bioformats2raw.layout"
_VERSIONS_V2 = "0.1", "0.2", "0.3", "0.4"
_VERSION_V3 = "0.5"


def is_ome(store: ZarrStore) -> bool:
    """Whether a store contains images of OME-Zarr, or should."""
    folder = store.prefix.rstrip("/") or store.reader.listing.name
    named = folder.endswith((".ome.zarr", ".ome_zarr"))
    return named or any(
        ome_metadata(store, group)[0] is not None or _misplaced(store, group) for group in store.groups()
    )


def stated_version(store: ZarrStore) -> str:
    """The version of OME-Zarr that the first image or plate states, or that of the version of Zarr."""
    for group in store.groups():
        metadata = ome_metadata(store, group)[0] or {}
        images = metadata.get("multiscales")
        parts = [metadata, metadata.get("plate"), metadata.get("well"), *(images if isinstance(images, list) else [])]
        for part in parts:
            if isinstance(part, dict) and isinstance(version := part.get("version"), str):
                return version
    return _VERSION_V3 if store.version == 3 else _VERSIONS_V2[-1]


def check_ome(store: ZarrStore) -> Iterator[Problem]:
    """What the metadata of OME-Zarr demands of a store."""
    root = store.group("")
    if root is not None and not any(map(_has_metadata, store.groups())):
        message = f"{store.name} is called OME-Zarr, but has no metadata of an image or a plate"
        yield Problem("ome-metadata", message, root.key, root.pointer or None, expected="'multiscales' or 'plate'")
    for group in list(store.groups()):
        if _misplaced(store, group):
            yield Problem(
                "ome-version",
                f"the OME metadata of {name_of(store, group)} is not below 'ome', where readers of Zarr v3 look for it",
                group.key,
                group.pointer,
                expected="/attributes/ome",
                fix="Move 'multiscales', 'plate' or 'well' into an object 'ome' with \"version\": \"0.5\".",
            )
            continue
        metadata, pointer = ome_metadata(store, group)
        if group.path.rpartition("/")[2] == "labels":
            yield from _check_labels(store, group, (metadata or group.attributes).get("labels"), f"{pointer}/labels")
        if group.path.rpartition("/")[2] == "OME":
            yield from _check_series(store, group, (metadata or group.attributes).get("series"), f"{pointer}/series")
        if metadata is None:
            if store.version == 3 and "ome" in group.attributes:
                message = f"'ome' of {name_of(store, group)} is no object"
                yield Problem("ome-metadata", message, group.key, f"{group.pointer}/ome")
            continue
        yield from _check_version(store, group, metadata, pointer)
        if "multiscales" in metadata:
            yield from check_image(store, group, metadata, pointer)
            yield from check_label_image(store, group, metadata, _listed_labels(store, group))
        if isinstance(metadata.get("plate"), dict):
            yield from _check_members(store, group, metadata["plate"], "wells", f"{pointer}/plate")
            yield from _check_places(store, group, metadata["plate"], f"{pointer}/plate")
        if isinstance(metadata.get("well"), dict):
            yield from _check_members(store, group, metadata["well"], "images", f"{pointer}/well")


def _has_metadata(group: GroupNode) -> bool:
    return any(kind in group.attributes for kind in (*_KINDS, "ome"))


def _listed_labels(store: ZarrStore, group: GroupNode) -> list[Any]:
    """The label images that the group around this one lists."""
    around = group.path.rpartition("/")[0]
    labels = store.group(around) if around.rpartition("/")[2] == "labels" else None
    names = ((ome_metadata(store, labels)[0] or labels.attributes).get("labels")) if labels else None
    return names if isinstance(names, list) else []


def _check_labels(store: ZarrStore, group: GroupNode, names: Any, pointer: str) -> Iterator[Problem]:
    """Labels that do not exist."""
    for number, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and store.group(f"{group.path}/{name}") is None:
            message = f"{name_of(store, group)} lists '{name}', which does not exist"
            yield Problem("ome-metadata", message, group.key, f"{pointer}/{number}", found=name)


def _check_series(store: ZarrStore, group: GroupNode, paths: Any, pointer: str) -> Iterator[Problem]:
    """Images of a converted file that do not exist; their paths start at the folder around the group ``OME``."""
    outer = group.path[: -len("OME")]
    for number, path in enumerate(paths if isinstance(paths, list) else []):
        if isinstance(path, str) and not leaves(path) and store.group(f"{outer}{path.strip('/')}") is None:
            message = f"{name_of(store, group)} lists the image '{path}', which does not exist"
            yield Problem("ome-metadata", message, group.key, f"{pointer}/{number}", found=path)


def ome_metadata(store: ZarrStore, group: GroupNode) -> tuple[dict[str, Any] | None, str]:
    """The object with the OME metadata of a group, and the pointer to it; None if there is none."""
    if store.version == 3:
        metadata = group.attributes.get("ome")
        return (metadata if isinstance(metadata, dict) else None), f"{group.pointer}/ome"
    has = any(kind in group.attributes for kind in _KINDS)
    return (group.attributes if has else None), group.pointer


def _misplaced(store: ZarrStore, group: GroupNode) -> bool:
    return store.version == 3 and "ome" not in group.attributes and any(kind in group.attributes for kind in _KINDS[:3])


def _check_version(store: ZarrStore, group: GroupNode, metadata: dict[str, Any], pointer: str) -> Iterator[Problem]:
    name = name_of(store, group)
    if store.version == 3:
        version = metadata.get("version")
        is_known = isinstance(version, str) and version.startswith("0.") and version not in _VERSIONS_V2
        if version is None and any(kind in metadata for kind in _KINDS):  # lists of labels are written without
            yield Problem(
                "ome-version",
                f"the OME metadata of {name} has no version",
                group.key,
                pointer,
                expected=_VERSION_V3,
                fix=_set_version(group, pointer),
            )
        elif version is not None and not is_known:
            yield Problem(
                "ome-version",
                f"the OME metadata of {name} states version {version}, but the store is Zarr v3",
                group.key,
                f"{pointer}/version",
                found=str(version),
                expected=_VERSION_V3,
                fix=_set_version(group, pointer),
            )
        return
    multiscales = metadata.get("multiscales")
    images = multiscales if isinstance(multiscales, list) else []
    parts = [metadata.get("plate"), metadata.get("well"), *images]
    for part in parts:
        version = part.get("version") if isinstance(part, dict) else None
        if version is not None and version not in _VERSIONS_V2:
            yield Problem(
                "ome-version",
                f"the OME metadata of {name} states version {version}, but the store is Zarr v2",
                group.key,
                pointer,
                found=str(version),
                expected=_VERSIONS_V2[-1],
                fix=f'Set the version in {group.key} to "{_VERSIONS_V2[-1]}"',
            )
            return


def _set_version(group: GroupNode, pointer: str) -> str:
    return f'Set {pointer}/version in {group.key} to "{_VERSION_V3}"'


def _check_members(
    store: ZarrStore, group: GroupNode, metadata: dict[str, Any], member: str, pointer: str
) -> Iterator[Problem]:
    """Problems of the wells of a plate, or the images of a well."""
    what = "well" if member == "wells" else "image"
    entries = metadata.get(member)
    if not isinstance(entries, list):
        yield Problem(
            "ome-metadata", f"'{member}' of {name_of(store, group)} is no list", group.key, f"{pointer}/{member}"
        )
        return
    paths: set[str] = set()
    for number, entry in enumerate(entries):
        path = entry.get("path") if isinstance(entry, dict) else None
        where = f"{pointer}/{member}/{number}"
        if isinstance(path, str) and path in paths:
            message = f"{what} '{path}' of {name_of(store, group)} is listed twice"
            yield Problem("ome-well", message, group.key, f"{where}/path", found=path)
            continue
        paths.add(str(path))
        if not isinstance(path, str):
            yield Problem("ome-metadata", f"{what} {number} of {name_of(store, group)} has no path", group.key, where)
        elif leaves(path):
            yield Problem(
                "ome-path", f"{what} {number} is at '{path}', outside the store", group.key, f"{where}/path", found=path
            )
        elif store.group(f"{group.path}/{path}" if group.path else path) is None:
            yield Problem(
                "ome-well",
                f"{what} '{path}' of {name_of(store, group)} does not exist",
                group.key,
                f"{where}/path",
                found=path,
            )


def _check_places(store: ZarrStore, group: GroupNode, plate: dict[str, Any], pointer: str) -> Iterator[Problem]:
    """Wells whose row or column is not that of their path; versions before 0.4 state paths only."""
    wells = plate.get("wells")
    lines = [_names(plate.get(member)) for member in ("rows", "columns")]
    for number, well in enumerate(wells if isinstance(wells, list) else []):
        path = well.get("path") if isinstance(well, dict) else None
        parts = path.split("/") if isinstance(path, str) else []
        if len(parts) != 2:
            continue
        for member, names, part in zip(("rowIndex", "columnIndex"), lines, parts, strict=True):
            index = well.get(member)
            if index is None or not names:
                continue
            is_place = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(names)
            if not is_place or names[index] != part:
                yield Problem(
                    "ome-well",
                    f"well '{path}' of {name_of(store, group)} has the {member} "
                    f"{index}, which is {names[index] if is_place else 'outside the plate'}",
                    group.key,
                    f"{pointer}/wells/{number}/{member}",
                    found=str(index),
                    expected=str(names.index(part)) if part in names else None,
                )


def _names(lines: Any) -> list[str]:
    """The names of the rows or columns of a plate; empty if they are not stated."""
    return [str(one.get("name")) for one in objects(lines)]
