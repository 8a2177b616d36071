"""Which assets have to be judged, and what they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.audit.asset_task import MAX_INLINE_KEYS, AssetTask, AssetVerdict, SmallObject
from aind_lint.audit.listing.object_tables import AssetFacts
from aind_lint.audit.state.audit_state import SavedVerdict, verdict_json
from aind_lint.audit.state.key_parts import read_keys, without_empty_key
from aind_lint.bucket.control_objects import CONTROL_FOLDER


class VerdictInputs:
    """What verdicts depend on, as one hash for each asset."""

    def __init__(
        self,
        facts: Mapping[str, AssetFacts],
        names: Mapping[str, AssetName],
        twins: Mapping[str, list[str]],
        environment: str,
        created: str,
    ) -> None:
        """Facts, names and twins of the bucket, the judge's environment and the time of the listing."""
        self._facts = facts
        self._names = names
        self._twins = twins
        self._environment = environment
        self._created = created

    def digest(self, name: str, reads: Iterable[str]) -> str:
        """A hash over everything that a verdict depends on.

        Args:
            name: The asset.
            reads: The other assets that the verdict read.
        """
        others = sorted({*reads, *self.related(name)})
        prints = [(other, self._facts[other].fingerprint if other in self._facts else None) for other in others]
        content = [self._environment, name, self._facts[name].fingerprint, prints, self._twins.get(name, [])]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def reusable(self, name: str, saved: Iterable[SavedVerdict]) -> SavedVerdict | None:
        """The verdict that is still right; None if the asset has to be judged."""
        for candidate in saved:
            verdict = candidate.verdict
            is_current = verdict.expires is None or verdict.expires > self._created
            if verdict.unknown is None and is_current and candidate.inputs == self.digest(name, verdict.reads):
                return candidate
        return None

    def saved(self, verdict: AssetVerdict) -> SavedVerdict:
        """A verdict with the hash of its inputs, without what depends on the run."""
        kept = replace(verdict, requests=0, downloaded_bytes=0)
        return SavedVerdict(self.digest(verdict.name, verdict.reads), kept, verdict_json(kept))

    def related(self, name: str) -> list[str]:
        """The other assets whose objects the rules of an asset can read."""
        source = self._names[name].source
        return [source] if source and source != name else []

    def tasks(
        self, names: Iterable[str], parts: Mapping[str, Path], saved: Mapping[str, Iterable[SavedVerdict]]
    ) -> Iterator[AssetTask]:
        """The tasks of some assets.

        Args:
            names: The assets.
            parts: The file with the keys of each asset.
            saved: Earlier verdicts, by asset.
        """
        by_part: dict[Path, list[str]] = {}
        for name in sorted(names):
            by_part.setdefault(parts[name], []).append(name)
        for path, group in by_part.items():
            large = [name for name in group if self._facts[name].keys > MAX_INLINE_KEYS]
            for name in large:
                yield self._task(name, None, [], [str(path)], saved.get(name, ()))
            for name, blocks in read_keys(path, set(group) - set(large)):
                keys, sizes = list[str](), list[int]()
                for some_keys, some_sizes in without_empty_key(blocks):
                    keys += some_keys
                    sizes += some_sizes
                yield self._task(name, keys, sizes, [], saved.get(name, ()))

    def _task(
        self,
        name: str,
        keys: list[str] | None,
        sizes: list[int],
        parts: list[str],
        saved: Iterable[SavedVerdict],
    ) -> AssetTask:
        related = {other: self._small(other) for other in self.related(name)}
        accepted = sorted({digest for one in saved for digest in one.verdict.accepted})
        return AssetTask(
            name, keys, sizes, parts, self._small(name), related, list(self._twins.get(name, [])), accepted
        )

    def _small(self, name: str) -> list[SmallObject]:
        """The sidecars of an asset, and the indexer's copies of them."""
        asset = self._facts.get(name)
        return [
            SmallObject(row.key, row.size or 0, row.etag)
            for row in (asset.small if asset else [])
            if not row.key.startswith(f"{CONTROL_FOLDER}/")
        ]
