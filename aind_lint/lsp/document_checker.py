"""Checks open texts in three stages, each with the findings of `check`.

1. Syntax: whether the text is JSON that every parser reads alike.
2. File: its schema and the rules about this file, without models.
3. Asset: models, and rules about several files, with the texts of all open files of the asset.

Nothing is read inside data files, and no bucket is asked.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from aind_lint.app.checking.asset_checker import AssetChecker
from aind_lint.app.checking.check_options import CheckOptions, CheckParameters
from aind_lint.asset.asset import Asset
from aind_lint.asset.discovery import is_owning_asset
from aind_lint.asset.listing.folder_scan import scan_folder
from aind_lint.asset.listing.listing import FileStat, Listing
from aind_lint.config.config_file import find_settings
from aind_lint.config.settings import Settings
from aind_lint.engine.baseline import Baseline
from aind_lint.engine.cause import group_by_cause
from aind_lint.engine.rules.rule_loader import LoadedRule, load_rules
from aind_lint.engine.selection import Selection
from aind_lint.engine.suppression import SuppressionTracker
from aind_lint.engine.suppression_set import SuppressionSet
from aind_lint.errors import AindLintError, CheckCancelledError, os_error_reason
from aind_lint.finding import AssetReport, Finding, Location, RuleCrash, Severity
from aind_lint.lsp.messages import ASSET, FILE, SYNTAX, CheckReply, CheckRequest
from aind_lint.lsp.positions import Positions
from aind_lint.report.json_document import finding_json
from aind_lint.report.unchecked import unexplained_lines
from aind_lint.sidecar.kinds import SIDECARS, is_unmerged

#: The verb of the rules of the first stage.
_SYNTAX_VERB = "sidecar_readable"
#: Files of an asset that are listed anew with an open text. In larger assets the sizes on disk are kept.
_MAX_FILES = 50_000

IsCancelled = Callable[[], bool]


def is_sidecar(path: Path) -> bool:
    """Whether a file is a sidecar by its name."""
    return path.name in SIDECARS or is_unmerged(path.name)


def owner_of(path: Path) -> Path:
    """The folder of the asset whose sidecar a file is; outside any asset, the file itself."""
    return path.parent if is_owning_asset(path.parent) else path


class DocumentChecker:
    """Checks open texts. Rules are loaded at first use."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, ...], list[LoadedRule]] = {}
        self._parsed: tuple[int, Asset] | None = None

    def check(self, request: CheckRequest, is_cancelled: IsCancelled) -> Iterator[CheckReply]:
        """Yield the result of each stage of a request.

        Args:
            request: What to check.
            is_cancelled: Called between rules; True ends the check.

        Raises:
            CheckCancelledError: It was cancelled.
        """
        texts = {Path(path): text for path, text in request.texts.items()}
        try:
            settings = _settings(next(iter(texts)))
            if request.task == "text":
                for stage in (SYNTAX, FILE):
                    yield self._check_file(request, stage, texts, settings, is_cancelled)
            else:
                yield self._check_owner(request, texts, settings, is_cancelled)
        except CheckCancelledError:
            raise
        except AindLintError as error:
            yield CheckReply(request.key, request.number, FILE if request.task == "text" else ASSET, error=str(error))
        except OSError as error:
            yield CheckReply(request.key, request.number, ASSET, error=f"{request.key}: {os_error_reason(error)}")

    def _check_file(
        self,
        request: CheckRequest,
        stage: int,
        texts: Mapping[Path, bytes],
        settings: Settings,
        is_cancelled: IsCancelled,
    ) -> CheckReply:
        ((path, text),) = texts.items()
        if self._parsed is None or self._parsed[0] != request.number:
            self._parsed = request.number, Asset(_text_listing(path, text), sidecar_only=True)
        asset = self._parsed[1]  # the second stage uses what the first has parsed
        rules = [rule for rule in self._load(settings) if rule.verb.sidecar_scope]
        if stage == SYNTAX:
            rules = [rule for rule in rules if rule.rule.check == _SYNTAX_VERB]
        report = self._run(asset, rules, settings, is_cancelled, fast=True)
        findings = _by_path(report, path.parent, texts, request.encoding, asset)
        return CheckReply(request.key, request.number, stage, findings, [rule.id for rule in rules])

    def _check_owner(
        self, request: CheckRequest, texts: Mapping[Path, bytes], settings: Settings, is_cancelled: IsCancelled
    ) -> CheckReply:
        owner = Path(request.key)
        if owner.is_dir():
            asset = Asset(_with_texts(scan_folder(owner), {path.name: text for path, text in texts.items()}))
            folder = owner
        else:
            asset = Asset(_text_listing(owner, texts[owner]), sidecar_only=True)
            folder = owner.parent
        report = self._run(asset, self._load(settings), settings, is_cancelled, fast=False)
        findings = _by_path(report, folder, texts, request.encoding, asset)
        if unchecked := unexplained_lines(report):
            shown_in = folder / (report.default_file or "")
            findings[str(shown_in if shown_in in texts else next(iter(texts)))].append(_not_checked(unchecked))
        return CheckReply(request.key, request.number, ASSET, findings)

    def _load(self, settings: Settings) -> list[LoadedRule]:
        if settings.extend_rules not in self._rules:
            self._rules[settings.extend_rules] = list(load_rules(Path(folder) for folder in settings.extend_rules))
        return self._rules[settings.extend_rules]

    def _run(
        self, asset: Asset, rules: list[LoadedRule], settings: Settings, is_cancelled: IsCancelled, *, fast: bool
    ) -> AssetReport:
        all_rules = self._load(settings)
        address, name = asset.listing.address, asset.listing.name
        selected = Selection(all_rules, settings).rules_for(address, name) & {rule.id for rule in rules}
        now = datetime.now(timezone.utc)
        parameters = CheckParameters(settings, CheckOptions(fast=fast, contents="none", cache=False), now)
        report = AssetChecker(parameters, all_rules).check(asset, selected, is_cancelled=is_cancelled)
        baseline = Baseline.read(Path(settings.baseline)) if settings.baseline else None
        suppressions = SuppressionSet(SuppressionTracker(settings, all_rules, now.date()), baseline)
        suppressions.apply([report], all_rules, lambda report: selected)
        report.findings = group_by_cause(report.findings)
        return report


