"""What the attributes of a directory entry say beyond its type: junctions, and files whose content is in a cloud."""

from __future__ import annotations

import os
import stat

_WINDOWS = os.name == "nt"

#: Windows: an entry that the system treats specially. Which way, its tag says.
_REPARSE_POINT = 0x400

#: Windows: the bit of the tags of entries that stand for another name, as links and junctions do. Deduplicated files
#: and files of a cloud have other tags; they are files. Source: IsReparseTagNameSurrogate in winnt.h.
_NAME_SURROGATE = 0x20000000

#: Windows: the content is in a cloud or on tape, and reading would download it: FILE_ATTRIBUTE_OFFLINE,
#: FILE_ATTRIBUTE_RECALL_ON_OPEN and FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS.
_RECALL = 0x1000 | 0x40000 | 0x400000

#: macOS: the same, for iCloud (SF_DATALESS in sys/stat.h).
_DATALESS = 0x40000000


def is_link(info: os.stat_result) -> bool:
    """Whether an entry, by its own ``stat``, is a symbolic link or a junction."""
    if stat.S_ISLNK(info.st_mode):
        return True
    redirects = getattr(info, "st_file_attributes", 0) & _REPARSE_POINT
    return bool(redirects) and bool(getattr(info, "st_reparse_tag", 0) & _NAME_SURROGATE)


def is_only_in_cloud(info: os.stat_result) -> bool:
    """Whether the content of a file is not on this computer, so that reading it would download it."""
    return bool(getattr(info, "st_file_attributes", 0) & _RECALL or getattr(info, "st_flags", 0) & _DATALESS)


def is_real_folder(path: str | os.PathLike[str]) -> bool:
    """Whether there is a folder at the path, not a link to one."""
    try:
        info = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(info.st_mode) and not is_link(info)


def is_folder_entry(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, not a link to one."""
    is_folder = entry.is_dir(follow_symlinks=False)
    return is_folder and (not _WINDOWS or not is_link(entry.stat(follow_symlinks=False)))
