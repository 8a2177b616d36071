"""An asset in memory: the same thing to a rule as a folder on disk."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from aind_lint.asset.listing import FileStat, Listing, folders_of
from aind_lint.bucket.store import Body, ContentChangedError, Stored
from aind_lint.checksum import crc64nvme, encode_crc


@dataclass
class Tree:
    """Files by key, with a name.

    Attributes:
        name: The asset's name.
        files: Content by key; a number stands for so many zero bytes.
        links: Targets of symbolic links by key.
        specials: Keys of pipes.
        empty: Keys of folders that hold nothing.
        hard_links: For keys that are a file of an asset beside this one, ``<name>/<key>`` of that file.
        siblings: What lies beside it.
        outer: The asset in whose folder it lies.
    """

    name: str
    files: dict[str, bytes | int]
    links: dict[str, str] = field(default_factory=dict)
    specials: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    hard_links: dict[str, str] = field(default_factory=dict)
    siblings: list[Tree] = field(default_factory=list)
    outer: str | None = None

    def listing(self) -> Listing:
        """The tree as a rule sees it."""
        return Listing(
            name=self.name,
            where=self.name,
            files={key: FileStat(_size(content)) for key, content in self.files.items()},
            open=lambda key: io.BytesIO(_content(self.files[key])),
            folders=folders_of([*self.files, *self.links, *self.specials, *(f"{key}/" for key in self.empty)]),
            links=dict(self.links),
            specials=list(self.specials),
            shared={key: (0, hash(target)) for key, target in self.hard_links.items()},
            outer=lambda: self.outer,
            beside=self._beside,
        )

    def _beside(self, name: str, depth: int | None) -> Listing | None:
        for sibling in self.siblings:
            if sibling.name == name:
                listing = sibling.listing()
                for target in self.hard_links.values():
                    owner, _, key = target.partition("/")
                    if owner == name:
                        listing.shared[key] = (0, hash(target))
                return listing
        return None

    def write(self, parent: Path) -> Path:
        """Write the tree into a new folder below ``parent``, with what lies beside it.

        Raises:
            OSError: The file system cannot hold a name of the tree, or a folder of this name exists.
        """
        for sibling in self.siblings:
            sibling.write(parent)
        root = (parent / self.outer if self.outer else parent) / self.name
        root.mkdir(parents=True)
        for key, content in self.files.items():
            path = root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            if key in self.hard_links:
                path.hardlink_to(parent / self.hard_links[key])
                continue
            with path.open("xb") as stream:
                if isinstance(content, int):
                    stream.truncate(content)
                else:
                    stream.write(content)
        for key in self.empty:
            (root / key).mkdir(parents=True, exist_ok=True)
        for key, target in self.links.items():
            (root / key).symlink_to(target)
        for key in self.specials:
            os.mkfifo(root / key)
        return root


class MemoryStore:
    """A bucket in memory."""

    url = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def scan(self, prefix: str, limit: int | None = None) -> Iterator[Stored]:
        """The objects whose key begins with ``prefix``."""
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([Stored(key, len(self.objects[key])) for key in keys[:limit]])

    def folders(self, prefix: str) -> list[str]:
        """The next parts of the keys below ``prefix``."""
        rest = (key[len(prefix) :] for key in self.objects if key.startswith(prefix))
        return sorted({part.partition("/")[0] for part in rest if "/" in part})

    def head(self, key: str) -> Stored | None:
        """One object with its checksum."""
        content = self.objects.get(key)
        return None if content is None else Stored(key, len(content), encode_crc(crc64nvme(content)))

    def open(self, key: str) -> BinaryIO:
        """An object's bytes."""
        return io.BytesIO(self.objects[key])

    def create(self, key: str, body: Body) -> bool:
        """Store an object under a free key."""
        if key in self.objects:
            return False
        with body.open() as stream:
            content = stream.read()
        if (len(content), encode_crc(crc64nvme(content))) != (body.size, body.crc64nvme):
            raise ContentChangedError(f"{key} changed while it was being published; nothing of it was stored")
        return self.objects.setdefault(key, content) is content


def _size(content: bytes | int) -> int:
    return content if isinstance(content, int) else len(content)


def _content(content: bytes | int) -> bytes:
    return bytes(content) if isinstance(content, int) else content
