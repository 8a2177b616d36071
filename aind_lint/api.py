"""The public API: `check` and `publish` do what the commands of the same names do, without a terminal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint._version import __version__
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing import OnProgress
from aind_lint.bucket.address import Connection, is_s3, open_store, refuse_inside_asset
from aind_lint.checking import Checker, Request, remembered
from aind_lint.config.file import read_file, settings_for
from aind_lint.config.settings import Settings
from aind_lint.engine.loader import load_rules
from aind_lint.engine.runner import judge_suppressions, run_rules
from aind_lint.engine.suppression import Ledger
from aind_lint.engine.world import World
from aind_lint.errors import AindLintError, NoAssetError, UsageError
from aind_lint.finding import ALREADY_PUBLISHED, AssetReport, Gate, Report
from aind_lint.loading import find_assets, load_candidate, refuse_no_asset

if TYPE_CHECKING:
    from aind_lint.bucket.store import Store
    from aind_lint.engine.rule import Profile
    from aind_lint.publication.plan import OnBytes, Plan
    from aind_lint.publication.receipt import Receipt

#: Packages whose version can change a verdict.
_JUDGES = ("aind-data-schema", "aind-data-schema-models", "biodata-schema", "pydantic")


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


def check(
    paths: Iterable[Path | str],
    *,
    bucket: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_rules: Sequence[Path] = (),
    profile: Profile | None = None,
    from_files: bool = False,
    fast: bool = False,
    fail_on: Gate | None = None,
    config: Path | None = None,
    connection: Connection = Connection(),
    on_listed: OnProgress | None = None,
    on_hashed: OnBytes | None = None,
) -> Report:
    """Check assets, folders of assets, single sidecars or prefixes in a bucket. Nothing is written.

    What is not said here is taken from the configuration that is found upwards from the paths.

    Args:
        paths: What to check: paths, or ``s3://`` addresses.
        bucket: A destination, ``s3://…`` or a folder; adds the rules that need one.
        select: Ids, names or families of the rules to report; all when empty.
        ignore: The same for rules to leave out, beside those of the configuration.
        extend_rules: Folders with more rule files, beside those of the configuration.
        profile: Which demands apply; chosen by what is checked when None.
        from_files: The paths are changed files; the assets that own them are checked.
        fast: Leave out the models of the schema packages, which take a second to load; what only they see is then
            reported as not checked.
        fail_on: The mildest finding that makes the exit code 1.
        config: The file of the configuration, in place of the one that is found.
        connection: How to reach S3.
        on_listed: Told how many files of the current asset have been listed.
        on_hashed: Told how many bytes of it have been read, to compare it with what the bucket holds.

    Raises:
        UsageError: A path does not exist or cannot be read, or an option or rule file is wrong.
        NoAssetError: No path leads to an asset, and the paths are not changed files.
    """
    started, named = _now(), [str(path) for path in paths]
    settings = (read_file(config) if config else settings_for(named)).with_options(
        select, ignore, [str(folder) for folder in extend_rules], bucket, fail_on
    )
    checker = Checker(Request(settings, profile, connection, started, fast), on_hashed)
    found = find_assets(named, from_files, connection, on_listed)
    ledger = Ledger(settings, checker.rules, started.date(), whole=not from_files and _is_whole(named, settings))
    if not found.loaders and found.without_asset:
        raise NoAssetError(found.without_asset[0])
    reports = [checker.check(load()) for load in found.loaders]
    for report in reports:
        ledger.apply(report, checker.reported(report.path, report.name or ""))
    return Report(
        sorted(reports, key=lambda report: report.path),
        found.ignored,
        package_versions(),
        started.isoformat(timespec="seconds"),
        settings.bucket,
        found.without_asset,
        ledger.file,
        judge_suppressions(ledger, checker.rules, checker.selection.everywhere),
        settings.fail_on,
    )


def publish(
    asset: Path | str,
    to: str,
    *,
    dry_run: bool = False,
    config: Path | None = None,
    connection: Connection = Connection(),
    on_listed: OnProgress | None = None,
    on_hashed: OnBytes | None = None,
    on_sent: OnBytes | None = None,
    confirm: Callable[[AssetReport, Plan], bool] = lambda report, plan: True,
) -> Receipt:
    """Check an asset with every rule and, only if all pass, publish it.

    No option skips a check or overwrites anything. A publication that was interrupted is finished by calling again.

    Args:
        asset: The asset's folder, or an upload manifest that says of what the asset is made.
        to: The destination: ``s3://bucket`` or a folder that behaves as a bucket.
        dry_run: Check and plan, and write nothing.
        config: The file of the configuration, in place of the one that is found upwards from the asset. Of it count
            the zone, more rules, the buckets that are not flat, and suppressions of what is no error.
        connection: How to reach S3.
        on_listed: Told how many files have been listed.
        on_hashed: Told how many bytes have been read for the plan.
        on_sent: Told how many bytes have been stored.
        confirm: Asked after all checks passed and before anything is written; False gives up.

    Returns:
        The receipt. Its state is "already published" when the destination holds the same content.

    Raises:
        RefusedError: A check failed or could not be made; ``error.report`` says which.
        ConflictError: The destination came to hold something else, or a file changed meanwhile.
        BucketError: The destination cannot be read or written.
        UsageError: The asset cannot be read, or the destination lies inside an asset.
    """
    from aind_lint.bucket.control import Claim
    from aind_lint.publication.plan import plan_publication, refuse_large_files
    from aind_lint.publication.protocol import Commit, commit_plan
    from aind_lint.publication.receipt import Receipt

    started = _now()
    path = Path(asset)
    refuse_no_asset(path)
    store = open_store(to, connection, new=True)
    refuse_inside_asset(to, path)
    candidate = load_candidate(path, on_listed)
    refuse_large_files(candidate)

    @cache
    def plan() -> Plan:
        return plan_publication(candidate, on_hashed)

    settings = read_file(config) if config else settings_for([str(asset)])
    report = check_candidate(candidate, settings, store, lambda: plan())
    if report.blockers:
        raise RefusedError(report)
    run_id = uuid.uuid4().hex
    tool = f"aind-lint {__version__}"
    manifest = plan().manifest
    if dry_run:
        commit = Commit(0, already=any(finding.rule == ALREADY_PUBLISHED for finding in report.findings))
    else:
        if not confirm(report, plan()):
            raise UsageError("nothing was published")
        claim = Claim(manifest.content_id, run_id, started.isoformat(timespec="seconds"), tool)
        commit = commit_plan(plan(), store, claim, lambda: load_candidate(path).listing.files, on_sent)
    return Receipt(
        asset=manifest.asset,
        destination=store.url,
        state="already published" if commit.already else "planned" if dry_run else "published",
        content_id=manifest.content_id,
        attempt=commit.attempt,
        files=len(manifest.entries),
        size=manifest.size,
        files_sent=commit.objects_sent,
        bytes_sent=commit.bytes_sent,
        run_id=run_id,
        started=started.isoformat(timespec="seconds"),
        finished=_now().isoformat(timespec="seconds"),
        tool=tool,
        packages=package_versions(),
        warnings=[f"{finding.rule} {finding.message}" for finding in report.findings],
        not_checked=[f"{item.rule} {item.because}" for item in report.not_checked],
    )


def check_candidate(asset: Asset, settings: Settings, store: Store, plan: Callable[[], Plan]) -> AssetReport:
    """What every rule says of an asset that is about to be published to ``store``."""
    from aind_lint.bucket.holding import find_holding

    rules = load_rules(Path(folder) for folder in settings.extend_rules)
    ledger = Ledger(settings, rules, _now().date(), errors=False)
    holding = remembered(lambda asset: find_holding(store, asset.listing.name, lambda: plan().manifest))
    world = World(store, holding, zone=settings.zone, not_flat_buckets=settings.not_flat_buckets)
    report = run_rules(asset, rules, world, "candidate")
    ledger.apply(report, {one.id for one in rules})
    return report


@cache
def package_versions() -> dict[str, str]:
    """Versions of the installed packages that take part in verdicts."""
    versions = {}
    for package in _JUDGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _is_whole(paths: Sequence[str], settings: Settings) -> bool:
    """Whether the paths take in everything that the configuration is for."""
    folder = settings.folder.resolve()
    return any(not is_s3(path) and Path(path).resolve() in (folder, *folder.parents) for path in paths)
