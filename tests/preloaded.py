"""Imports everything that commands need, once in the process from which `tests.commands` forks them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import aind_lint.bucket.s3.store
import aind_lint.cli.commands.publish
import aind_lint.cli.commands.verify  # noqa: F401
from aind_lint.app.checking.check import check
from aind_lint.app.publishing.publish import publish
from aind_lint.examples.bases import base_tree

with tempfile.TemporaryDirectory() as folder:
    asset = base_tree("raw-2x").write(Path(folder) / "rig")
    # The first check loads the rules and the models. A publication would load the models in a second process.
    check([asset], cache=False)
    publish(asset, f"{folder}/bucket", dry_run=True)
