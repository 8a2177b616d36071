"""An asset in memory. Rules treat it like a folder on disk."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from aind_lint.asset.listing.hard_links import HardLinks
from aind_lint.asset.listing.listing import FileStat, Listing, folders_of
from aind_lint.text.json_position import split_pointer

#: Modification time of all files, in seconds since 1970. It is past, so that no file looks like a running recording.
_MODIFIED_AT = 1_700_000_000


@dataclass
class Tree:
    """The files of one asset.

    Attributes:
        name: The asset's name.
        files: Content by key. A number means that many zero bytes.
        links: Targets of symbolic links by key.
        special_files: Keys of pipes.
        empty_folders: Keys of empty folders.
        hard_links: Files that are hard links to a file of a sibling: ``<name>/<key>`` of that file, by key.
        siblings: The assets in the same folder.
        enclosing_asset: The name of the asset that contains this one.
    """

    name: str
    files: dict[str, bytes | int]
    links: dict[str, str] = field(default_factory=dict)
    special_files: list[str] = field(default_factory=list)
    empty_folders: list[str] = field(default_factory=list)
    hard_links: dict[str, str] = field(default_factory=dict)
    siblings: list[Tree] = field(default_factory=list)
    enclosing_asset: str | None = None

    def listing(self) -> Listing:
        """The listing of the tree."""
        return Listing(
            name=self.name,
            address=self.name,
            files={key: FileStat(_size(content)) for key, content in self.files.items()},
            open=lambda key: _open(self.files[key]),
            folders=folders_of(
                [*self.files, *self.links, *self.special_files, *(f"{key}/" for key in self.empty_folders)]
            ),
            links=sorted(self.links),
            link_target=lambda key: self.links[key],
            special_files=sorted(self.special_files),
            hard_links=lambda: HardLinks({key: (0, hash(target)) for key, target in self.hard_links.items()}),
            enclosing_asset=lambda: self.enclosing_asset,
            sibling=self._sibling,
        )

    def change_value(self, file: str, pointer: str, change: Callable[[Any, Any], None]) -> None:
        """Change a value of a JSON file.

        Args:
            file: The key of the file.
            pointer: The JSON pointer of the value, which need not exist; what contains it must exist.
            change: Called with the object or array that contains the value, and the name or index of the value in it.

        Raises:
            LookupError: There is nothing that could contain the value.
        """
        content = self.files[file]
        assert isinstance(content, bytes)
        data = parent = json.loads(content)
        *parents, last = split_pointer(pointer)
        for part in parents:
            parent = parent[int(part)] if isinstance(parent, list) else parent[part]
        change(parent, int(last) if isinstance(parent, list) else last)
        self.files[file] = dump_json(data)

    def _sibling(self, name: str, depth: int | None) -> Listing | None:
        for sibling in self.siblings:
            if sibling.name == name:
                links = [target.partition("/") for target in self.hard_links.values()]
                shared = {key: (0, hash(f"{owner}/{key}")) for owner, _, key in links if owner == name}
                return replace(sibling.listing(), hard_links=partial(HardLinks, shared))
        return None

    def write(self, parent: Path) -> Path:
        """Write the tree into a new folder in ``parent``, and its siblings beside it.

        Raises:
            OSError: The file system does not support a name of the tree, or the folder exists.
        """
        for sibling in self.siblings:
            sibling.write(parent)
        root = (parent / self.enclosing_asset if self.enclosing_asset else parent) / self.name
        root.mkdir(parents=True)
        for key, content in self.files.items():
            path = root / key
            if "\\" in key and os.name == "nt":
                raise OSError(f"on Windows a name cannot contain a backslash: {key}")
            path.parent.mkdir(parents=True, exist_ok=True)
            if key in self.hard_links:
                path.hardlink_to(parent / self.hard_links[key])
                continue
            with path.open("xb") as stream:
                if isinstance(content, int):
                    stream.truncate(content)
                else:
                    stream.write(content)
            os.utime(path, (_MODIFIED_AT, _MODIFIED_AT))
        for key in self.empty_folders:
            (root / key).mkdir(parents=True, exist_ok=True)
        for key, target in self.links.items():
            (root / key).symlink_to(target)
        for key in self.special_files:
            os.mkfifo(root / key)
        return root


def dump_json(data: Any) -> bytes:
    """The content of a JSON file of an example."""
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _size(content: bytes | int) -> int:
    return content if isinstance(content, int) else len(content)


class _Zeros(io.RawIOBase):
    """A file of zeros, which can be larger than the memory."""

    def __init__(self, size: int) -> None:
        self._size, self._position = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = max(0, min(len(buffer), self._size - self._position))
        buffer[:length] = bytes(length)
        self._position += length
        return length


def _open(content: bytes | int) -> BinaryIO:
    return io.BufferedReader(_Zeros(content)) if isinstance(content, int) else io.BytesIO(content)
