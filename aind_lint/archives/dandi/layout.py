"""Where an NWB file is in a dandiset: ``sub-<subject>/sub-<subject>[_ses-<session>][_…].nwb``.

Source: https://docs.dandiarchive.org/user-guide-sharing/data-organization/
"""

from __future__ import annotations

import re
from datetime import datetime

_LABEL = r"[^_*\\/<>:|\"'?%@;.]+"
_FOLDER = re.compile(rf"sub-({_LABEL})")
_FILE = re.compile(
    rf"sub-({_LABEL})(?:_ses-{_LABEL})?(?:_(?:tis|slice|cell|desc|probe|obj)-{_LABEL})*(?:_[a-z]+(?:\+[a-z]+)*)?"
    r"(?:_image)?\.nwb(\.zarr)?"
)


def layout_problem(folder: str, name: str, is_zarr: bool) -> str | None:
    """What is wrong with the place of an NWB file; None if nothing is.

    Args:
        folder: The name of its folder.
        name: Its name.
        is_zarr: Whether it is a Zarr store.
    """
    match = _FILE.fullmatch(name)
    if is_zarr and not name.endswith(".nwb.zarr"):
        return f"'{name}' is a Zarr store, and DANDI takes these only in folders called *.nwb.zarr"
    if match is None or (match[2] and not is_zarr):
        return f"'{name}' is not a name that DANDI accepts"
    parent = _FOLDER.fullmatch(folder)
    if parent is None:
        return f"the file is in the folder '{folder}', not in the folder sub-{match[1]} of its subject"
    if parent[1] != match[1]:
        return f"the folder is that of subject {parent[1]}, the name of the file states {match[1]}"
    return None


def subject_label(name: str) -> str | None:
    """The subject in the name of an NWB file; None if there is none."""
    match = _FILE.fullmatch(name)
    return match[1] if match else None


def expected_path(subject: str | None, start: datetime | None, is_zarr: bool) -> str:
    """The path that DANDI expects, from what the file states."""
    label = re.sub(r"[_*\\/<>:|\"'?%@;.]+", "-", subject or "") or "<subject>"
    session = f"_ses-{start:%Y%m%dT%H%M%S}" if start else ""
    return f"sub-{label}/sub-{label}{session}.nwb{'.zarr' if is_zarr else ''}"
