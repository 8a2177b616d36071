"""The folders from which a watcher may publish what an upload manifest names.

A person or program that can write a manifest into a watched folder can name any file that the watcher can read. Paths
are compared after links, mapped drives and differences in case are resolved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from aind_lint.asset.upload.upload_manifest import UploadManifest
from aind_lint.errors import UsageError
from aind_lint.system.disk_paths import is_below

_DATE = re.compile(r"20[0-9]{2}-?[01][0-9]-?[0-3][0-9]")


def refuse_outside(manifest: UploadManifest, watched: Path, data_roots: Sequence[Path]) -> None:
    """Refuse a manifest with a source outside of the watched folder and of the data roots.

    Raises:
        UsageError: There is one; the message has the line to add to the configuration.
    """
    outside = sources_outside(manifest, [watched, *data_roots])
    if outside:
        line = data_roots_line([*data_roots, *map(suggest_root, outside)])
        raise UsageError(
            f"{manifest.path.name} names {outside[0]}, which is not below the watched folder, so nothing was "
            f"published. If the data of this rig is there, add this line under [rig] in aind-lint.toml: {line}"
        )


def sources_outside(manifest: UploadManifest, roots: Iterable[Path]) -> list[Path]:
    """The sources of a manifest that are not below any of the folders."""
    folder, roots = manifest.path.parent, list(roots)
    return [
        path
        for source in [*manifest.sources, *manifest.schemas]
        if not any(is_below(path := folder / source.path, root) for root in roots)
    ]


def data_roots_line(roots: Iterable[Path]) -> str:
    """The line of the configuration that allows these folders."""
    texts = dict.fromkeys(json.dumps(root.as_posix(), ensure_ascii=False) for root in roots)
    return f"data_roots = [{', '.join(texts)}]"


def suggest_root(path: Path) -> Path:
    """The folder of a source that also contains those of other sessions: above the first name with a date."""
    for number, part in enumerate(path.parts):
        if number > 1 and _DATE.search(part):
            return Path(*path.parts[:number])
    return path.parent
