"""The cache of check results, in the user's cache folder.

An entry is the report of one asset with its dependencies (`aind_lint.engine.cache_dependencies`). Its name is a digest
of the rule files, the installed packages, the options of the check and the listing of the asset. A report that depends
on a bucket, on the time of day or on a crashed rule is not cached. An entry is written to a temporary file and then
renamed, so concurrent runs can share a cache. Publishing does not use the cache.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.cache_dependencies import DependencyTrace, dependencies_unchanged, listing_digest
from aind_lint.finding import AssetReport, Edit, Finding, Location, NotChecked, Severity, Skipped

_FORMAT = "6"
#: Entries in each of the 256 folders of the cache, and bytes of one entry: the cache never exceeds 4 GB. Writing an
#: entry into a full folder takes 0.6 ms. An entry of an asset without findings has about 2 KB.
_MAX_ENTRIES, _MAX_ENTRY_SIZE = 64, 2**18


class ResultCache:
    """Cached reports that were made with the same rules, packages and options."""

    def __init__(self, folder: Path, check_id: str, now: float) -> None:
        """Open a cache; nothing is read or written yet.

        Args:
            folder: The cache folder.
            check_id: Identifies everything apart from the asset that a report depends on.
            now: The time of the run, in seconds since 1970.
        """
        self._folder = folder
        self._check_id = check_id
        self._now = now

    def find(self, listing: Listing) -> AssetReport | None:
        """The report of an asset whose dependencies are unchanged; None when there is none."""
        digest = listing_digest(listing)
        try:
            entry = json.loads(self._path(digest).read_bytes())
            # If the clock was set back, a time that was past may not be past now.
            if entry["at"] > self._now or not dependencies_unchanged(entry["dependencies"], listing, digest):
                return None
            return _report(entry["report"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def store(self, report: AssetReport, trace: DependencyTrace) -> None:
        """Cache a report with its dependencies; failures to write are ignored."""
        dependencies = trace.dependencies()
        if dependencies is None or report.crashes or report.bucket_error or report.read_error:
            return
        # `vars` of the parts of a report takes a tenth of the time of `asdict`, which copies every value.
        text = json.dumps({"at": self._now, "dependencies": dependencies, "report": report}, default=vars)
        if len(text) <= _MAX_ENTRY_SIZE:
            write_entry(self._path(trace.listing_digest), text)

    def _path(self, digest: str) -> Path:
        return entry_path(self._folder, f"{self._check_id}\0{digest}")


def entry_path(folder: Path, name: str) -> Path:
    """The file of the entry called ``name``."""
    digest = hashlib.blake2b(f"{_FORMAT}\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return folder / digest[:2] / f"{digest[2:]}.json"


def write_entry(path: Path, text: str) -> None:
    """Write an entry atomically, and remove the oldest entries of its folder when there are too many."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
        try:
            temporary.write_text(text, encoding="ascii")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if sum(1 for _ in path.parent.iterdir()) > _MAX_ENTRIES:
            entries = sorted(path.parent.glob("[0-9a-f]*.json"), key=lambda entry: entry.stat().st_mtime_ns)
            for old in entries[: max(0, len(entries) - _MAX_ENTRIES)]:
                old.unlink()
    except OSError:
        return  # the disk is full or read-only, or another run removed a file first


def _report(content: dict[str, Any]) -> AssetReport:
    content["findings"] = [_finding(finding) for finding in content["findings"]]
    content["skipped"] = [Skipped(rule, tuple(reason), file) for rule, reason, file in content["skipped"]]
    content["not_checked"] = [NotChecked(*not_checked) for not_checked in content["not_checked"]]
    return AssetReport(**content)


def _finding(content: dict[str, Any]) -> Finding:
    content["severity"] = Severity(content["severity"])
    content["location"] = Location(*content["location"])
    content["related"] = tuple(Location(*location) for location in content["related"])
    content["compares"] = tuple(content["compares"])
    content["edits"] = tuple(Edit(*edit) for edit in content["edits"])
    content["same_cause"] = ()  # reports are cached before findings are grouped
    return Finding(**content)
