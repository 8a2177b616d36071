"""Running rules over one asset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.fault_finding import fault_location, finding_of
from aind_lint.engine.rules.rule import AssetCondition, Profile, PublicArchive
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.engine.selection import with_required
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import AindLintError, BucketError, CheckCancelledError
from aind_lint.finding import (
    NO_BUCKET,
    NO_DATA,
    AssetReport,
    Finding,
    Location,
    NotChecked,
    RuleCrash,
    Severity,
    Skipped,
)

if TYPE_CHECKING:
    from aind_lint.asset.asset import Level
    from aind_lint.asset.naming.asset_name import Form
    from aind_lint.schema.generation import Generation


@dataclass
class _RuleResult:
    """What one rule adds to the report of an asset."""

    rules_run: int = 0
    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    crashes: list[RuleCrash] = field(default_factory=list)
    bucket_error: str | None = None


#: The result of a rule that was run and has nothing to report. It is shared, and never changed.
_PASSED = _RuleResult(rules_run=1)


def choose_profile(asset: Asset) -> Profile:
    """The default profile of an asset.

    An asset that an upload manifest describes is a candidate. An asset with the control folder of this tool, or one in
    a bucket, is published. An asset with metadata before 2.x was made long ago: archive.
    """
    if asset.upload:
        return "candidate"
    if ".aind-lint" in asset.listing.folders or asset.listing.address.startswith("s3://"):
        return "published"
    return "archive" if asset.generation in ("0.x", "1.x") else "candidate"


class RuleRunner:
    """Runs the selected rules over assets, one asset after the other."""

    def __init__(self, rules: Sequence[LoadedRule], selected: set[str] | None = None) -> None:
        """Choose the rules to run.

        Args:
            rules: All rules, each after the rules that it requires.
            selected: Ids of the rules to report; all when None. The rules that they require run too, but are not
                reported.
        """
        self._selected = {rule.id for rule in rules} if selected is None else selected
        self._needed = with_required(rules, self._selected)
        self._choose = cache(self._choice)  # successive assets are nearly always of the same kind

    def run(
        self,
        asset: Asset,
        context: CheckContext,
        profile: Profile,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> AssetReport:
        """Run every rule that applies to an asset.

        Args:
            asset: The asset to check.
            context: Destination, time and time zone.
            profile: The profile to check against.
            is_cancelled: Called before each rule; True ends the run.

        Returns:
            The findings, sorted by file, position and rule, and everything that was not checked. An exception of a rule
            is not raised: it is in the report as a crash.

        Raises:
            AindLintError: The asset itself cannot be read.
            CheckCancelledError: The run was cancelled.
        """
        report = _empty_report(asset, profile)
        case = _Case(
            profile, context.for_archive or "none", asset.generation, asset.level, asset.name_form, asset.data_only
        )
        rules, globs = self._choose(case)
        if asset.companions or asset.upload or asset.sidecar_only:
            rules = [(loaded, undecided) for loaded, undecided in rules if _is_in_scope(loaded, asset)]
        # One search for the globs of all rules: a verb whose globs match nothing is not called.
        possible_globs = asset.listing.key_index.globs_worth_searching(globs) if globs else frozenset()
        failed: set[str] = set()
        errors: dict[str, list[Location]] = {}
        for loaded, undecided in rules:
            if is_cancelled():
                raise CheckCancelledError("the check was cancelled")
            result = _not_run(loaded, undecided, context, failed)
            if result is None:
                if loaded.searched and possible_globs.isdisjoint(loaded.searched):
                    result = _PASSED  # the verb would find nothing; a quarter of the rules end here
                else:
                    result = _run_rule(loaded, asset, context, case)
            if result is _PASSED:  # nearly always
                report.rules_run += loaded.id in self._selected
                continue
            if result.findings:
                covered = [location for rule in loaded.rule.yields_to for location in errors.get(rule, ())]
                result.findings = [one for one in result.findings if not _is_within(one.location, covered)]
                errors[loaded.id] = [one.location for one in result.findings if one.severity is Severity.ERROR]
            if result.skipped or result.crashes or errors.get(loaded.id):
                failed.add(loaded.id)
            if loaded.id in self._selected:
                _merge(report, result)
        report.findings.sort(key=_sort_key)
        return report

    def _choice(self, case: _Case) -> tuple[list[tuple[LoadedRule, str | None]], tuple[str, ...]]:
        """The rules that apply to a kind of assets, and all their globs.

        A rule comes with the reason why it is not decided whether it applies, if it is not. Of a rule that does not
        apply, the verb is not imported.
        """
        decided = ((loaded, case.meets(loaded.rule.when)) for loaded in self._needed)
        rules = [
            (loaded, applies if isinstance(applies, str) else None)
            for loaded, applies in decided
            if applies is not False
            and (loaded.applies_to_data if case.data_only else not loaded.verb.configuration_scope)
        ]
        return rules, tuple(dict.fromkeys(glob for loaded, _ in rules for glob in loaded.searched))


class _Case(NamedTuple):
    """A kind of assets and checks: what the conditions of rules are about."""

    profile: Profile
    for_archive: PublicArchive | Literal["none"]
    generation: Generation | None
    level: Level | None
    name_form: Form | None
    data_only: bool

    def meets(self, when: AssetCondition) -> bool | str:
        """Whether a condition is met, or the reason why that cannot be decided."""
        if when.profile is not None and self.profile not in when.profile:
            return False
        if when.for_archive is not None and self.for_archive not in when.for_archive:
            return False
        undecided = None
        for reason, allowed, actual in (
            ("the generation of the metadata is unknown", when.generation, self.generation),
            ("the data level is unknown", when.level, self.level),
            ("the asset name is invalid", when.name_form, self.name_form),
        ):
            if allowed is None:
                continue
            if actual is None:
                undecided = reason
            elif actual not in allowed:
                return False
        return undecided or True


def check_suppressions(suppressions: SuppressionSet, rules: Sequence[LoadedRule], selected: set[str]) -> list[Finding]:
    """The findings of the selected rules about configurations: unused and expired suppressions, outdated baselines."""
    return [
        finding_of(loaded.rule, loaded.rule.severity, fault, Location(fault.file, None, fault.line, fault.column))
        for loaded in rules
        if loaded.verb.configuration_scope and loaded.id in selected
        for fault in loaded.verb.check(suppressions, loaded.options, CheckContext())
        if isinstance(fault, Fault)
    ]


def _is_in_scope(loaded: LoadedRule, asset: Asset) -> bool:
    verb = loaded.verb
    if asset.companions and verb.compares is not None:
        return verb.compares(loaded.options, [*asset.sidecar_keys, *asset.companions])
    if asset.upload and asset.upload.lists_jobs_only:
        return verb.upload_scope
    return verb.sidecar_scope or not asset.sidecar_only


def _empty_report(asset: Asset, profile: Profile) -> AssetReport:
    listing = asset.listing
    return AssetReport(
        path=listing.address,
        name=None if asset.sidecar_only or asset.data_only else listing.name,
        level=None if asset.sidecar_only or asset.data_only else asset.level,
        generation=asset.generation,
        modalities=asset.modalities,
        profile=profile,
        files=len(listing.files),
        size=listing.size,
        default_file=next(iter(asset.sidecar_keys), None),
    )


def _not_run(loaded: LoadedRule, undecided: str | None, context: CheckContext, failed: set[str]) -> _RuleResult | None:
    """The result of a rule that cannot be run; None if it can."""
    rule = loaded.rule
    if rule.requires and (blocking := [required for required in rule.requires if required in failed]):
        return _RuleResult(skipped=[Skipped(rule.id, tuple(blocking))])
    if undecided is not None:
        return _RuleResult(not_checked=[NotChecked(rule.id, undecided, mandatory=rule.mandatory)])
    if loaded.verb.needs_bucket and context.store is None:
        return _RuleResult(not_checked=[NotChecked(rule.id, NO_BUCKET)])
    if loaded.verb.needs_data and context.data == "absent":
        return _RuleResult(not_checked=[NotChecked(rule.id, NO_DATA, mandatory=rule.mandatory)])
    return None


def _run_rule(loaded: LoadedRule, asset: Asset, context: CheckContext, case: _Case) -> _RuleResult:
    """The result of one rule, `_PASSED` if it has nothing to report."""
    rule = loaded.rule
    result: _RuleResult | None = None
    try:
        for fault in loaded.verb.check(asset, loaded.options, context):
            if result is None:
                result = _RuleResult()
                severity = next((lower for when, lower in rule.relaxed if case.meets(when) is True), rule.severity)
            if isinstance(fault, Unchecked) and fault.blocked_by:
                result.skipped.append(Skipped(rule.id, fault.blocked_by, fault.file))
            elif isinstance(fault, Unchecked):
                result.not_checked.append(NotChecked(rule.id, fault.reason, fault.file, rule.mandatory))
            else:
                related = tuple(fault_location(asset, Fault("", file, pointer)) for file, pointer in fault.related)
                result.findings.append(finding_of(rule, severity, fault, fault_location(asset, fault), related))
    except BucketError as error:
        result = result or _RuleResult()
        result.bucket_error = str(error)
        result.not_checked.append(NotChecked(rule.id, str(error), mandatory=rule.mandatory))
    except AindLintError:
        raise  # the asset cannot be read, which is not an error of the rule
    except (Exception, SystemExit) as error:
        # A crash of one rule does not stop the others, and the crashed rule does not count as passed.
        result = result or _RuleResult()
        result.crashes.append(RuleCrash.of(rule.id, error))
    else:
        if result is None:
            return _PASSED
        result.rules_run = 1
    return result


def _merge(report: AssetReport, result: _RuleResult) -> None:
    report.rules_run += result.rules_run
    report.findings += result.findings
    report.skipped += result.skipped
    report.not_checked += result.not_checked
    report.crashes += result.crashes
    report.bucket_error = report.bucket_error or result.bucket_error


def _is_within(location: Location, others: list[Location]) -> bool:
    """Whether a value is one of some other values, or inside one."""
    return any(
        location.file == other.file and f"{location.pointer or ''}/".startswith(f"{other.pointer or ''}/")
        for other in others
    )


def _sort_key(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    location = finding.location
    return (
        location.file is not None,
        location.file or "",
        location.line or 0,
        location.column or 0,
        finding.rule,
        finding.message,
    )
