"""Running the examples of a rule: each is an edit of a complete valid asset, with the findings it must bring.

The author of a rule or verb tests it in one line::

    assert not [failure for example in examples_of(rule) if (failure := try_example(rule, rules, example))]
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.asset.indexer_keys import INDEXER_FILE, INDEXER_FOLDER
from aind_lint.asset.listing.listing import scan_folder
from aind_lint.asset.upload.job_request import parse_job_request
from aind_lint.asset.upload_assembly import load_job_request, load_upload, preview_jobs
from aind_lint.bucket.control_objects import (
    DATA_DESCRIPTION,
    Claim,
    End,
    claim_key,
    encode,
    end_key,
)
from aind_lint.bucket.destination_state import find_destination_state
from aind_lint.bucket.memory_store import MemoryStore
from aind_lint.bucket.store import Body, Store
from aind_lint.config.config_file import FILE_NAME
from aind_lint.config.settings import SETTINGS
from aind_lint.engine.baseline import FILE_NAME as BASELINE
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.rule_runner import check_suppressions, run_rules
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.rule_catalog import rules_root
from aind_lint.engine.rules.rule_file import read_rule_file
from aind_lint.engine.rules.rule_format import AddedFile, Example, ExpectedFinding
from aind_lint.engine.rules.rule_loader import LoadedRule
from aind_lint.engine.selection import rules_matching
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.examples.bases import base_tree
from aind_lint.examples.format_files import sized_file
from aind_lint.examples.tree import Tree
from aind_lint.finding import AssetReport, Finding
from aind_lint.publication.plan import Plan, plan_publication
from aind_lint.publication.protocol import commit_plan
from aind_lint.text.json_position import split_pointer
from tests.examples.upload import MANIFEST, assembled, jobs_bytes, manifest_bytes


def examples_of(rule: LoadedRule) -> list[Example]:
    """The examples of a rule that ships with the tool."""
    return read_examples(next(rules_root().glob(f"*/{rule.id}-{rule.name}.yaml")))


@cache
def read_examples(path: Path) -> list[Example]:
    """The examples in a rule file."""
    return [Example.model_validate(example) for example in read_rule_file(path)["examples"]]


def example_tree(example: Example) -> Tree:
    """The asset that an example describes."""
    tree = base_tree(example.base)
    for reference, value in example.set.items():
        _edit(tree, reference, lambda parent, key, value=value: parent.__setitem__(key, value))
    for reference in example.unset:
        _edit(tree, reference, lambda parent, key: parent.__delitem__(key))
    for removed in example.remove:
        tree.files = {k: v for k, v in tree.files.items() if k != removed and not k.startswith(f"{removed}/")}
    for key, added in example.add.items():
        tree.files[key] = _added(key, added)
    tree.links.update(example.link)
    tree.special_files += example.special
    tree.empty_folders += example.folder
    tree.name = example.rename if example.rename is not None else tree.name
    tree.enclosing_asset = example.inside
    tree.siblings = [replace(base_tree(base), name=name) for name, base in example.sibling.items()]
    for key, added in example.beside.items():
        folder, _, inner = key.partition("/")
        beside = next((sibling for sibling in tree.siblings if sibling.name == folder), Tree(folder, {}))
        beside.files[inner] = _added(inner, added)
        tree.siblings = [*(sibling for sibling in tree.siblings if sibling is not beside), beside]
    tree.hard_links.update(example.hard_link)
    for key, target in example.hard_link.items():
        owner, _, theirs = target.partition("/")
        tree.files[key] = next(sibling.files[theirs] for sibling in tree.siblings if sibling.name == owner)
    return tree


def try_example(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset | None = None
) -> str | None:
    """Run one rule, and only it and what it requires, on one of its examples.

    Args:
        rule: The rule.
        rules: All rules.
        example: The example.
        asset: The example's asset, when it has been written to disk; else it is made in memory.

    Returns:
        None when the rule says what the example expects, else what is different.
    """
    return _difference(example, run_example(rule, rules, example, asset))


def run_example(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset | None = None
) -> AssetReport:
    """The result of one rule on one of its examples; the parameters are those of `try_example`."""
    asset = asset or _in_memory(example)
    context = _context(example, asset)
    if rule.verb.configuration_scope:
        return _judged_silencing(rule, rules, example, asset, context)
    return run_rules(asset, rules, context, example.profile, {rule.id})


def also_found(rule: LoadedRule, rules: Sequence[LoadedRule], example: Example) -> list[str]:
    """The other rules that find something in the asset of one of a rule's examples."""
    # Many rules have the same passing example; the whole set of rules takes 0.2 s to run.
    key = example.model_dump_json(exclude={"name", "expect", "other_rules"})
    if key not in _found:
        asset = _in_memory(example)
        report = run_rules(asset, rules, _context(example, asset), example.profile)
        _found[key] = {finding.rule for finding in report.findings}
    return sorted(_found[key] - {rule.id})


