"""`check`: finds the assets, checks them or takes their results from the cache, and returns a report.

Modules that are slow to import are imported only when an asset has to be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.checking.caching_checker import CachingChecker
from aind_lint.app.checking.check_options import CheckCallbacks, CheckOptions, CheckParameters
from aind_lint.app.checking.check_targets import CheckTarget, CheckTargets, find_targets
from aind_lint.asset.listing.folder_scan import OnListed
from aind_lint.bucket.address import Connection, is_s3, refuse_unused
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.config.settings import Settings
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rule_index import load_rule_index
from aind_lint.engine.selection import RuleIdentity
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import NoAssetError, UnfinishedAssetError
from aind_lint.finding import AssetReport, FailOn, Report
from aind_lint.system.paths import cache_folder

if TYPE_CHECKING:
    from aind_lint.engine.baseline import Baseline
    from aind_lint.engine.rules.rule import Profile, PublicArchive
    from aind_lint.formats.read_budget import Contents
    from aind_lint.publication.progress import OnBytes


def check(
    paths: Iterable[Path | str],
    *,
    bucket: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_rules: Sequence[Path] = (),
    profile: Profile | None = None,
    from_files: bool = False,
    allow_empty: bool = False,
    fast: bool = False,
    contents: Contents = "sample",
    for_archive: PublicArchive | None = None,
    fail_on: FailOn | None = None,
    config: Path | None = None,
    baseline: Path | None = None,
    jobs: int = 1,
    cache: bool = True,
    connection: Connection = Connection(),
    on_listed: OnListed | None = None,
    on_hashed: OnBytes | None = None,
    on_checked: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Check assets, folders of assets, single sidecars, upload manifests or prefixes in a bucket. Nothing is written.

    Defaults come from the configuration file, which is searched upwards from the paths.

    Args:
        paths: What to check: paths, or ``s3://`` addresses.
        bucket: A destination, ``s3://…`` or a folder; adds the rules that need a destination.
        select: Ids, names or families of the rules to report; empty for all.
        ignore: Ids, names or families of rules to leave out, in addition to the configuration.
        extend_rules: Folders with additional rule files, in addition to the configuration.
        profile: Which requirements apply; None chooses one for each asset. With ``benchmark``, the paths are the
            benchmark bucket or a copy of it, and each recording is checked by itself.
        from_files: The paths are changed files; check the assets they belong to.
        allow_empty: Folders without any asset give an empty report, not an error.
        fast: Skip the models of the schema packages, which take a second to load. Rules that need them are reported as
            not checked, and nothing is read inside data files.
        contents: How much is read inside data files: ``none``, ``sample`` (some chunks of each array, at most 64 MB an
            asset) or ``all``.
        for_archive: A public archive, ``dandi`` or ``bil``, whose demands are checked as well.
        fail_on: Lowest severity that fails the check, with exit code 1.
        config: Configuration file; by default it is searched.
        baseline: Baseline file, instead of the configured one.
        jobs: Number of processes that check assets in parallel. On Windows and macOS, and in a program with threads,
            every process imports the main module, so it must be importable.
        cache: Take the results of unchanged assets from the user's cache.
        connection: Connection to S3.
        on_listed: Called with the number of files of the current asset listed so far.
        on_hashed: Called with the number of its bytes read so far, for the comparison with the bucket.
        on_checked: Called with the number of assets that are done, and that of all, first with 0.

    Raises:
        UsageError: A path does not exist or cannot be read, or an option or rule file is invalid.
        NoAssetError: No path contains an asset, and neither ``from_files`` nor ``allow_empty`` is set.
    """
    named = [str(path) for path in paths]
    settings = (read_settings(config) if config else find_settings(named)).with_options(
        select, ignore, [str(folder) for folder in extend_rules], bucket, fail_on, str(baseline) if baseline else None
    )
    options = CheckOptions(profile, from_files, allow_empty, fast, contents, for_archive, jobs, cache, connection)
    return check_paths(named, settings, options, CheckCallbacks(on_listed, on_hashed, on_checked))


