"""Valid assets of every modality and generation of metadata, drawn from a seed.

Nothing in here asks the linter what it thinks: the assets are built from what the conventions, the file standards and
the schemas demand. The sidecars of metadata 2.x come from the installed models; those of 0.x and 1.x are written for
aind-data-schema 0.39.1 and 1.4.0, the last releases of their generations.
"""

from __future__ import annotations

from aind_lint.examples.tree import Tree
from tests.generator import sidecars_1x, sidecars_2x
from tests.generator.derived import analysis_asset, derived_asset
from tests.generator.layout import raw_files
from tests.generator.recording import Recording, draw_recording

__all__ = ["Recording", "draw_assets", "draw_recording"]


def raw_asset(recording: Recording) -> Tree:
    """The asset that a recording leaves behind."""
    sidecars = sidecars_2x if recording.generation == "2.x" else sidecars_1x
    return Tree(recording.name, {**sidecars.raw_sidecars(recording), **raw_files(recording)})


def draw_assets(seed: int) -> list[Tree]:
    """The raw asset of a seed and, after it, what was made from it; together they may lie in one folder."""
    recording = draw_recording(seed)
    raw = raw_asset(recording)
    assets = [raw]
    if recording.random("has derived").random() < 0.5:
        assets.append(derived_asset(recording, raw))
    if seed % 9 == 0 and recording.generation != "0.x":
        assets.append(analysis_asset(recording, [raw, raw_asset(draw_recording(seed + 4))]))
    return assets
