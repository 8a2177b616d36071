"""An asset in memory: the same thing to a rule as a folder on disk."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from aind_lint.asset.listing.listing import FileStat, Listing, folders_of

#: When the files of examples were last changed: they are no recording that is still going on.
_WRITTEN = 1_700_000_000


@dataclass
class Tree:
    """Files by key, with a name.

    Attributes:
        name: The asset's name.
        files: Content by key; a number stands for so many zero bytes.
        links: Targets of symbolic links by key.
        special_files: Keys of pipes.
        empty_folders: Keys of folders that hold nothing.
        hard_links: For keys that are a file of an asset beside this one, ``<name>/<key>`` of that file.
        siblings: What lies beside it.
        enclosing_asset: The asset in whose folder it lies.
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
        """The tree as a rule sees it."""
        return Listing(
            name=self.name,
            address=self.name,
            files={key: FileStat(_size(content)) for key, content in self.files.items()},
            open=lambda key: io.BytesIO(_content(self.files[key])),
            folders=folders_of(
                [*self.files, *self.links, *self.special_files, *(f"{key}/" for key in self.empty_folders)]
            ),
            links=sorted(self.links),
            link_target=lambda key: self.links[key],
            special_files=sorted(self.special_files),
            hard_links={key: (0, hash(target)) for key, target in self.hard_links.items()},
            enclosing_asset=lambda: self.enclosing_asset,
            sibling=self._beside,
        )

    def _beside(self, name: str, depth: int | None) -> Listing | None:
        for sibling in self.siblings:
            if sibling.name == name:
                links = [target.partition("/") for target in self.hard_links.values()]
                shared = {key: (0, hash(f"{owner}/{key}")) for owner, _, key in links if owner == name}
                listing = sibling.listing()
                return replace(listing, hard_links={**listing.hard_links, **shared})
        return None

    def write(self, parent: Path) -> Path:
        """Write the tree into a new folder below ``parent``, with what lies beside it.

        Raises:
            OSError: The file system cannot hold a name of the tree, or a folder of this name exists.
        """
        for sibling in self.siblings:
            sibling.write(parent)
        root = (parent / self.enclosing_asset if self.enclosing_asset else parent) / self.name
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
            os.utime(path, (_WRITTEN, _WRITTEN))
        for key in self.empty_folders:
            (root / key).mkdir(parents=True, exist_ok=True)
        for key, target in self.links.items():
            (root / key).symlink_to(target)
        for key in self.special_files:
            os.mkfifo(root / key)
        return root


def _size(content: bytes | int) -> int:
    return content if isinstance(content, int) else len(content)


def _content(content: bytes | int) -> bytes:
    return bytes(content) if isinstance(content, int) else content