def _settings(path: Path) -> Settings:
    """The settings for a file. Rules that need a bucket or the data are for `check`, not for every keystroke."""
    return replace(find_settings([str(path)]), bucket=None, data="absent")


def _text_listing(path: Path, text: bytes) -> Listing:
    return Listing(path.name, path.as_posix(), {path.name: FileStat(len(text))}, lambda key: io.BytesIO(text))


def _with_texts(listing: Listing, texts: Mapping[str, bytes]) -> Listing:
    """A listing with open texts in place of the files on disk."""
    files = listing.files
    if len(files) <= _MAX_FILES:
        files = dict(sorted({**files, **{key: FileStat(len(text)) for key, text in texts.items()}}.items()))

    def open_text(key: str) -> BinaryIO:
        return io.BytesIO(texts[key]) if key in texts else listing.open(key)

    return replace(listing, files=files, open=open_text, read_part=None)


def _by_path(
    report: AssetReport, folder: Path, texts: Mapping[Path, bytes], encoding: str, asset: Asset
) -> dict[str, list[dict[str, Any]]]:
    """The findings of a report in the open files, with positions; those about the asset itself in one of them."""
    findings: dict[str, list[dict[str, Any]]] = {str(path): [] for path in texts}
    for finding in [*report.findings, *map(_crash, report.crashes)]:
        where = folder / (finding.location.file or report.default_file or "")
        if finding.location.file is None and where not in texts:
            where = next(iter(texts))  # a finding about the asset is shown in one of its open files
        if where not in texts:
            continue
        sidecar = asset.sidecar(where.name)
        positions = Positions(sidecar.text if sidecar else "", texts[where].startswith(b"\xef\xbb\xbf"), encoding)
        findings[str(where)].append(
            {
                **finding_json(finding),
                "range": positions.range_of(finding.location),
                "edit_ranges": [positions.range_of_edit(edit) for edit in finding_json(finding).get("edits", [])],
            }
        )
    return findings


def _not_checked(lines: list[str]) -> dict[str, Any]:
    """One information at the beginning of a file, so that no finding is not taken for "everything was checked"."""
    finding = Finding("", "not-checked", Severity.INFO, f"Not checked: {'; '.join(lines)}")
    return {**finding_json(finding), "range": [[0, 0], [0, 0]], "edit_ranges": []}


def _crash(crash: RuleCrash) -> Finding:
    return Finding(crash.rule, "internal-error", Severity.ERROR, f"internal error: {crash.error}", Location())
