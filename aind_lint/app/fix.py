"""`fix`: plans the mechanical fixes of an asset, makes them, and undoes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from aind_lint.app.checking.check_targets import list_sidecar
from aind_lint.app.fix_targets import FixTarget
from aind_lint.asset.asset import Asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.listing.listing import Listing
from aind_lint.bucket.address import Connection, is_s3
from aind_lint.bucket.control_objects import DATA_DESCRIPTION
from aind_lint.bucket.open_store import open_store
from aind_lint.config.config_file import find_settings, read_settings
from aind_lint.config.settings import Settings
from aind_lint.engine.rule_runner import RuleRunner, choose_profile
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_loader import load_rules
from aind_lint.engine.selection import Selection, rules_matching
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.errors import UsageError, os_error_reason
from aind_lint.finding import Finding
from aind_lint.fix.encodings import require_encoding
from aind_lint.fix.executor import ChangedError, apply_fix, find_root, require_original, undo_fix
from aind_lint.fix.fix_record import FOLDER, FixRecord, FixState, create_record, locked, records_of
from aind_lint.fix.plan import THIS_FOLDER
from aind_lint.fix.plan_limits import require_own_changes
from aind_lint.fix.planner import PlannedFix, plan_fix
from aind_lint.fix.published import reason_not_to_fix, receipt_of, refusal_by_receipt, refusal_of_published
from aind_lint.system.paths import state_folder


@dataclass(frozen=True)
class FixOptions:
    """What a user can choose.

    Attributes:
        select: Ids, names or families of the rules to fix; empty for all.
        encoding: The encoding of sidecars whose encoding nothing proves.
        bucket: The destination where the asset must not be published yet.
        config: The configuration file; None searches it upwards from the asset.
        connection: How to reach S3.
    """

    select: tuple[str, ...] = ()
    encoding: str | None = None
    bucket: str | None = None
    config: Path | None = None
    connection: Connection = Connection()


class AssetFix:
    """The fix of one asset, or of one sidecar.

    The record of a fix is beside the asset, and beside a sidecar that is outside any asset.

    Attributes:
        folder: The folder of the asset, or the folder that contains the sidecar.
        options: What the user chose.
    """

    def __init__(self, target: FixTarget, options: FixOptions) -> None:
        """Find the records of former fixes. The asset need not exist under this name if a fix has renamed it.

        Raises:
            UsageError: An option is invalid, or a record cannot be read.
        """
        self.folder = target.folder
        self.options = options
        self._target = target
        self._parent = target.folder if target.is_outside else target.folder.parent
        self._name = THIS_FOLDER if target.is_outside else target.folder.name
        self._encoding = require_encoding(options.encoding) if options.encoding else None
        self._records = records_of(self._parent, self._name)
        self._states = _states(self._records)

    @property
    def unfinished(self) -> FixRecord | None:
        """The fix of this asset that was interrupted; None if there is none."""
        return next((record for record in self._records if record.state.is_unfinished), None)

    @property
    def latest(self) -> FixRecord | None:
        """The fix to undo: an unfinished one, or the last that has not been undone; None if there is none.

        Raises:
            UsageError: Only a sidecar is to be undone, and the fix changed other files, too.
        """
        done = [record for record in self._records if record.state is FixState.DONE and self._concerns(record)]
        found = self.unfinished or (done[-1] if done else None)
        return found and self._require_whole(found)

    @property
    def name(self) -> str:
        """The name of the asset or sidecar, for messages."""
        return self._target.sidecar or self.folder.name

    def _concerns(self, record: FixRecord) -> bool:
        sidecar = self._target.sidecar
        return sidecar is None or any(sidecar in (one.origin, one.final) for one in record.plan.operations)

    def _require_whole(self, record: FixRecord) -> FixRecord:
        """The record, unless it is of more than the one sidecar to undo."""
        if self._target.sidecar is not None and len({one.origin for one in record.plan.operations}) > 1:
            where = "--undo with the folder of the asset undoes all of it"
            raise UsageError(f"the last fix of {self.name} changed other files, too; {where}: {self.folder}")
        return record

    def plan(self) -> PlannedFix:
        """Plan the changes; nothing is written.

        Raises:
            UsageError: The asset is published, or cannot be read.
            BucketError: The bucket cannot be read.
        """
        listing = self._listing()
        if not self._target.is_outside and (reason := reason_not_to_fix(listing)):
            raise UsageError(reason)
        settings = self._settings()
        asset = Asset(listing, sidecar_only=self._target.is_outside)
        if settings.vocabulary:
            asset = asset.with_vocabulary(settings.vocabulary.extend())
        finder = _Finder(settings, self.options.select)
        planned = plan_fix(asset, finder.rules, finder.find, self._encoding, self._target.sidecar)
        if self._target.is_outside:
            return replace(planned, plan=replace(planned.plan, asset=THIS_FOLDER))
        for name in planned.plan.names:
            self._refuse_published(name)
        return planned

    def _settings(self) -> Settings:
        return read_settings(self.options.config) if self.options.config else find_settings([str(self.folder)])

    def _listing(self) -> Listing:
        if not self.folder.exists():
            raise UsageError(f"{self._target.where} does not exist")
        return list_sidecar(self.folder / self.name) if self._target.is_outside else scan_folder(self.folder)

    def apply(self, planned: PlannedFix) -> Path:
        """Make the changes.

        Returns:
            The folder of the asset, which can have a new name.

        Raises:
            UsageError: Something has changed since the plan, another run is active, or a file cannot be written.
        """
        parent = self._parent
        with locked(parent) as root:
            contents = {
                operation.kept: (self.folder / operation.origin, planned.edited[operation.origin].after)
                for operation in planned.plan.operations
                if operation.action == "edit" and operation.kept is not None
            }
            try:
                if any(record.state.is_unfinished for record in records_of(parent, self._name)):
                    raise ChangedError(f"another fix of {self.name} was interrupted; run the same command again")
                require_original(self.folder, root, planned.plan)
                record = create_record(root, planned.plan, contents)
                # A file that changed while it was copied is found when it is replaced.
            except OSError as error:
                raise UsageError(f"nothing was changed: cannot write {_described(error)}") from None
            return self._run(record, undo=False)

    def resume(self, record: FixRecord) -> Path:
        """Finish an interrupted fix, or an interrupted undo.

        Raises:
            UsageError: See `apply`.
        """
        return self._continue(record, undo=record.state is FixState.UNDOING)

    def undo(self, record: FixRecord) -> Path:
        """Undo a fix.

        Raises:
            UsageError: A file is not as the fix left it, or as of `apply`.
        """
        return self._continue(record, undo=True)

    def _continue(self, record: FixRecord, undo: bool) -> Path:
        """Finish or undo a fix, unless the asset is published, or another run was faster."""
        rules = load_rules(Path(folder) for folder in self._settings().extend_rules)
        require_own_changes(record.plan, rules, f"{self._parent / FOLDER / record.folder.name}")
        if not self._target.is_outside:
            if reason := reason_not_to_fix(scan_folder(find_root(self._parent, record.plan), depth=2)):
                raise UsageError(reason)
            for name in record.plan.names:
                self._refuse_published(name)
        with locked(self._parent):
            if _states(records_of(self._parent, self._name)) != self._states:
                raise ChangedError(f"another run has changed {self.name} meanwhile; run the same command again")
            return self._run(record, undo)

    def _run(self, record: FixRecord, undo: bool) -> Path:
        try:
            return (undo_fix if undo else apply_fix)(self._parent, record)
        except OSError as error:
            raise UsageError(
                f"the fix of {self.name} stopped: cannot change {_described(error)}. Close the program that "
                "uses it, then run 'aind-lint fix' again to finish, or with --undo to undo it"
            ) from None

    def _refuse_published(self, name: str) -> None:
        """Refuse a name that is published in the bucket of the options, or without one as a receipt says."""
        bucket = self.options.bucket
        if bucket is None:
            if where := receipt_of(name, state_folder() / "receipts"):
                raise UsageError(refusal_by_receipt(name, where))
            return
        connection = self.options.connection if is_s3(bucket) else Connection()
        if open_store(bucket, connection).head(f"{name}/{DATA_DESCRIPTION}") is not None:
            raise UsageError(refusal_of_published(name, bucket))


class _Finder:
    """Finds what rules with fixes find in an asset."""

    def __init__(self, settings: Settings, select: tuple[str, ...]) -> None:
        self._settings = settings
        self.rules = load_rules(Path(folder) for folder in settings.extend_rules)
        self._selection = Selection(self.rules, settings)
        fixable = {rule.id for rule in self.rules if rule.rule.fixer is not None}
        self._fixable = fixable & rules_matching(self.rules, select) if select else fixable
        if not self._fixable:
            raise UsageError(f"no rule of {', '.join(select)} has a fix; these have one: {', '.join(sorted(fixable))}")
        self._now = datetime.now(timezone.utc)

    def find(self, asset: Asset) -> list[Finding]:
        """The findings that no suppression of the configuration accepts."""
        ids = self._fixable & self._selection.rules_for(asset.listing.address, asset.listing.name)
        context = CheckContext(
            checked_at=self._now, zone=self._settings.zone, data=self._settings.data, fast=True, contents="none"
        )
        report = RuleRunner(self.rules, ids).run(asset, context, choose_profile(asset))
        SuppressionTracker(self._settings, self.rules, self._now.date()).apply(report, ids)
        if report.crashes:
            crash = report.crashes[0]
            raise UsageError(f"internal error: rule {crash.rule} crashed: {crash.error}; please report this bug")
        return report.findings


def _states(records: list[FixRecord]) -> dict[Path, FixState]:
    """How far each fix is at this moment."""
    return {record.folder: record.state for record in records}


def _described(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{os_error_reason(error)}"
