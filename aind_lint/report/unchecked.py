"""What was not checked in an asset: one line for each reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aind_lint.finding import AssetReport, NotChecked, Severity
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

#: A line names at most so many files or rules; beyond that it gives their number.
_MAX_NAMED = 3

#: The beginning of the reason when no sidecar has a value that is compared.
_NO_SIDECAR_STATES = "no sidecar states "

#: The end of the reason when the sidecar that a rule reads is missing.
_IS_MISSING = ".json is missing"

#: Reasons that an error of one of these families causes: rules that apply to some assets only wait until it is known
#: whether they apply to this one.
_CAUSED_BY = {
    "the asset name is invalid": ("NAM",),
    "the asset name has no readable date and time": ("NAM",),
    "the data level is unknown": ("NAM", "SID", "SCH", "CON"),
    "the generation of the metadata is unknown": ("SID", "SCH", "CON"),
}


@dataclass
class UncheckedGroup:
    """Checks of one asset that could not be made for the same reason.

    Attributes:
        reason: The reason, sanitized.
        rules: Ids of the rules.
        files: The sanitized keys of the files concerned; empty when the whole asset is.
    """

    reason: str
    rules: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def line(self, verbose: bool) -> str:
        """The group in one line, such as ``4 rules for processing.json (it could not be read)``."""
        rules = ", ".join(self.rules) if verbose else format_count(len(self.rules), "rule")
        if not self.files:
            return f"{rules} ({self.reason})"
        many = len(self.files) > _MAX_NAMED and not verbose
        files = format_count(len(self.files), "file") if many else ", ".join(self.files)
        return f"{rules} for {files} ({self.reason})"


def unchecked_lines(asset: AssetReport, verbose: bool) -> list[str]:
    """What was not checked in an asset, one line for each reason.

    Without ``verbose``, rules that wait until errors of the report are fixed are one line, whatever the errors, and
    checks that are not made because of the options and the configuration are left to the summary.
    """
    groups, waiting = _grouped(asset, verbose)
    return [*(group.line(verbose) for group in groups), *(_waiting_verbose(waiting) if verbose else _waiting(waiting))]


def unexplained_lines(asset: AssetReport) -> list[str]:
    """What was not checked although neither an option nor a reported error explains it; a line for each reason."""
    return [group.line(verbose=False) for group in _grouped(asset, verbose=False)[0]]


def _grouped(asset: AssetReport, verbose: bool) -> tuple[list[UncheckedGroup], dict[str, tuple[str, ...]]]:
    """Checks that could not be made, by reason, and the rules that wait for others, by their ids."""
    groups: dict[tuple[str, bool], UncheckedGroup] = {}
    waiting: dict[str, tuple[str, ...]] = {item.rule: item.reason for item in asset.skipped}
    for item in asset.not_checked:
        if verbose:
            _add(groups, item)
        elif causes := _causes(item, asset):
            waiting[item.rule] = (*waiting.get(item.rule, ()), *causes)
        elif item.is_unexpected:
            _add(groups, item)
    return list(groups.values()), waiting


def _add(groups: dict[tuple[str, bool], UncheckedGroup], item: NotChecked) -> None:
    reason = sanitize(item.reason)
    group = groups.setdefault((reason, item.file is None), UncheckedGroup(reason))
    if item.rule not in group.rules:
        group.rules.append(item.rule)
    if item.file is not None and (file := sanitize(item.file)) not in group.files:
        group.files.append(file)


def _causes(item: NotChecked, asset: AssetReport) -> list[str]:
    """Ids of the reported errors that caused an unchecked item; empty if it has another cause."""
    errors = [finding for finding in asset.findings if finding.severity is Severity.ERROR]
    if families := _CAUSED_BY.get(item.reason):
        return list(dict.fromkeys(error.rule for error in errors if error.rule.startswith(families)))
    if item.file is not None:
        causes = [error.rule for error in errors if error.location.file == item.file]
    elif item.reason.startswith(_NO_SIDECAR_STATES) or item.reason.endswith(_IS_MISSING):
        causes = [error.rule for error in errors if error.rule.startswith("SID")]
    else:
        return []
    # An unreadable sidecar, or one whose schema version is not known.
    return [rule for rule in dict.fromkeys(causes) if rule.startswith(("SID", "SCH10"))]


def _waiting_verbose(waiting: dict[str, tuple[str, ...]]) -> Iterator[str]:
    by_failed: dict[tuple[str, ...], list[str]] = {}
    for rule, failed in waiting.items():
        by_failed.setdefault(failed, []).append(rule)
    for failed, rules in by_failed.items():
        yield f"{', '.join(rules)}: waiting for {', '.join(failed)}"


def _waiting(waiting: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if waiting:
        failed = tuple(dict.fromkeys(rule for rules in waiting.values() for rule in rules))
        verb = "waits" if len(waiting) == 1 else "wait"
        yield f"{format_count(len(waiting), 'rule')} {verb} until {_condition(failed)}"


def _condition(failed: tuple[str, ...]) -> str:
    """What must be true before the blocked rules can run, as the end of a sentence that begins with "until"."""
    if all(rule.startswith("NAM") for rule in failed):
        return "the name is right"
    return f"{failed[0]} passes" if len(failed) == 1 else "the errors above are fixed"