#: The rules that find something in an example, by the example.
_found: dict[str, set[str]] = {}


def _context(example: Example, asset: Asset) -> CheckContext:
    store = _destination(example, asset) if example.bucket or example.published else None
    return CheckContext(
        store,
        (lambda asset: find_destination_state(store, asset.listing.name, lambda: _plan(asset).manifest))
        if store
        else None,
        checked_at=example.now or datetime(2026, 1, 1, tzinfo=timezone.utc),
        for_archive=example.for_archive,
    )


def _in_memory(example: Example) -> Asset:
    if jobs := jobs_bytes(example):
        return preview_jobs(parse_job_request(jobs[1], Path(jobs[0])))
    tree = example_tree(example)
    return Asset(tree.listing()) if example.manifest is None else assembled(tree, example.manifest)


def write_example(example: Example, folder: Path) -> Asset:
    """The example's asset, written to disk and read from there.

    Raises:
        OSError: The file system cannot hold it.
    """
    if jobs := jobs_bytes(example):
        (folder / jobs[0]).write_bytes(jobs[1])
        return load_job_request(folder / jobs[0])
    tree = example_tree(example)
    root = tree.write(folder)
    if example.manifest is None:
        return Asset(scan_folder(root))
    path = root / MANIFEST
    path.write_bytes(manifest_bytes(tree, example.manifest))
    return load_upload(path)


def _judged_silencing(
    rule: LoadedRule, rules: Sequence[LoadedRule], example: Example, asset: Asset, context: CheckContext
) -> AssetReport:
    """What a rule for configurations says after a run over the example's asset, which is all there is."""
    settings = SETTINGS.parse({"suppressions": example.suppressions}, "")
    ledger = SuppressionTracker(
        replace(settings, file=Path(FILE_NAME)), rules, context.checked_at.date(), complete_run=True
    )
    name = asset.listing.name
    counts = Counter({(name, key, id_): n for key, of in example.baseline.items() for id_, n in of.items()})
    baseline = Baseline(Path(BASELINE), counts)
    silencing = SuppressionSet(ledger, replace(baseline, text=baseline.to_json()) if counts else None)
    silenced = rules_matching(rules, [*(one.rule for one in settings.suppressions), *(place[2] for place in counts)])
    report = replace(run_rules(asset, rules, context, example.profile, silenced), path=name)
    silencing.apply([report], rules, lambda report: silenced)
    report.findings = check_suppressions(silencing, [rule], {rule.id})
    return report


def _difference(example: Example, report: AssetReport) -> str | None:
    if report.crashes:
        return report.crashes[0].traceback
    described = [
        f"{f.location.file}:{f.location.pointer} {f.severity.value} {f.message} | {f.fix}" for f in report.findings
    ]
    if len(described) != len(example.expect):
        return f"expected {len(example.expect)} findings, got {len(described)}: {described}; skipped {report.skipped}"
    for finding, expected, text in zip(report.findings, example.expect, described, strict=True):
        if not _fits(finding, expected):
            return f"expected {expected.model_dump(exclude_none=True)}, got {text}"
    if bool(report.not_checked) is not example.not_checked:
        return f"expected not_checked: {example.not_checked}, got {report.not_checked}"
    return None


