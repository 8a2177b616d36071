"""The fixers, by the names that rule files use."""

from __future__ import annotations

from aind_lint.engine.rules.rule import FixerName
from aind_lint.fix.fixer import Fixer
from aind_lint.fix.fixers.asset_name_fixers import fix_name, fix_stated_name
from aind_lint.fix.fixers.content_fixers import fix_duplicate_keys, fix_encoding, fix_nan, fix_trailing_commas
from aind_lint.fix.fixers.name_fixers import fix_junk, fix_modality_folders, fix_sidecar_names

FIXERS: dict[FixerName, Fixer] = {
    "encoding": fix_encoding,
    "trailing-comma": fix_trailing_commas,
    "duplicate-key": fix_duplicate_keys,
    "nan": fix_nan,
    "sidecar-name": fix_sidecar_names,
    "modality-folder": fix_modality_folders,
    "junk": fix_junk,
    "name": fix_name,
    "stated-name": fix_stated_name,
}
