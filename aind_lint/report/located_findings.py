"""Findings with the paths of their files, as users named them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aind_lint.finding import AssetReport, Finding, Report


@dataclass(frozen=True)
class LocatedFinding:
    """A finding and where to show it.

    Attributes:
        finding: The finding.
        path: Path of the file, or of the asset's folder for a finding about the asset, as the user named it; with
            ``/``.
        annotated_file: The file to annotate: that file, or a sidecar of the asset for a finding about the asset.
        asset: The asset; None for a finding about the configuration.
    """

    finding: Finding
    path: str
    annotated_file: str
    asset: AssetReport | None = None


def locate_findings(report: Report) -> Iterator[LocatedFinding]:
    """All findings of a report, in its order."""
    for asset in report.assets:
        for finding in asset.findings:
            file = finding.location.file
            yield LocatedFinding(finding, path_of(asset, file), path_of(asset, file or asset.default_file), asset)
    for finding in report.configuration_findings:
        path = finding.location.file or report.configuration or ""
        yield LocatedFinding(finding, path, path)


def path_of(asset: AssetReport, file: str | None) -> str:
    """The path of a file of an asset, or of the asset; a sidecar outside any asset is its own path."""
    if file is None or asset.name is None:
        return asset.path
    return file if asset.path == "." else f"{asset.path}/{file}"
