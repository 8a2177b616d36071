"""What the process with the schema models is asked for, as early as possible."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from aind_lint.asset.asset import Asset
from aind_lint.bucket.control_objects import DATA_DESCRIPTION
from aind_lint.schema.models.model_process import ModelProcess
from aind_lint.schema.models.model_source import model_of
from aind_lint.schema.versions import class_of
from aind_lint.sidecar.kinds import KINDS
from aind_lint.sidecar.reader import MAX_SIZE, read_sidecar


def load_models(source: Path, models: ModelProcess) -> None:
    """Let the process load the models that an asset is likely to need, before its files are listed."""
    file = source / DATA_DESCRIPTION
    with suppress(OSError):  # reported when the file is checked
        found = file.lstat()
        if not S_ISREG(found.st_mode) or found.st_size > MAX_SIZE:  # a link may lead out of the asset
            return
        model = model_of(read_sidecar(DATA_DESCRIPTION, file.read_bytes()))
        if model is not None:
            models.load(model[0], (class_of(None, kind) for kind in KINDS if (source / f"{kind}.json").is_file()))


def submit_sidecars(asset: Asset, models: ModelProcess, zone: str) -> None:
    """Ask for the results on all sidecars, so that they are ready when a rule asks for them."""
    submitted = 0
    for sidecar in asset.sidecars():
        if (model := model_of(sidecar)) is not None and sidecar.data is not None:
            models.submit(*model, sidecar.data, zone)
            submitted += 1
    if not submitted:
        models.close()
