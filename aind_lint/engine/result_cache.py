"""Reports of assets that were checked before, kept in the user's cache folder.

A report is kept with all that it rests on (`aind_lint.engine.cache_dependencies`), under a name made of the rules'
bytes, the installed packages and how the check was asked for. Nothing is kept that rests on a bucket, on the time of
day or on a crash. Every entry is one small file that is written beside its name and moved there, so that several runs
may share a cache; a folder of the cache holds so many entries and no more. Publishing never looks here.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aind_lint.asset.listing.listing import Listing
from aind_lint.engine.cache_dependencies import DependencyTrace, holds, listing_id
from aind_lint.finding import AssetReport, Finding, Location, NotChecked, Severity, Skipped

_FORMAT = "1"
#: Entries in each of the 256 folders of the cache, and bytes of one entry.
_ENTRIES, _SIZE = 64, 2**18


class ResultCache:
    """The reports that were made under the same rules, packages and options."""

    def __init__(self, folder: Path, circumstances: str, now: float) -> None:
        """Open a cache; nothing is read or written yet.

        Args:
            folder: Its folder.
            circumstances: Everything beside the asset that a report rests on.
            now: The moment of the run, in seconds since 1970.
        """
        self._folder = folder
        self._circumstances = circumstances
        self._now = now

    def find(self, listing: Listing) -> AssetReport | None:
        """The report of an asset that is still what it was; None when there is none."""
        listed = listing_id(listing)
        try:
            kept = json.loads(self._path(listed).read_bytes())
            # With a clock that was set back, what was past need not be past.
            if kept["at"] > self._now or not holds(kept["facts"], listing, listed):
                return None
            return _report(kept["report"])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def keep(self, report: AssetReport, trace: DependencyTrace) -> None:
        """Keep a report with what it rests on; a cache that cannot be written is none."""
        facts = trace.facts()
        if facts is None or report.crashes or report.bucket_error:
            return
        text = json.dumps({"at": self._now, "facts": facts, "report": asdict(report)})
        if len(text) <= _SIZE:
            write_entry(self._path(trace.listed), text)

    def _path(self, listed: str) -> Path:
        return entry_path(self._folder, f"{self._circumstances}\0{listed}")


def entry_path(folder: Path, name: str) -> Path:
    """The file of an entry."""
    digest = hashlib.blake2b(f"{_FORMAT}\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return folder / digest[:2] / f"{digest[2:]}.json"


def write_entry(path: Path, text: str) -> None:
    """Write an entry at once or not at all, and remove the oldest of its folder when there are too many."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
        try:
            temporary.write_text(text, encoding="ascii")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        entries = sorted(path.parent.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)
        for old in entries[: max(0, len(entries) - _ENTRIES)]:
            old.unlink()
    except OSError:
        return  # full, read-only, or another run was quicker


def _report(content: dict[str, Any]) -> AssetReport:
    content["findings"] = [_finding(one) for one in content["findings"]]
    content["skipped"] = [Skipped(one["rule"], tuple(one["because"])) for one in content["skipped"]]
    content["not_checked"] = [NotChecked(**one) for one in content["not_checked"]]
    return AssetReport(**content)


def _finding(content: dict[str, Any]) -> Finding:
    content["severity"] = Severity(content["severity"])
    content["location"] = Location(**content["location"])
    content["related"] = tuple(Location(**place) for place in content["related"])
    return Finding(**content)
