"""What a rule reports about the asset of one of its examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from aind_lint.app.rule_examples.example_asset import example_asset
from aind_lint.app.rule_examples.example_destination import example_destination
from aind_lint.asset.asset import Asset
from aind_lint.bucket.destination.destination_state import find_destination_state
from aind_lint.config.config_file import FILE_NAME
from aind_lint.config.settings_format import SETTINGS
from aind_lint.engine.baseline import FILE_NAME as BASELINE
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.rule_runner import RuleRunner, check_suppressions
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.engine.selection import rules_matching
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.finding import AssetReport
from aind_lint.publication.plan import plan_publication


def run_example(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset | None = None
) -> AssetReport:
    """The result of one rule, and only of it and what it requires, on one of its examples.

    Args:
        rule: The rule.
        rules: All rules.
        example: The example.
        asset: The asset of the example, if it has been written to disk; else it is made in memory.
    """
    asset = asset or example_asset(example)
    context = example_context(example, asset)
    if rule.verb.configuration_scope:
        return _check_suppressions(rule, rules, example, asset, context)
    return RuleRunner(rules, {rule.id}).run(asset, context, example.profile)


def example_context(example: Example, asset: Asset) -> CheckContext:
    """Destination, time and archive of the check that an example describes."""
    store = example_destination(example, asset) if example.bucket or example.published else None
    return CheckContext(
        store,
        (lambda asset: find_destination_state(store, asset.listing.name, lambda: plan_publication(asset).manifest))
        if store
        else None,
        checked_at=example.now or datetime(2026, 1, 1, tzinfo=timezone.utc),
        for_archive=example.for_archive,
    )


def _check_suppressions(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset, context: CheckContext
) -> AssetReport:
    """What a rule about configurations reports after a run over the asset of the example alone."""
    settings = SETTINGS.parse({"suppressions": example.suppressions}, "")
    tracker = SuppressionTracker(
        replace(settings, file=Path(FILE_NAME)), rules, context.checked_at.date(), complete_run=True
    )
    name = asset.listing.name
    counts = Counter({(name, key, id_): n for key, of in example.baseline.items() for id_, n in of.items()})
    baseline = Baseline(Path(BASELINE), counts)
    suppressions = SuppressionSet(tracker, replace(baseline, text=baseline.to_json()) if counts else None)
    selected = rules_matching(rules, [*(one.rule for one in settings.suppressions), *(place[2] for place in counts)])
    report = replace(RuleRunner(rules, selected).run(asset, context, example.profile), path=name)
    suppressions.apply([report], rules, lambda report: selected)
    report.findings = check_suppressions(suppressions, [rule], {rule.id})
    return report
