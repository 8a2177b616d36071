"""Check and publish data assets of the Allen Institute for Neural Dynamics.

::

    from aind_lint import check, publish

    report = check(["ecephys_123456_2022-12-12_05-06-07"])
    if report.exit_code() == 0:
        receipt = publish("ecephys_123456_2022-12-12_05-06-07", to="s3://aind-open-data")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aind_lint._version import __version__

if TYPE_CHECKING:
    from aind_lint.app.checking.check import check
    from aind_lint.app.publishing.publish import RefusedError, publish
    from aind_lint.asset.asset import Asset
    from aind_lint.bucket.address import Connection
    from aind_lint.errors import AindLintError, BucketError, ConflictError, NoAssetError, UsageError
    from aind_lint.finding import AssetReport, Finding, Location, NotChecked, Report, Severity
    from aind_lint.publication.receipt import Receipt

_EXPORTS = {
    "aind_lint.app.publishing.publish": ("RefusedError", "publish"),
    "aind_lint.asset.asset": ("Asset",),
    "aind_lint.bucket.address": ("Connection",),
    "aind_lint.app.checking.check": ("check",),
    "aind_lint.errors": ("AindLintError", "BucketError", "ConflictError", "NoAssetError", "UsageError"),
    "aind_lint.finding": ("AssetReport", "Finding", "Location", "NotChecked", "Report", "Severity"),
    "aind_lint.publication.receipt": ("Receipt",),
}

__all__ = [
    "AindLintError",
    "Asset",
    "AssetReport",
    "BucketError",
    "ConflictError",
    "Connection",
    "Finding",
    "Location",
    "NoAssetError",
    "NotChecked",
    "Receipt",
    "RefusedError",
    "Report",
    "Severity",
    "UsageError",
    "__version__",
    "check",
    "publish",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: 'aind-lint name' must not pay for the rule engine.
    for module, names in _EXPORTS.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'aind_lint' has no attribute '{name}'")
