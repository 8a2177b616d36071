"""Changes that earlier audits found stay in the result until they are undone: a lost object stays lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aind_lint.audit.changes import Comparison, category_of_other_size
from aind_lint.audit.model import ObjectChange
from aind_lint.audit.times import iso

if TYPE_CHECKING:
    import duckdb

#: Size, ETag and time of an object in this listing.
_Row = tuple[int | None, str | None, int | None]


def merge_open_changes(
    database: duckdb.DuckDBPyConnection, before: Sequence[ObjectChange], comparison: Comparison, created: str
) -> Comparison:
    """The changes of this audit, with those of earlier ones that are not undone.

    Args:
        database: The database with the view ``objects``.
        before: The changes in the state.
        comparison: The changes since the last audit.
        created: The time of this listing.
    """
    counts = dict(comparison.counts)
    current = {(change.asset, change.key): replace(change, since=created) for change in comparison.changes}
    rows = _current_rows(database, before)
    for change in before:
        place = change.asset, change.key
        if again := current.pop(place, None):
            counts[again.asset, again.kind, again.category] -= 1
        kept = _still(change, rows.get(place))
        if kept is not None:
            current[place] = kept
            counter = kept.asset, kept.kind, kept.category
            counts[counter] = counts.get(counter, 0) + 1
    changes = [current[place] for place in sorted(current)]
    return replace(comparison, changes=changes, counts={key: count for key, count in counts.items() if count > 0})


def _current_rows(database: duckdb.DuckDBPyConnection, changes: Iterable[ObjectChange]) -> dict[tuple[str, str], _Row]:
    """The objects of changes as they are in this listing."""
    places = {f"{change.asset}/{change.key}": (change.asset, change.key) for change in changes}
    if not places:
        return {}
    database.execute("CREATE OR REPLACE TEMP TABLE places AS SELECT unnest(?::VARCHAR[]) AS key", [list(places)])
    found = database.execute("SELECT key, size, etag, modified FROM objects SEMI JOIN places USING (key)").fetchall()
    return {places[key]: (size, etag, modified) for key, size, etag, modified in found}


def _still(change: ObjectChange, row: _Row | None) -> ObjectChange | None:
    """A change as it is now; None if it is undone."""
    if row is None:
        if change.kind == "added":
            return None
        if change.kind == "lost":
            return change
        lost = replace(change, kind="lost", category="unconfirmed", reason="not in this listing")
        return replace(lost, new_size=None, new_etag=None, new_time=None)
    size, etag, modified = row
    if change.kind == "added":
        return replace(change, new_size=size, new_etag=etag, new_time=iso(modified))
    is_restored = size == change.old_size and (change.kind == "lost" or etag == change.old_etag or not change.old_etag)
    if is_restored:
        return None
    now = replace(change, kind="changed", new_size=size, new_etag=etag, new_time=iso(modified))
    if size != change.old_size:
        return replace(now, category=category_of_other_size(change.key), reason="another size")
    return now
