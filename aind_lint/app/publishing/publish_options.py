"""What a publication takes and raises: options, callbacks, refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aind_lint.errors import AindLintError
from aind_lint.finding import AssetReport
from aind_lint.publication.progress import OnProgress, ignore_progress


class RefusedError(AindLintError):
    """The asset was not published, because a check failed or could not be made.

    Attributes:
        report: The result of the checks.
    """

    def __init__(self, report: AssetReport) -> None:
        super().__init__(f"{report.name} is not publishable: {', '.join(report.blockers)}")
        self.report = report
        immutability = {f.rule for f in report.findings if f.rule.startswith("IMM")}
        if report.crashes:
            self.exit_code = 2
        elif report.bucket_error:
            self.exit_code = 4
        else:
            self.exit_code = 5 if immutability.intersection(report.blockers) else 1


@dataclass(frozen=True)
class Destination:
    """Where an asset is about to be published.

    Attributes:
        address: The address, absolute.
        is_public: Returns whether everybody can read it; None if that is not known. It can take a request.
    """

    address: str
    is_public: Callable[[], bool | None]


@dataclass(frozen=True)
class PublishOptions:
    """What a user can choose; the parameters of `publish` describe each option."""

    dry_run: bool = False
    supersede: bool = False
    jobs: int | None = None
    max_rate: float | None = None
    sha256: Path | None = None
    config: Path | None = None
    watched_folder: Path | None = None


@dataclass(frozen=True)
class PublishCallbacks:
    """What is called during a publication; the parameters of `publish` describe each callback."""

    on_progress: OnProgress = ignore_progress
    on_message: Callable[[str], None] = lambda text: None
    on_checked: Callable[[AssetReport], None] = lambda report: None
    confirm: Callable[[AssetReport, Destination], bool] = lambda report, destination: True
