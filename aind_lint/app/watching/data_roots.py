"""Which folders the configuration of a rig has to allow for its upload manifests."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from aind_lint.app.watching.finished_assets import is_manifest
from aind_lint.asset.upload.source_roots import data_roots_line, sources_outside, suggest_root
from aind_lint.asset.upload.upload_manifest import read_upload_manifest
from aind_lint.config.config_file import find_settings
from aind_lint.errors import UsageError


def missing_data_roots(folder: Path) -> str | None:
    """The line to write under ``[rig]``, so that 'watch' accepts the manifests in a folder; None if none is needed.

    Neither is it if the configuration cannot be read, which other commands report.
    """
    outside: list[Path] = []
    try:
        data_roots = find_settings([str(folder)]).data_roots
    except UsageError:
        return None
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if is_manifest(path.name) and path.is_file():
                with suppress(UsageError):  # 'check' reports what is wrong with it
                    outside += sources_outside(read_upload_manifest(path), [folder, *data_roots])
    return data_roots_line([*data_roots, *map(suggest_root, outside)]) if outside else None
