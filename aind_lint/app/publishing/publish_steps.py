"""The publication of one asset: check, confirm, plan, claim, send, verify, commit, receipt.

`Publication.run` shows the steps. Claim, send, verify and commit are the methods of `publication.attempt.Attempt`;
`Attempt.claim` makes the claim's request, which is the first write.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event

from aind_lint._version import __version__
from aind_lint.app.checking.check_targets import Admit, load_asset
from aind_lint.app.publishing.model_preload import load_models, submit_sidecars
from aind_lint.app.publishing.publish_options import Destination, PublishCallbacks, PublishOptions, RefusedError
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.file_table import file_rows
from aind_lint.asset.listing.listing import FileStat
from aind_lint.asset.upload.source_roots import refuse_outside
from aind_lint.bucket.address import Connection, absolute_address, bucket_of
from aind_lint.bucket.body import part_size
from aind_lint.bucket.control_objects import Claim
from aind_lint.bucket.destination.destination_state import (
    DestinationStatus,
    find_destination_state,
    find_replaceable_state,
)
from aind_lint.bucket.open_store import open_store, refuse_inside_asset
from aind_lint.bucket.store import Store
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.config.settings import Settings
from aind_lint.config.vocabulary import AddedVocabulary
from aind_lint.engine.environment import package_versions
from aind_lint.errors import AindLintError, DeclinedError, UsageError
from aind_lint.finding import AssetReport, Severity
from aind_lint.publication.attempt import Commit, Inspection
from aind_lint.publication.journal import Journal
from aind_lint.publication.plan import Plan, plan_publication, refuse_large_files
from aind_lint.publication.progress import Progress
from aind_lint.publication.protocol import ProtocolOptions, commit_plan, inspect
from aind_lint.publication.receipt import Receipt
from aind_lint.publication.settle import wait_until_settled
from aind_lint.publication.sha256_file import write_digests
from aind_lint.publication.step_log import Step, log_detail, log_messages, log_progress, log_step
from aind_lint.publication.upload.transfer import TransferOptions
from aind_lint.schema.models.model_process import ModelProcess
from aind_lint.schema.models.model_source import LOCAL_MODELS
from aind_lint.system.concurrency_limits import MAX_REQUESTS, MIN_OBJECTS_FOR_WORKERS, limit_by_open_files
from aind_lint.system.paths import state_folder
from aind_lint.system.stopwatch import Stopwatch
from aind_lint.system.thread_pool import BackgroundCall
from aind_lint.text.quantities import format_bytes

#: Assets of up to so many bytes are read while the models load: 5,000 files of 16 KB take 0.3 s. Larger ones are read
#: after the checks, so that a failed check is reported without reading for hours.
_MAX_EARLY_PLAN = 2**28


def open_publication(
    source: Path,
    to: str,
    connection: Connection,
    options: PublishOptions,
    callbacks: PublishCallbacks,
    models: ModelProcess | None,
) -> Publication:
    """List the asset and open the destination.

    Raises:
        NoAssetError: The folder is empty, or it is a folder of assets.
        UsageError: The asset cannot be read, or the destination is invalid or inside an asset.
    """
    stopwatch = Stopwatch()
    callbacks = replace(
        callbacks,
        on_progress=log_progress(callbacks.on_progress, source.name),
        on_message=log_messages(callbacks.on_message, source.name),
    )
    with stopwatch.phase("check"):
        if models is not None:
            load_models(source, models)
        settings = read_settings(options.config) if options.config else find_settings([str(source)])
        store = open_store(to, connection, new=True, on_retry=callbacks.on_message)
        refuse_inside_asset(to, source)
        if options.sha256 is not None and source.resolve() in options.sha256.resolve().parents:
            raise UsageError(
                f"{options.sha256} is inside the asset and would become part of it; choose another path for --sha256"
            )
        admit = _admit(options.watched_folder, settings)
        asset = load_asset(source, lambda files: callbacks.on_progress(Progress("listing", files)), admit)
        refuse_large_files(asset)
        vocabulary = _vocabulary_for(settings, to, connection, callbacks)
        if vocabulary:
            asset = asset.with_vocabulary(vocabulary.extend())
        if models is not None:
            submit_sidecars(asset, models, settings.zone)
    return Publication(source, asset, store, settings, vocabulary, options, callbacks, stopwatch, models)


class Publication:
    """The publication of one asset; `run` shows its steps."""

    def __init__(
        self,
        source: Path,
        asset: Asset,
        store: Store,
        settings: Settings,
        vocabulary: AddedVocabulary | None,
        options: PublishOptions,
        callbacks: PublishCallbacks,
        stopwatch: Stopwatch,
        models: ModelProcess | None,
    ) -> None:
        """Begin nothing yet.

        Args:
            source: Where the asset is listed from.
            asset: The asset.
            store: The destination.
            settings: The configuration.
            vocabulary: The words of the configuration, if they count at the destination.
            options: What the user chose.
            callbacks: What is called.
            stopwatch: Measures the phases for the receipt.
            models: The process with the models of the schema packages; None to load them in this process.
        """
        self._source = source
        self._asset = asset
        self._name = asset.listing.name
        self._store = store
        self._destination = absolute_address(store.url)
        self._settings = settings
        self._vocabulary = vocabulary
        self._options = options
        self._callbacks = callbacks
        self._stopwatch = stopwatch
        self._models = models
        self._find_state = find_replaceable_state if options.supersede else find_destination_state
        self._run_id = uuid.uuid4().hex
        self._started = _now()
        self._tool = f"aind-lint {__version__}"
        self._planned: Plan | None = None
        self._inspected: Inspection | None = None
        self._workers = 0
        self._early_plan: BackgroundCall[Plan] | None = None
        self._stopping = Event()

    def run(self) -> Receipt:
        """Run the steps; each raises to stop the publication, and nothing is written before the claim."""
        self._log_start()
        try:
            return self._run()
        finally:
            self._stopping.set()
            self._store.stop_workers()

    def _run(self) -> Receipt:
        with self._stopwatch.phase("check"), log_step(Step.CHECK, self._name):
            report = self._check()
        if not self._options.dry_run:
            with log_step(Step.CONFIRM, self._name):
                self._confirm(report)
        plan = self._plan()
        # Only now: a name or key that is not UTF-8 has no content id, and the checks refuse it.
        log_detail(self._name, "content %s, %d write requests", plan.manifest.content_id, plan.requests)
        digests = self._write_digests(plan)
        with self._stopwatch.phase("publish"):
            self._wait_until_settled()
            commit = self._preview() if self._options.dry_run else self._claim_send_verify_commit(plan)
        with log_step(Step.RECEIPT, self._name):
            return self._receipt(report, plan, digests, commit)

    def _log_start(self) -> None:
        files, size = len(self._asset.listing.files), self._asset.listing.size
        about = (self._tool, self._run_id, f"{files:,}", format_bytes(size), self._source, self._destination)
        log_detail(self._name, "%s, run %s: %s files, %s, from %s to %s", *about)
        log_detail(self._name, "options: %s", self._options)

    def _check(self) -> AssetReport:
        """Run every rule, including those that read the destination."""
        # Pydantic and the rules take 0.3 s to load, which is a part of the check's time.
        from aind_lint.app.checking.asset_checker import check_candidate

        if self._models is not None and self._asset.listing.size <= _MAX_EARLY_PLAN:
            self._early_plan = BackgroundCall(partial(self._read_files, self._stopping))
            self._start_workers()  # here, because this process waits for the models now
        models = self._models or LOCAL_MODELS
        report = check_candidate(self._asset, self._settings, self._store, lambda name: self._inspect().state, models)
        if self._models is not None:
            self._models.close()  # its memory is free before anything is sent
        counts = ", ".join(f"{report.count(severity)} {severity.value}" for severity in Severity)
        log_detail(self._name, "%d rules: %s, %d not checked", report.rules_run, counts, len(report.not_checked))
        if report.blockers:
            raise RefusedError(report)
        self._callbacks.on_checked(report)
        return report

    def _plan(self) -> Plan:
        """Read every file once; a rule may need the plan before all checks are done."""
        if self._planned is None:
            with self._stopwatch.phase("plan"), log_step(Step.PLAN, self._name):
                if self._early_plan is not None:
                    with suppress(AindLintError):  # it is reported below, after the checks, if it still is so
                        self._planned = self._early_plan.result()
                self._planned = self._planned or self._read_files()
        return self._planned

    def _read_files(self, stopping: Event | None = None) -> Plan:
        sha256 = self._options.sha256 is not None
        return plan_publication(self._asset, self._callbacks.on_progress, sha256, stopping)

    def _start_workers(self) -> None:
        """Start processes that help to send, if there is enough to send; they send nothing before the claim."""
        listing, options = self._asset.listing, self._options
        if self._workers or options.dry_run or options.max_rate is not None or listing.root is None:
            return
        small = (size for _, size, _ in file_rows(listing.files) if size <= part_size(size))
        if sum(1 for _ in islice(small, MIN_OBJECTS_FOR_WORKERS)) == MIN_OBJECTS_FOR_WORKERS:
            requests = limit_by_open_files(options.jobs or MAX_REQUESTS, files=1)
            self._workers = self._store.start_workers(listing.root, self._name, requests)

    def _write_digests(self, plan: Plan) -> str | None:
        return write_digests(plan, self._options.sha256) if self._options.sha256 is not None else None

    def _wait_until_settled(self) -> None:
        wait_until_settled(self._asset.listing.files, self._callbacks.on_message)

    def _preview(self) -> Commit:
        """What a dry run finds: nothing is written."""
        state = self._inspect().state
        published = state.status is DestinationStatus.SAME
        return Commit(state.attempt if published else 0, already_published=published)

    def _confirm(self, report: AssetReport) -> None:
        """Ask the user, who then need not wait until a large asset has been read."""
        if not self._callbacks.confirm(report, Destination(self._destination, self._is_public)):
            raise DeclinedError("nothing was published")

    def _is_public(self) -> bool | None:
        return bucket_of(self._destination) in self._settings.public_buckets or self._store.is_public

    def _claim_send_verify_commit(self, plan: Plan) -> Commit:
        """Run the protocol: `Attempt.claim`, `Attempt.send`, `Attempt.verify`, `Attempt.commit`."""
        self._start_workers()
        claim = Claim(plan.manifest.content_id, self._run_id, self._started.isoformat(timespec="seconds"), self._tool)
        transfer = TransferOptions(
            self._options.jobs,
            self._options.max_rate,
            self._journal(),
            self._callbacks.on_progress,
        )
        options = ProtocolOptions(self._find_state, transfer)
        return commit_plan(plan, self._store, claim, self._list_files, options, self._inspect())

    def _inspect(self) -> Inspection:
        """What the destination holds, read once."""
        if self._inspected is None:
            self._inspected = inspect(self._find_state, self._store, self._name, lambda: self._plan().manifest)
            state = self._inspected.state
            log_detail(self._name, "the destination is %s, attempt %d", state.status.value, state.attempt)
        return self._inspected

    def _list_files(self) -> Mapping[str, FileStat]:
        return load_asset(self._source, None, _admit(self._options.watched_folder, self._settings)).listing.files

    def _journal(self) -> Journal | None:
        folder = state_folder().absolute() / "journals"
        if self._source.resolve() in folder.resolve().parents:
            return None  # the journal would be a new file of the asset
        return Journal(folder, self._destination, self._callbacks.on_message)

    def _receipt(self, report: AssetReport, plan: Plan, digests: str | None, commit: Commit) -> Receipt:
        manifest = plan.manifest
        return Receipt(
            asset=manifest.asset,
            destination=self._destination,
            state="already published"
            if commit.already_published
            else "planned"
            if self._options.dry_run
            else "published",
            content_id=manifest.content_id,
            attempt=commit.attempt,
            files=len(manifest),
            size=manifest.size,
            requests=plan.requests,
            files_sent=commit.objects_sent,
            bytes_sent=commit.bytes_sent,
            workers=self._workers,
            proof=self._store.proof if commit.objects_sent else None,
            sha256=digests,
            run_id=self._run_id,
            started=self._started.isoformat(timespec="seconds"),
            finished=_now().isoformat(timespec="seconds"),
            tool=self._tool,
            seconds=self._stopwatch.seconds(),
            checks={
                "rules_run": report.rules_run,
                "warnings": report.count(Severity.WARNING),
                "infos": report.count(Severity.INFO),
                "not_checked": len(report.not_checked),
            },
            packages=package_versions(),
            vocabulary=None if self._vocabulary is None else self._vocabulary._asdict(),
            warnings=[f"{finding.rule} {finding.message}" for finding in report.findings],
            not_checked=[f"{item.rule} {item.reason}" for item in report.not_checked],
        )


def _admit(watched: Path | None, settings: Settings) -> Admit | None:
    """What refuses a manifest with sources outside of a watched folder."""
    if watched is None:
        return None
    return lambda manifest: refuse_outside(manifest, watched, settings.data_roots)


def _vocabulary_for(
    settings: Settings, to: str, connection: Connection, callbacks: PublishCallbacks
) -> AddedVocabulary | None:
    """The words of the configuration, if they count at the destination."""
    vocabulary = settings.vocabulary
    if vocabulary is None or not vocabulary.words:
        return None
    if vocabulary.applies_to(to, connection):
        return vocabulary
    buckets = " or ".join(vocabulary.buckets) or "no bucket"
    callbacks.on_message(f"[vocabulary] of the configuration applies to {buckets}, not to {to}")
    return None


def _now() -> datetime:
    return datetime.now(timezone.utc)
