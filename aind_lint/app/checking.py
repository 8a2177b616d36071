"""`check`: what a user names is found, judged or looked up among what was judged before, and reported.

What takes long to import is imported only when an asset has to be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.caching_checker import CachingChecker
from aind_lint.app.check_request import CheckRequest
from aind_lint.app.targets import Candidate, find_assets
from aind_lint.asset.listing.listing import OnProgress
from aind_lint.bucket.address import Connection, is_s3, refuse_unused
from aind_lint.config.file import find_settings, read_settings
from aind_lint.config.settings import Settings
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.rule_index import load_rule_index
from aind_lint.engine.selection import RuleIdentity
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import NoAssetError
from aind_lint.finding import AssetReport, Gate, Report
from aind_lint.system.paths import cache_folder

if TYPE_CHECKING:
    from aind_lint.engine.rules.rule import Profile
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
    fail_on: Gate | None = None,
    config: Path | None = None,
    baseline: Path | None = None,
    jobs: int = 1,
    cache: bool = True,
    connection: Connection = Connection(),
    on_listed: OnProgress | None = None,
    on_hashed: OnBytes | None = None,
) -> Report:
    """Check assets, folders of assets, single sidecars, upload manifests or prefixes in a bucket; nothing is written.

    What is not said here is taken from the configuration that is found upwards from the paths.

    Args:
        paths: What to check: paths, or ``s3://`` addresses.
        bucket: A destination, ``s3://…`` or a folder; adds the rules that need one.
        select: Ids, names or families of the rules to report; all when empty.
        ignore: The same for rules to leave out, beside those of the configuration.
        extend_rules: Folders with more rule files, beside those of the configuration.
        profile: Which demands apply; chosen by what is checked when None.
        from_files: The paths are changed files; the assets that own them are checked.
        allow_empty: Folders that hold no asset at all give an empty report.
        fast: Leave out the models of the schema packages, which take a second to load; what only they see is then
            reported as not checked.
        fail_on: The mildest finding that makes the exit code 1.
        config: The file of the configuration, in place of the one that is found.
        baseline: A file with the findings that were there before, in place of the configured one.
        jobs: How many processes check at the same time, when there are many assets. On Windows and macOS, and in a
            program with threads, each imports the main module: there that has to be one that can be imported.
        cache: Whether the reports of assets that have not changed since are taken from the user's cache.
        connection: How to reach S3.
        on_listed: Told how many files of the current asset have been listed.
        on_hashed: Told how many bytes of it have been read, to compare it with what the bucket holds.

    Raises:
        UsageError: A path does not exist or cannot be read, or an option or rule file is wrong.
        NoAssetError: No path leads to an asset, and neither are they changed files nor may they be empty.
    """
    named = [str(path) for path in paths]
    settings = (read_settings(config) if config else find_settings(named)).with_options(
        select, ignore, [str(folder) for folder in extend_rules], bucket, fail_on, str(baseline) if baseline else None
    )
    return check_paths(
        named,
        settings,
        profile=profile,
        from_files=from_files,
        allow_empty=allow_empty,
        fast=fast,
        jobs=jobs,
        cache=cache,
        connection=connection,
        on_listed=on_listed,
        on_hashed=on_hashed,
    )


def check_paths(
    named: Sequence[str],
    settings: Settings,
    *,
    baseline: Baseline | None = None,
    profile: Profile | None = None,
    from_files: bool = False,
    allow_empty: bool = False,
    fast: bool = False,
    jobs: int = 1,
    cache: bool = True,
    connection: Connection = Connection(),
    on_listed: OnProgress | None = None,
    on_hashed: OnBytes | None = None,
) -> Report:
    """As `check`, with settings that are made already, and a baseline if it has been read."""
    if settings.bucket is not None:
        refuse_unused(connection, settings.bucket, *named)
    now = datetime.now(timezone.utc)
    if baseline is None and settings.baseline:
        baseline = Baseline.read(Path(settings.baseline))
    checker = CachingChecker(CheckRequest(settings, profile, connection, now, fast, cache), on_listed, on_hashed)
    found = find_assets(list(named), from_files, connection)
    if not found.candidates and found.without_asset:
        if not allow_empty or not all(Path(path).is_dir() for path in named):
            raise NoAssetError(found.without_asset[0])
        found.without_asset.clear()
    rules = checker.index.entries
    ledger = SuppressionTracker(settings, rules, now.date(), complete_run=not from_files and _is_whole(named, settings))
    reports = sorted(_reports(checker, found.candidates, jobs), key=lambda report: report.path)
    silencing = SuppressionSet(ledger, baseline)
    silencing.apply(reports, rules, lambda report: checker.selection.rules_for(report.path, report.name or ""))
    return Report(
        reports,
        found.ignored,
        checker.index.packages,
        now.isoformat(timespec="seconds"),
        settings.bucket,
        found.without_asset,
        ledger.file,
        checker.silencing_findings(silencing),
        settings.fail_on,
    )


def rules_of(settings: Settings) -> Sequence[RuleIdentity]:
    """The rules that settings lead to, as far as they can be named."""
    return load_rule_index((Path(rules) for rules in settings.extend_rules), cache_folder()).entries


def _reports(checker: CachingChecker, candidates: list[Candidate], jobs: int) -> list[AssetReport]:
    """A report for every candidate, in their order."""
    if jobs == 1:
        return [checker.check(candidate) for candidate in candidates]
    reports = [checker.find(candidate) for candidate in candidates]
    rest = [candidate for candidate, report in zip(candidates, reports, strict=True) if report is None]
    if len(rest) > 1:
        from aind_lint.app.parallel import check_parallel

        made = iter(check_parallel(checker, rest, jobs))
    else:
        made = map(checker.check, rest)
    return [next(made) if report is None else report for report in reports]


def _is_whole(paths: Sequence[str], settings: Settings) -> bool:
    """Whether the paths take in everything that the configuration is for."""
    folder = settings.folder.resolve()
    return any(not is_s3(path) and Path(path).resolve() in (folder, *folder.parents) for path in paths)
