"""`publish` does what the command of this name does, without a terminal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint._version import __version__
from aind_lint.app.targets import load_candidate, refuse_no_asset
from aind_lint.bucket.address import Connection, absolute_address
from aind_lint.bucket.open_store import open_store, refuse_inside_asset
from aind_lint.engine.environment import package_versions
from aind_lint.errors import AindLintError, DeclinedError, UsageError
from aind_lint.finding import AssetReport, Severity
from aind_lint.system.stopwatch import Stopwatch

if TYPE_CHECKING:
    from aind_lint.publication.plan import Plan
    from aind_lint.publication.progress import OnProgress as OnPublishing
    from aind_lint.publication.protocol import Seen
    from aind_lint.publication.receipt import Receipt


__all__ = ["RefusedError", "publish"]


class RefusedError(AindLintError):
    """The asset was not published, because a check failed or could not be made.

    Attributes:
        report: What the checks said.
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


def publish(
    asset: Path | str,
    to: str,
    *,
    dry_run: bool = False,
    supersede: bool = False,
    jobs: int | None = None,
    max_rate: float | None = None,
    sha256: Path | None = None,
    config: Path | None = None,
    connection: Connection = Connection(),
    on_progress: OnPublishing | None = None,
    tell: Callable[[str], None] = lambda text: None,
    on_checked: Callable[[AssetReport], None] = lambda report: None,
    confirm: Callable[[AssetReport, Plan], bool] = lambda report, plan: True,
) -> Receipt:
    """Check an asset with every rule and, only if all pass, publish it.

    No option skips a check or overwrites anything. A publication that was interrupted is finished by calling again.

    Args:
        asset: The asset's folder, or an upload manifest that says of what the asset is made.
        to: The destination: ``s3://bucket`` or a folder that behaves as a bucket; a new folder is written ``./name``.
        dry_run: Check and plan, and write nothing.
        supersede: Take the place of an unfinished publication with other content, if all that it has stored is a part
            of this content too.
        jobs: The most requests under way at once; None lets it grow with the distance of the destination.
        max_rate: The most bytes per second; None is no limit.
        sha256: A file for the SHA-256 of every file, as ``sha256sum`` writes them; a CRC does not resist a forger.
        config: The file of the configuration, in place of the one that is found upwards from the asset. Of it count
            the zone, more rules, the buckets that are not flat, and suppressions of what is no error.
        connection: How to reach S3.
        on_progress: Told how far the publication is.
        tell: Told, in a line for a person, what is being waited for or tried again.
        on_checked: Told what the checks said, when all have passed.
        confirm: Asked after all checks passed and before anything is written; False gives up.

    Returns:
        The receipt. Its state is "already published" when the destination holds the same content.

    Raises:
        RefusedError: A check failed or could not be made; ``error.report`` says which.
        ConflictError: The destination came to hold something else, or a file changed meanwhile.
        BucketError: The destination cannot be read or written.
        NoAssetError: The folder is empty, or is no asset but holds some.
        DeclinedError: ``confirm`` said no; it is a `UsageError`.
        UsageError: The asset cannot be read, or the destination is none, or lies inside an asset.
    """
    from aind_lint.bucket.control_objects import Claim
    from aind_lint.bucket.destination_state import find_destination_state, find_replaceable
    from aind_lint.publication.journal import Journal
    from aind_lint.publication.plan import plan_publication, refuse_large_files
    from aind_lint.publication.progress import Progress, ignore_progress
    from aind_lint.publication.protocol import Commit, PublishOptions, commit_plan
    from aind_lint.publication.receipt import Receipt
    from aind_lint.publication.settle import wait_until_settled
    from aind_lint.publication.sha256_file import write_digests
    from aind_lint.publication.upload.prefetch import ChecksumPrefetch
    from aind_lint.publication.upload.transfer import JOBS, TransferOptions, read_clocks
    from aind_lint.publication.upload.worker_pool import JOBS as CREW_JOBS
    from aind_lint.publication.upload.worker_pool import WorkerPool, start_pool
    from aind_lint.system.paths import state_folder

    started, clock = _now(), Stopwatch()
    heard = on_progress or ignore_progress
    path = Path(asset)
    look = find_replaceable if supersede else find_destination_state
    crew: WorkerPool | None = None
    ahead: ChecksumPrefetch | None = None

    @cache
    def plan() -> Plan:
        with clock.running("plan"):
            return plan_publication(candidate, heard, sha256 is not None, ahead)

    @cache
    def seen(name: str) -> Seen:
        return read_clocks(), look(store, name, lambda: plan().manifest)

    with ExitStack() as staff:
        with clock.running("check"):
            # Configuration and rule engine: only checks need them.
            from aind_lint.app.asset_checker import check_candidate
            from aind_lint.config.file import read_file, settings_for

            refuse_no_asset(path)
            store = open_store(to, connection, new=True, tell=tell)
            destination = absolute_address(store.url)
            refuse_inside_asset(to, path)
            if sha256 is not None and path.resolve() in sha256.resolve().parents:
                raise UsageError(f"{sha256} lies inside the asset, of which it would become a part; name another place")
            candidate = load_candidate(path, lambda files: heard(Progress("listing", files)))
            refuse_large_files(candidate)
            # The other half of the requests that somebody allows is for what the crew could not do.
            if max_rate is None and (crew := start_pool(candidate.listing, jobs // 2 if jobs else CREW_JOBS)):
                staff.enter_context(crew)
                ahead = ChecksumPrefetch(crew, candidate) if sha256 is None else None
            settings = read_file(config) if config else settings_for([str(asset)])
            report = check_candidate(candidate, settings, store, lambda name: seen(name)[1])
        if report.blockers:
            raise RefusedError(report)
        on_checked(report)
        run_id = uuid.uuid4().hex
        tool = f"aind-lint {__version__}"
        manifest = plan().manifest
        digests = write_digests(plan(), sha256) if sha256 is not None else None
        with clock.running("publish"):
            wait_until_settled(candidate.listing.files, tell)
            if dry_run:
                _, held = seen(manifest.asset)
                commit = Commit(held.attempt, already=True) if held.state == "same" else Commit(0, already=False)
            else:
                with clock.stopped():
                    if not confirm(report, plan()):
                        raise DeclinedError("nothing was published")
                claim = Claim(manifest.content_id, run_id, started.isoformat(timespec="seconds"), tool)
                journals = state_folder().absolute() / "journals"
                # A file that appears in the asset would be one of it.
                journal = None if path.resolve() in journals.resolve().parents else Journal(journals, destination, tell)
                manner = PublishOptions(look, TransferOptions(jobs or JOBS, max_rate, journal, heard, crew))
                commit = commit_plan(
                    plan(), store, claim, lambda: load_candidate(path).listing.files, manner, seen(manifest.asset)
                )
    return Receipt(
        asset=manifest.asset,
        destination=destination,
        state="already published" if commit.already else "planned" if dry_run else "published",
        content_id=manifest.content_id,
        attempt=commit.attempt,
        files=len(manifest),
        size=manifest.size,
        requests=plan().requests,
        files_sent=commit.objects_sent,
        bytes_sent=commit.bytes_sent,
        proof=store.proof if commit.objects_sent else None,
        sha256=digests,
        run_id=run_id,
        started=started.isoformat(timespec="seconds"),
        finished=_now().isoformat(timespec="seconds"),
        tool=tool,
        seconds=clock.seconds(),
        checks={
            "rules_run": report.rules_run,
            "warnings": report.count(Severity.WARNING),
            "infos": report.count(Severity.INFO),
            "not_checked": len(report.not_checked),
        },
        packages=package_versions(),
        warnings=[f"{finding.rule} {finding.message}" for finding in report.findings],
        not_checked=[f"{item.rule} {item.because}" for item in report.not_checked],
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
