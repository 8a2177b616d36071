"""Running rules over one asset."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aind_lint.asset.asset import Asset
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule import Profile, Rule, When
from aind_lint.engine.rules.rule_loader import BoundRule
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.engine.selection import with_required
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import AindLintError, BucketError
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
from aind_lint.text.json_position import line_and_column, locate

if TYPE_CHECKING:
    from aind_lint.asset.upload.upload_manifest import UploadManifest

#: Characters of a long line that an excerpt keeps before and after the place.
_EXCERPT_BEFORE, _EXCERPT_AFTER = 40, 80

#: Characters that a finding keeps of a message, and of a value: assets may hold megabytes in one string.
_MESSAGE_LENGTH, _VALUE_LENGTH = 1000, 300


def choose_profile(asset: Asset) -> Profile:
    """The profile of a check that names none.

    What a manifest is about to upload is new; what carries the tool's own control files is in a bucket already;
    metadata before 2.x is an older era.
    """
    if asset.upload:
        return "candidate"
    if ".aind-lint" in asset.listing.folders or asset.listing.address.startswith("s3://"):
        return "published"
    return "archive" if asset.generation in ("0.x", "1.x") else "candidate"


def run_rules(
    asset: Asset, rules: Sequence[BoundRule], context: CheckContext, profile: Profile, report: set[str] | None = None
) -> AssetReport:
    """Run every rule that applies to ``asset``.

    Args:
        asset: What to look at.
        rules: All rules, each after the rules it requires.
        context: Destination, time, zone.
        profile: Which demands apply.
        report: Ids of the rules to report on; all when None. What they require is run too, silently.

    Returns:
        The findings, sorted by file, position and rule, and everything that was not checked. Never raises for what a
        rule does: a rule that crashes is in the report.
    """
    wanted = {one.id for one in rules} if report is None else report
    listing = asset.listing
    result = AssetReport(
        path=listing.address,
        name=None if asset.sidecar_only else listing.name,
        level=None if asset.sidecar_only else asset.level,
        generation=asset.generation,
        modalities=asset.modalities,
        profile=profile,
        files=len(listing.files),
        size=listing.size,
        anchor=next(iter(asset.sidecar_keys), None),
    )
    failed: set[str] = set()
    told: dict[str, list[Location]] = {}
    for one in with_required(rules, wanted):
        if one.verb.configuration_scope or (asset.sidecar_only and not one.verb.sidecar_scope):
            continue
        single = _run_one(one, asset, context, profile, failed)
        if single.findings:
            said = [place for rule in one.rule.yields_to for place in told.get(rule, ())]
            single.findings = [finding for finding in single.findings if not _is_within(finding.location, said)]
            told[one.id] = [finding.location for finding in single.findings if finding.severity is Severity.ERROR]
        if single.skipped or single.crashes or told.get(one.id):
            failed.add(one.id)
        if one.id in wanted:
            _merge(result, single)
    result.findings.sort(key=_order)
    return result


def judge_silencing(silencing: SuppressionSet, rules: Sequence[BoundRule], report: set[str]) -> list[Finding]:
    """What the rules for configurations say of what silences the findings of a run."""
    return [
        _finding(one.rule, one.rule.severity, said, Location(said.file, None, said.line, said.column))
        for one in rules
        if one.verb.configuration_scope and one.id in report
        for said in one.verb.check(silencing, one.options, CheckContext())
        if isinstance(said, Fault)
    ]


def _run_one(one: BoundRule, asset: Asset, context: CheckContext, profile: Profile, failed: set[str]) -> AssetReport:
    """What one rule says, as a report of its own."""
    rule = one.rule
    single = AssetReport("", None, None, None, [], profile, 0, 0)
    applies = _applies(rule.when, asset, profile)
    if applies is False:
        return single
    if blocking := [required for required in rule.requires if required in failed]:
        single.skipped.append(Skipped(rule.id, tuple(blocking)))
        return single
    if isinstance(applies, str):
        single.not_checked.append(NotChecked(rule.id, applies, mandatory=rule.mandatory))
        return single
    if one.verb.needs_bucket and context.store is None:
        single.not_checked.append(NotChecked(rule.id, NO_BUCKET))
        return single
    if one.verb.needs_data and context.data == "absent":
        single.not_checked.append(NotChecked(rule.id, NO_DATA, mandatory=rule.mandatory))
        return single
    severity = next((r.severity for r in rule.relaxed if _applies(r.when, asset, profile) is True), rule.severity)
    try:
        for said in one.verb.check(asset, one.options, context):
            if isinstance(said, Unchecked):
                single.not_checked.append(NotChecked(rule.id, said.reason, said.file, rule.mandatory))
            else:
                related = tuple(_location(asset, Fault("", file, pointer)) for file, pointer in said.related)
                single.findings.append(_finding(rule, severity, said, _location(asset, said), related))
    except BucketError as error:
        single.bucket_error = str(error)
        single.not_checked.append(NotChecked(rule.id, str(error), mandatory=rule.mandatory))
    except AindLintError:
        raise  # the asset itself cannot be read, which is no fault of the rule
    except (Exception, SystemExit) as error:
        # Whatever a rule does, the others are run, and this one is no pass.
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        single.crashes.append(RuleCrash(rule.id, summary, traceback.format_exc()))
    else:
        single.rules_run = 1
    return single


def _merge(result: AssetReport, single: AssetReport) -> None:
    result.rules_run += single.rules_run
    result.findings += single.findings
    result.skipped += single.skipped
    result.not_checked += single.not_checked
    result.crashes += single.crashes
    result.bucket_error = result.bucket_error or single.bucket_error


def _is_within(place: Location, said: list[Location]) -> bool:
    """Whether a place is one of those already spoken of, or lies inside one."""
    return any(
        place.file == other.file and f"{place.pointer or ''}/".startswith(f"{other.pointer or ''}/") for other in said
    )


def _applies(when: When, asset: Asset, profile: Profile) -> bool | str:
    """Whether the conditions hold; when that cannot be known, the reason why not."""
    if when.profile is not None and profile not in when.profile:
        return False
    unknown = None
    for what, allowed, actual in (
        ("generation of the metadata", when.generation, asset.generation),
        ("data level", when.level, asset.level),
        ("form of the name", when.name_form, asset.name.form),
    ):
        if allowed is None:
            continue
        if actual is None:
            unknown = f"the {what} is not known"
        elif actual not in allowed:
            return False
    return unknown or True


def _finding(
    rule: Rule, severity: Severity, fault: Fault, place: Location, related: tuple[Location, ...] = ()
) -> Finding:
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=severity,
        message=_crop(fault.message, _MESSAGE_LENGTH),
        location=place,
        found=fault.found and _crop(fault.found, _VALUE_LENGTH),
        expected=fault.expected and _crop(fault.expected, _VALUE_LENGTH),
        why=rule.why,
        fix=_crop(fault.fix or rule.fix, _MESSAGE_LENGTH),
        related=related,
    )


def _crop(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _location(asset: Asset, fault: Fault) -> Location:
    file, pointer = fault.file, fault.pointer
    sidecar = asset.sidecar(file) if file in asset.sidecar_keys else None
    if sidecar is not None and sidecar.record is not None:
        pointer = f"/{sidecar.kind}{pointer or ''}"
        sidecar = sidecar.record
        file = sidecar.key
    if asset.upload and file == asset.upload.manifest.path.name:
        return _in_manifest(asset.upload.manifest, fault)
    if file is None or sidecar is None or not sidecar.text:
        return Location(file, pointer, fault.line, fault.column)
    if fault.line is None and pointer is None:
        return Location(file, None, 1, 1)  # the file as a whole
    width = 1
    if fault.line is not None:
        line, column = fault.line, fault.column or 1
    else:
        span = locate(sidecar.text, pointer or "")
        line, column = line_and_column(sidecar.text, span.start)
        width = span.end - span.start
    return _excerpt(file, pointer, sidecar.lines[line - 1], line, column, width)


def _in_manifest(manifest: UploadManifest, fault: Fault) -> Location:
    """A place in an upload manifest, which is no file of the asset."""
    place = manifest.position_of(fault.pointer)
    if place is None:
        return Location(fault.file, fault.pointer, 1, 1)
    return _excerpt(manifest.path.name, fault.pointer, manifest.lines[place.line - 1], *place)


def _excerpt(file: str, pointer: str | None, text: str, line: int, column: int, width: int) -> Location:
    begin = max(0, column - 1 - _EXCERPT_BEFORE)
    excerpt = text[begin : column - 1 + _EXCERPT_AFTER].rstrip("\r")
    caret = column - 1 - begin
    return Location(file, pointer, line, column, excerpt, caret, max(1, min(width, len(excerpt) - caret)))


def _order(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    place = finding.location
    return place.file is not None, place.file or "", place.line or 0, place.column or 0, finding.rule, finding.message
