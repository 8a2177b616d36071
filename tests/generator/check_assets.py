"""Checking drawn assets as a user would: on disk, as candidates, against a bucket."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from aind_lint import check, publish
from aind_lint.examples.tree import Tree
from aind_lint.finding import AssetReport, Severity
from tests.generator import draw_assets, draw_recording
from tests.generator.edits import NotApplicableError
from tests.generator.planted import Planted, upload_manifest
from tests.generator.uploads import write_uploads


@dataclass(frozen=True)
class Outcome:
    """What one planted fault brought.

    Attributes:
        seed: Of the asset.
        asset: Its name, without the fault.
        fired: The rules with findings, each with its severity.
        errors: The rules of each error that is shown: that of the finding, and those with the same cause.
    """

    seed: int
    asset: str
    fired: dict[str, str]
    errors: tuple[tuple[str, ...], ...]

    def is_only(self, rule: str) -> bool:
        """Whether no error has another cause than a rule's."""
        return all(rule in rules for rules in self.errors)

    def is_first(self, rule: str) -> bool:
        """Whether the first error has a rule's cause; also if there is none, because the rule warns."""
        return not self.errors or rule in self.errors[0]


def check_drawn(seed: int, folder: Path) -> Iterator[AssetReport]:
    """Check the assets of a seed, each as a candidate and as what ``check`` takes it for."""
    assets = _drawn(seed)
    _publish_sources(assets, folder)
    for tree in assets:
        path = tree.write(folder / "rig")
        bucket = folder / ("empty" if tree is assets[0] else "bucket")
        for profile in ("candidate", None):
            yield from check([path], bucket=str(bucket), profile=profile).assets  # type: ignore[arg-type]


def can_be_uploaded(seed: int) -> bool:
    """Whether the watchdog service could upload the raw asset of a seed."""
    try:
        upload_manifest(_drawn(seed)[0])
    except NotApplicableError:
        return False
    return True


def check_upload(seed: int, folder: Path) -> AssetReport:
    """Check the raw asset of a seed by way of its upload manifest."""
    tree = _drawn(seed)[0]
    (folder / "bucket").mkdir()
    path = tree.write(folder / "rig") / "manifest.yml"
    path.write_text(yaml.safe_dump(upload_manifest(tree)), encoding="utf-8")
    (report,) = check([path], bucket=str(folder / "bucket"), profile="candidate").assets
    return report


def check_uploads(seed: int, folder: Path) -> Iterator[tuple[str, AssetReport]]:
    """Check the manifests of both dialects, the request and the tables that upload the raw asset of a seed."""
    tree = _drawn(seed)[0]
    for path in write_uploads(tree, upload_manifest(tree), folder):
        for report in check([path]).assets:
            yield path.name, report


def publish_drawn(seed: int, folder: Path) -> list[AssetReport]:
    """Publish the raw asset of a seed and what was derived from it alone, and check them where they are now."""
    raw, *others = _drawn(seed)
    for tree in (raw, *(other for other in others if other.name.startswith(raw.name))):
        publish(tree.write(folder / "rig"), str(folder / "bucket"))
    return check([folder / "bucket"]).assets


def try_planted(fault: Planted, number: int, folder: Path) -> Outcome:
    """Plant a fault into the ``number``-th asset that it fits, and check that."""
    return _try(fault, *_plant(fault, number), folder)


def write_planted(fault: Planted, number: int, folder: Path) -> Path:
    """Plant a fault into the ``number``-th asset that it fits, and write that, without bucket and manifest."""
    _, _, planted, *_ = _plant(fault, number)
    return planted.write(folder / "rig")


def _plant(fault: Planted, number: int) -> tuple[int, Tree, Tree, bytes | None, list[Tree]]:
    """The seed, the asset without and with the fault, the upload manifest, and all assets of the seed."""
    chance = random.Random(f"{fault.name} {number}")
    for _ in range(400):
        seed = chance.randrange(100_000)
        if fault.generation and draw_recording(seed).generation not in fault.generation:
            continue
        assets = _drawn(seed)
        derived = [tree for tree in assets[1:] if tree.name.startswith(assets[0].name)]
        fitting = {"raw": assets[:1], "derived": derived, "": assets}[fault.level]
        if not fitting:
            continue
        tree = chance.choice(fitting)
        try:
            planted = fault.plant(tree)
            upload = fault.upload(tree) if fault.manifest is not None else None
        except NotApplicableError:
            continue
        return seed, tree, planted, upload, assets
    raise AssertionError(f"no drawn asset has a place for: {fault.name}")


def _try(
    fault: Planted, seed: int, tree: Tree, planted: Tree, upload: bytes | None, assets: list[Tree], folder: Path
) -> Outcome:
    if fault.bucket != "nothing" and tree is not assets[0]:
        _publish_sources(assets, folder)
    if fault.bucket in ("before", "lost"):
        publish(tree.write(folder / "before"), str(folder / "bucket"))
    if fault.bucket == "lost":
        (folder / "bucket" / tree.name / "processing.json").unlink()
    if fault.bucket == "foreign":
        Tree(tree.name, {"left.dat": b"left"}).write(folder / "bucket")
    (folder / "bucket").mkdir(parents=True, exist_ok=True)
    parent = folder / "sources" / (assets[0].name if fault.inside else "")
    path = planted.write(parent)
    if upload is not None:
        path = path / "manifest.yml"
        path.write_bytes(upload)
    (report,) = check([path], bucket=str(folder / "bucket"), profile="candidate").assets
    assert not report.crashes, report.crashes[0].traceback
    fired = {finding.rule: finding.severity.value for finding in report.all_findings}
    errors = tuple(
        (finding.rule, *(other.rule for other in finding.same_cause))
        for finding in report.findings
        if finding.severity is Severity.ERROR
    )
    return Outcome(seed, tree.name, fired, errors)


def _publish_sources(assets: list[Tree], folder: Path) -> None:
    """Publish the sources of the derived assets of a seed, from a sibling folder."""
    if len(assets) > 1:
        publish(assets[0].write(folder / "sources"), str(folder / "bucket"))
    (folder / "empty").mkdir(parents=True, exist_ok=True)


@lru_cache(maxsize=50)
def _drawn(seed: int) -> list[Tree]:
    return draw_assets(seed)