def check_paths(
    paths: Sequence[str],
    settings: Settings,
    options: CheckOptions = CheckOptions(),
    callbacks: CheckCallbacks = CheckCallbacks(),
    baseline: Baseline | None = None,
) -> Report:
    """Like `check`, with settings that are complete, and optionally a baseline that is loaded already."""
    if settings.bucket is not None:
        refuse_unused(options.connection, settings.bucket, *paths)
    now = datetime.now(timezone.utc)
    if baseline is None and settings.baseline:
        from aind_lint.engine.baseline import Baseline

        baseline = Baseline.read(Path(settings.baseline))
    checker = CachingChecker(CheckParameters(settings, options, now), callbacks)
    find = find_targets
    if options.profile == "benchmark":
        from aind_lint.app.checking.benchmark_targets import find_recording_targets as find  # rarely needed
    found = find(list(paths), options.from_files, options.connection)
    if not found.targets and found.without_asset:
        if not options.allow_empty or not all(Path(path).is_dir() for path in paths):
            raise NoAssetError(found.without_asset[0])
        found.without_asset.clear()
    rules = checker.index.entries
    tracker = SuppressionTracker(
        settings, rules, now.date(), complete_run=not options.from_files and _covers_configuration(paths, settings)
    )
    reports = sorted(_reports(checker, found, options.jobs, callbacks.on_checked), key=lambda report: report.path)
    suppressions = SuppressionSet(tracker, baseline)
    suppressions.apply(reports, rules, lambda report: checker.selection.rules_for(report.path, report.name or ""))
    for report in reports:
        report.findings = group_by_cause(report.findings)
    return Report(
        reports,
        found.ignored,
        checker.index.packages,
        now.isoformat(timespec="seconds"),
        settings.bucket,
        found.without_asset,
        tracker.file,
        checker.configuration_findings(suppressions),
        settings.fail_on,
        sorted(found.ignored_names),
    )


def rules_of(settings: Settings) -> Sequence[RuleIdentity]:
    """The ids, names and families of the rules that the settings load."""
    return load_rule_index((Path(rules) for rules in settings.extend_rules), cache_folder()).entries


def _reports(
    checker: CachingChecker, found: CheckTargets, jobs: int, on_checked: Callable[[int, int], None]
) -> list[AssetReport]:
    """The reports of the assets, in order. What turns out to be no asset is noted in ``found``."""
    targets = found.targets
    on_checked(0, len(targets))
    results: list[AssetReport | NoAssetError]
    if jobs == 1:
        results = []
        for target in targets:
            results.append(_check(checker, target))
            on_checked(len(results), len(targets))
    else:
        cached = [checker.find(target) for target in targets]
        remaining = [target for target, report in zip(targets, cached, strict=True) if report is None]
        if len(remaining) > 1:
            from aind_lint.app.checking.parallel_check import check_parallel

            in_cache = len(targets) - len(remaining)
            checked = iter(
                check_parallel(checker, remaining, jobs, lambda done: on_checked(in_cache + done, len(targets)))
            )
        else:
            checked = iter([_check(checker, target) for target in remaining])
        results = [next(checked) if report is None else report for report in cached]
    errors = [result for result in results if isinstance(result, NoAssetError)]
    if errors and len(errors) == len(results):
        raise errors[0]
    for error in errors:
        if isinstance(error, UnfinishedAssetError):
            found.ignored += 1
            found.ignored_names.append(str(error))
        else:
            found.without_asset.append(str(error))
    return [result for result in results if isinstance(result, AssetReport)]


def _check(checker: CachingChecker, target: CheckTarget) -> AssetReport | NoAssetError:
    try:
        return checker.check(target)
    except NoAssetError as error:
        return error


def _covers_configuration(paths: Sequence[str], settings: Settings) -> bool:
    """Whether the paths include everything to which the configuration applies."""
    folder = settings.folder.resolve()
    return any(not is_s3(path) and Path(path).resolve() in (folder, *folder.parents) for path in paths)
