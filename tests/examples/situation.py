"""What a fix is applied to: the asset of an example, with its manifest, jobs, configuration and destination."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from aind_lint.app.rule_examples.example_asset import example_asset, example_tree
from aind_lint.app.rule_examples.example_run import example_context, run_example
from aind_lint.app.rule_examples.example_upload import MANIFEST, assembled, jobs_bytes, manifest_bytes
from aind_lint.asset.asset import Asset
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rule_runner import RuleRunner
from aind_lint.engine.rules.rule_format import Example
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.examples.tree import Tree
from aind_lint.finding import AssetReport


class NotFollowableError(Exception):
    """A step needs thought, or is about something that is not there."""


@dataclass
class Situation:
    """The asset of an example, and what surrounds it.

    Attributes:
        example: The example.
        tree: The files of its asset.
        upload: The content of its manifest or job request; None if it has neither.
    """

    example: Example
    tree: Tree
    upload: dict[str, Any] | None

    @classmethod
    def of(cls, example: Example) -> Situation:
        """What an example describes."""
        tree = example_tree(example)
        upload = example.job_request
        if example.manifest is not None:
            upload = yaml.safe_load(manifest_bytes(tree, example.manifest))
        return cls(example, tree, upload)

    def copy(self) -> Situation:
        """A copy that can be changed."""
        return deepcopy(self)

    def changed(self, **values: Any) -> None:
        """Change values of the example."""
        self.example = self.example.model_copy(update=values)

    @property
    def upload_file(self) -> str:
        """The name of the manifest or of the jobs."""
        return MANIFEST if self.example.manifest is not None else "jobs.json"

    def check(self, rule: LoadedRule, rules: list[LoadedRule]) -> AssetReport:
        """What all rules report; for a rule about the configuration, what it reports."""
        asset = self._asset()
        if rule.verb.configuration_scope:
            return run_example(rule, rules, self.example, asset)
        report = RuleRunner(rules).run(asset, example_context(self.example, asset), self.example.profile)
        report.findings = group_by_cause(report.findings)
        return report

    def _asset(self) -> Asset:
        if self.example.manifest is not None:
            assert self.upload is not None
            absent = dict.fromkeys(yaml.safe_load(manifest_bytes(self.tree, {})))
            return assembled(self.tree, {**absent, **self.upload})
        if self.example.job_request is not None:
            return example_asset(self.example.model_copy(update={"job_request": self.upload}))
        return example_asset(self.example) if jobs_bytes(self.example) else Asset(self.tree.listing())
