"""What was lost, changed or added in published assets since the last audit, or since they were committed.

A listing is days old and not of one moment. So nothing counts as lost before a HEAD has confirmed it. What is known of
an object that a listing does not have stays in the state, and is compared with every later listing until it is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from aind_lint.audit.audit_rules import (
    LOSS_NOT_CONFIRMED,
    OBJECT_ADDED,
    OBJECT_CHANGED,
    OBJECT_LOST,
    OBJECT_REWRITTEN,
    restore_asset,
)
from aind_lint.audit.listing.object_tables import EXEMPT, is_exempt, quoted
from aind_lint.audit.model import AuditFinding, ObjectChange
from aind_lint.audit.state.audit_state import KnownAsset
from aind_lint.audit.times import HOUR, iso
from aind_lint.text.quantities import format_count

if TYPE_CHECKING:
    import duckdb


#: Changes of one asset that are listed; the finding has the number of all of them.
MAX_CHANGES = 1_000

#: An asset whose newest object was so young at the last listing may still have been uploaded.
_UPLOADING = 24 * HOUR

#: SQL for no keys.
_NO_KEYS = "SELECT '' AS asset, '' AS key, 0 AS size, '' AS etag, 0 AS modified WHERE false"


@dataclass
class Comparison:
    """The changes since the last audit.

    Attributes:
        changes: At most `MAX_CHANGES` for each asset, sorted.
        counts: Number of all changes by asset, kind and category.
        losing: Assets that have lost anything since the last audit, apart from what the indexer owns.
        missing: A file with what is known of every object that this listing does not have; None if it has all.
        heads: HEAD requests made.
        lists: LIST requests made.
        gone: Assets that have no object any more.
        seen: Assets with an object that a HEAD request has found and this listing does not have.
        problem: Why losses could not be confirmed; empty if they could.
    """

    changes: list[ObjectChange]
    counts: dict[tuple[str, str, str], int]
    losing: set[str] = field(default_factory=set)
    missing: Path | None = None
    heads: int = 0
    lists: int = 0
    gone: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    problem: str = ""


def compare_keys(
    database: duckdb.DuckDBPyConnection,
    known: Mapping[str, KnownAsset],
    candidates: Iterable[str],
    old_parts: Sequence[Path],
    new_parts: Sequence[Path],
    missing: Path | None,
    last_created: int,
    spill: Path,
) -> Comparison:
    """Compare the keys of assets with those of the last audit.

    Args:
        database: The database.
        known: The assets of the last audit.
        candidates: Published assets whose fingerprint has changed, or that are gone, and those with missing objects.
        old_parts: Files with their keys in the last audit.
        new_parts: Files with their keys now.
        missing: A file with the objects that earlier listings had and the last one did not; None without such.
        last_created: The time of the last listing, milliseconds since 1970.
        spill: A folder for temporary files.
    """
    rows = [
        (name, Path(known[name].key_part or "").name, _is_settled(known[name], last_created))
        if name in known
        else (name, "", True)  # nothing of the asset was in the last listing
        for name in sorted(candidates)
    ]
    if not rows:
        return Comparison([], {})
    database.execute("CREATE OR REPLACE TEMP TABLE compared (asset VARCHAR, part VARCHAR, settled BOOLEAN)")
    database.executemany("INSERT INTO compared VALUES (?, ?, ?)", rows)
    now, before, gone = _select_compared(new_parts), _NO_KEYS, _select_compared([missing] if missing else [])
    if old_parts:
        before = (
            f"SELECT k.asset, key, size, etag, modified FROM read_parquet({quoted(old_parts)}, filename = true) AS k "
            "JOIN compared AS c ON k.asset = c.asset AND parse_filename(k.filename) = c.part"
        )
    database.execute(
        "CREATE OR REPLACE TEMP TABLE differences AS SELECT asset, key, "
        "CASE WHEN n.key IS NULL THEN 'lost' WHEN o.key IS NULL THEN 'added' ELSE 'changed' END AS kind, "
        "o.size AS old_size, n.size AS new_size, o.etag AS old_etag, n.etag AS new_etag, "
        "o.modified AS old_time, n.modified AS new_time, was_missing FROM "
        f"(SELECT *, false AS was_missing FROM ({before}) UNION ALL SELECT *, true FROM ({gone})) AS o "
        f"FULL JOIN (SELECT true AS present, * FROM ({now})) AS n USING (asset, key) "
        "WHERE n.key IS NULL OR o.key IS NULL OR n.size IS DISTINCT FROM o.size OR n.etag IS DISTINCT FROM o.etag"
    )
    database.execute(
        "CREATE OR REPLACE TEMP TABLE changes AS SELECT d.*, CASE "
        "WHEN kind = 'lost' THEN 'unconfirmed' "
        f"WHEN {EXEMPT} THEN CASE WHEN starts_with(key, 'quality_control/') THEN 'warning' ELSE 'indexer' END "
        "WHEN kind = 'added' THEN 'warning' "
        "WHEN old_size IS DISTINCT FROM new_size THEN 'damaged' ELSE 'warning' END AS category "
        "FROM differences AS d JOIN compared AS c USING (asset) "
        # An asset that is not settled was still being uploaded at the last listing.
        "WHERE kind <> 'added' OR c.settled"
    )
    counted = database.execute(
        "SELECT asset, kind, category, count(*) FROM changes GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    listed = database.execute(
        "SELECT asset, key, kind, category, old_size, new_size, old_etag, new_etag, old_time, new_time FROM changes "
        f"QUALIFY row_number() OVER (PARTITION BY asset ORDER BY category, kind, key) <= {MAX_CHANGES} "
        "ORDER BY asset, key"
    ).fetchall()
    changes = [
        ObjectChange(*row[:4], _REASONS[row[2], row[3]], *row[4:8], *map(iso, row[8:]))  # type: ignore[call-arg]
        for row in listed
    ]
    losing = database.execute(
        "SELECT DISTINCT asset FROM changes WHERE kind = 'lost' AND category <> 'indexer' AND NOT was_missing"
    ).fetchall()
    return Comparison(
        changes,
        {(asset, kind, category): count for asset, kind, category, count in counted},
        {asset for (asset,) in losing},
        _write_missing(database, spill / "missing.parquet"),
    )


def _select_compared(files: Sequence[Path]) -> str:
    """SQL for the keys of the compared assets in some files."""
    if not files:
        return _NO_KEYS
    columns = "asset, key, size, etag, modified"
    return f"SELECT {columns} FROM read_parquet({quoted(files)}) SEMI JOIN compared USING (asset)"


def _write_missing(database: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """Write what is known of the objects that this listing does not have, whether a HEAD request finds them or not."""
    target = str(path).replace("'", "''")
    database.execute(
        "COPY (SELECT asset, key, old_size AS size, old_etag AS etag, old_time AS modified FROM differences "
        f"WHERE kind = 'lost' ORDER BY asset, key) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return path


_REASONS: dict[tuple[str, str], str] = {
    ("lost", "unconfirmed"): "not in this listing",
    ("changed", "damaged"): "another size",
    ("changed", "warning"): "the same size, another ETag; the content cannot be compared",
    ("changed", "indexer"): "the indexer of the bucket may write it",
    ("added", "warning"): "not in the last listing",
    ("added", "indexer"): "the indexer of the bucket or aind-lint may write it",
}


def _is_settled(asset: KnownAsset, last_created: int) -> bool:
    """Whether everything that its part of keys does not have was added after its upload, as far as times show."""
    return asset.key_part is not None and _has_ended(asset, last_created)


def _has_ended(asset: KnownAsset, last_created: int) -> bool:
    return asset.modified_ms is None or asset.modified_ms < last_created - _UPLOADING


def category_of_other_size(key: str) -> Literal["damaged", "warning", "indexer"]:
    """The category of a change of an object that has another size."""
    if not is_exempt(key):
        return "damaged"
    return "warning" if key.startswith("quality_control/") else "indexer"


def change_findings(comparison: Comparison) -> list[AuditFinding]:
    """One finding for each kind of change of each asset."""
    rules = {
        ("lost", "damaged"): (OBJECT_LOST, "is", "are", "gone"),
        ("lost", "unconfirmed"): (LOSS_NOT_CONFIRMED, "is", "are", "not in this listing"),
        ("lost", "warning"): (OBJECT_LOST, "is", "are", "gone"),
        ("changed", "damaged"): (OBJECT_CHANGED, "has", "have", "another content"),
        ("changed", "warning"): (OBJECT_REWRITTEN, "was", "were", "written again, with the same size and another ETag"),
        ("added", "warning"): (OBJECT_ADDED, "was", "were", "added"),
    }
    first: dict[tuple[str, str, str], ObjectChange] = {}
    for change in comparison.changes:
        first.setdefault((change.asset, change.kind, change.category), change)
    found = []
    for (asset, kind, category), count in sorted(comparison.counts.items()):
        if (kind, category) not in rules:
            continue
        if asset in comparison.gone and kind == "lost":
            found.append(
                OBJECT_LOST.finding(
                    asset,
                    f"the whole asset is gone: {format_count(count, 'object')}",
                    count=count,
                    fix=restore_asset(asset),
                )
            )
            continue
        rule, singular, plural, text = rules[kind, category]
        example = first.get((asset, kind, category))
        if example is None:  # `MAX_CHANGES` others are listed
            verb = singular if count == 1 else plural
            found.append(rule.finding(asset, f"{format_count(count, 'more object')} {verb} {text}", None, count))
        else:
            sizes = f" ({_size(example.old_size)}, now {_size(example.new_size)})" if kind == "changed" else ""
            made = rule.finding(asset, f"{example.key} {singular} {text}{sizes}{_more(count)}", example.key, count)
            found.append(replace(made, severity="warning") if (kind, category) == ("lost", "warning") else made)
    return found


def _more(count: int) -> str:
    return f"; {count - 1:,} more like this" if count > 1 else ""


def _size(size: Any) -> str:
    return f"{size:,} bytes" if size is not None else "size unknown"
