"""What was not checked in an asset: one line for each reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aind_lint.finding import AssetReport
from aind_lint.text.quantities import format_count
from aind_lint.text.sanitize import sanitize

#: A line names at most so many files or rules; beyond that it gives their number.
_MAX_NAMED = 3


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


def group_unchecked(asset: AssetReport, verbose: bool) -> list[UncheckedGroup]:
    """The checks of an asset that could not be made, by reason.

    Without ``verbose``, those that follow from the options and the configuration are left to the summary.
    """
    groups: dict[tuple[str, bool], UncheckedGroup] = {}
    for item in asset.not_checked:
        if not (verbose or item.is_unexpected):
            continue
        reason = sanitize(item.reason)
        group = groups.setdefault((reason, item.file is None), UncheckedGroup(reason))
        if item.rule not in group.rules:
            group.rules.append(item.rule)
        if item.file is not None and (file := sanitize(item.file)) not in group.files:
            group.files.append(file)
    return list(groups.values())


def blocked_lines(asset: AssetReport, verbose: bool) -> Iterator[str]:
    """The rules that did not run because rules they require failed: one line, or one for each set of failed rules."""
    blocked: dict[tuple[str, ...], list[str]] = {}
    for item in asset.skipped:
        blocked.setdefault(item.reason, []).append(item.rule)
    if verbose:
        for failed, rules in blocked.items():
            yield f"{', '.join(rules)}: waiting for {', '.join(failed)}"
    elif blocked:
        failed = tuple(dict.fromkeys(rule for rules in blocked for rule in rules))
        number = len(asset.skipped)
        verb = "waits" if number == 1 else "wait"
        yield f"{format_count(number, 'rule')} {verb} until {_condition(failed)}"


def _condition(failed: tuple[str, ...]) -> str:
    """What must be true before the blocked rules can run, as the end of a sentence that begins with "until"."""
    if all(rule.startswith("NAM") for rule in failed):
        return "the name is right"
    if len(failed) > _MAX_NAMED:
        return "the errors above are fixed"
    *others, last = failed
    return f"{', '.join(others)} and {last} pass" if others else f"{last} passes"