def _fits(finding: Finding, expected: ExpectedFinding) -> bool:
    place = finding.location
    return (
        ("file" not in expected.model_fields_set or place.file == expected.file)
        and (expected.pointer is None or place.pointer == expected.pointer)
        and (expected.line is None or place.line == expected.line)
        and (expected.severity is None or finding.severity is expected.severity)
        and (expected.message is None or expected.message in finding.message)
        and (expected.fix is None or expected.fix in finding.fix)
    )


def _edit(tree: Tree, reference: str, change: Any) -> None:
    file, _, pointer = reference.partition("#")
    content = tree.files[file]
    assert isinstance(content, bytes)
    data = json.loads(content)
    *parents, last = split_pointer(pointer)
    parent = data
    for part in parents:
        parent = parent[int(part)] if isinstance(parent, list) else parent[part]
    change(parent, int(last) if isinstance(parent, list) else last)
    tree.files[file] = _dump(data)


def _added(key: str, added: AddedFile) -> bytes | int:
    if added.size is not None:
        return sized_file(key, added.size) or added.size
    if added.text is not None:
        return added.text.encode("utf-8")
    return base64.b64decode(added.base64) if added.base64 is not None else _dump(added.json_)


def _dump(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _plan(asset: Asset) -> Plan:
    return plan_publication(asset)


def _destination(example: Example, asset: Asset) -> Store:
    """A bucket in the state that the example names."""
    store = MemoryStore()
    name = asset.listing.name
    for published in example.published:
        store.create(f"{published}/{DATA_DESCRIPTION}", Body.of_bytes(b"{}"))
    if example.bucket in ("same", "indexed", "damaged"):
        _publish(asset, store)
        if example.bucket == "damaged":
            del store.objects[f"{name}/subject.json"]
        if example.bucket == "indexed":
            _index(asset, store)
    elif example.bucket == "different":
        other = example_tree(example)
        other.files["behavior/trials.csv"] = b"trial\n"
        _publish(Asset(other.listing()), store)
    elif example.bucket in ("partial", "interrupted", "abandoned"):
        content_id = "0" * 64 if example.bucket == "partial" else _plan(asset).manifest.content_id
        claim = Claim(content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "aind-lint")
        store.create(f"{name}/{claim_key(1)}", Body.of_bytes(encode(claim)))
        if example.bucket == "abandoned":
            store.create(f"{name}/{end_key(1)}", Body.of_bytes(encode(End("abandoned", content_id))))
    elif example.bucket == "foreign":
        store.create(f"{name}/ecephys/left.dat", Body.of_bytes(b"left"))
    elif example.bucket == "source":
        store.create(f"{asset.name.source}/{DATA_DESCRIPTION}", Body.of_bytes(b"{}"))
    store.url = example.destination or store.url
    return store


def _index(asset: Asset, store: MemoryStore) -> None:
    """Do what the bucket's indexer does: write the record, rewrite the sidecars, keep their first copies."""
    for sidecar in asset.sidecars():
        key = f"{asset.listing.name}/{sidecar.key}"
        copy = f"{asset.listing.name}/{INDEXER_FOLDER}/{sidecar.kind}.20260101.json"
        store.objects[copy] = store.objects[key]
        store.objects[key] = json.dumps(sidecar.data, indent=3, sort_keys=True).encode("utf-8")
    store.objects[f"{asset.listing.name}/{INDEXER_FILE}"] = b"{}"


def _publish(asset: Asset, store: Store) -> None:
    plan = _plan(asset)
    claim = Claim(plan.manifest.content_id, "0" * 32, "2026-01-01T00:00:00+00:00", "aind-lint")
    commit_plan(plan, store, claim, lambda: asset.listing.files)
