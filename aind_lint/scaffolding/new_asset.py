"""What a new asset consists of, and writing it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from aind_lint.errors import UsageError
from aind_lint.scaffolding.skeleton import Blank


@dataclass
class NewAsset:
    """A new asset.

    Attributes:
        name: Its name.
        files: The sidecars, by file name.
        blanks: What is left out.
        notes: What else its author should know, in sentences.
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    blanks: list[Blank] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, content: tuple[bytes, list[Blank]]) -> None:
        """Add a sidecar with its blanks."""
        self.files[f"{kind}.json"], blanks = content
        self.blanks += blanks

    def write(self, parent: Path) -> tuple[Path, Path]:
        """Write the folder of the asset, and the list of blanks beside it.

        Returns:
            The folder and the list.

        Raises:
            UsageError: One of them exists.
            OSError: They cannot be written; nothing is left behind.
        """
        folder, blanks = parent / self.name, parent / f"{self.name}.blanks.txt"
        for path in (folder, blanks):
            if path.exists() or path.is_symlink():
                raise UsageError(f"{path} exists already; nothing was written")
        parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        try:
            for key, content in self.files.items():
                write_new(folder / key, content)
            write_new(blanks, list_blanks(self.name, self.blanks).encode("utf-8"))
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # this call created it
            raise
        return folder, blanks


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist.

    Raises:
        UsageError: It exists.
        OSError: It cannot be written.
    """
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise UsageError(f"{path} exists already; nothing was written") from None


def list_blanks(name: str, blanks: list[Blank]) -> str:
    """The text that lists what is left out of an asset or a sidecar, by file."""
    lines = [f"What only you know about {name}. Add each field to its file; then delete this list."]
    for file in dict.fromkeys(blank.file for blank in blanks):
        lines += ["", file or "The folder"]
        lines += [
            f"  {blank.pointer or ''}{': ' if blank.pointer else ''}{blank.meaning}"
            for blank in blanks
            if blank.file == file
        ]
    return "\n".join([*lines, ""])
