"""Where findings are, as paths that people and machines can open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aind_lint.finding import AssetReport, Finding, Report


@dataclass(frozen=True)
class Placed:
    """A finding with the path of what it is about.

    Attributes:
        finding: The finding.
        path: Path of the file, or of the asset's folder, as the user named it; with ``/``.
        anchor: Path of a file at which it can be shown: that file, or a sidecar of the asset that it is about.
        asset: The asset; None for a finding about the configuration.
    """

    finding: Finding
    path: str
    anchor: str
    asset: AssetReport | None = None


def placed(report: Report) -> Iterator[Placed]:
    """All findings of a run with their paths, in the order of the report."""
    for asset in report.assets:
        for finding in asset.findings:
            file = finding.location.file
            yield Placed(finding, path_of(asset, file), path_of(asset, file or asset.anchor), asset)
    for finding in report.configuration_findings:
        path = finding.location.file or report.configuration or ""
        yield Placed(finding, path, path)


def path_of(asset: AssetReport, file: str | None) -> str:
    """The path of a file of an asset; a sidecar outside any asset is its own path."""
    if file is None or asset.name is None:
        return asset.path
    return file if asset.path == "." else f"{asset.path}/{file}"
