"""Every key of the bucket by asset, as sorted Parquet files that are written once.

An audit writes the keys of the assets that are new or changed, into new parts; each asset names the part that has its
keys. Parts whose rows are mostly of assets that have moved to later parts are written again together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aind_lint.audit.batches import split_by_size
from aind_lint.audit.listing.object_tables import one_row, quoted
from aind_lint.audit.state.audit_state import file_md5

if TYPE_CHECKING:
    import duckdb

#: Rows of one part: about 250 MB of Parquet, and what DuckDB sorts at once.
_PART_ROWS = 5_000_000

#: Rows of one row group. The rows of an asset are found by the smallest and largest name of each group.
_GROUP_ROWS = 50_000


#: Some keys, and the sizes of these objects in bytes.
KeyBlock = tuple[list[str], list[int]]


@dataclass
class NewParts:
    """The parts that an audit has written into the spill folder.

    Attributes:
        paths: The files by name, which contains the beginning of the MD5.
        part_of: The name of the part of each asset.
        contents: ``rows`` and ``md5`` of each part.
        duplicates: Keys that the listing had more than once.
    """

    paths: dict[str, Path]
    part_of: dict[str, str]
    contents: dict[str, dict[str, Any]]
    duplicates: int = 0


def write_parts(
    database: duckdb.DuckDBPyConnection, assets: Mapping[str, int], first_number: int, folder: Path
) -> NewParts:
    """Write the keys of assets into new parts.

    Args:
        database: The database with the view ``objects``.
        assets: The assets with their number of keys.
        first_number: Number of the first part.
        folder: Where to write.
    """
    written = NewParts({}, {}, {})
    groups = list(split_by_size(sorted(assets), assets.__getitem__, _PART_ROWS))
    for offset, (group, rows) in enumerate(zip(groups, _rows_of_parts(database, groups, folder), strict=True)):
        path = folder / f"part-{first_number + offset:06}.parquet"
        _copy(database, f"{rows} ORDER BY asset, key", path)
        repeated = _count_repeated(database, path)
        if repeated:
            unique = (
                f"SELECT DISTINCT ON (asset, key) * FROM ({rows}) ORDER BY asset, key, modified DESC NULLS LAST, etag"
            )
            _copy(database, unique, path)
            written.duplicates += repeated
        md5 = file_md5(path)
        name = f"keys/{path.stem}-{md5[:8]}.parquet"
        written.paths[name] = path
        count = one_row(database, f"SELECT count(*) FROM read_parquet({quoted([path])})")[0]
        written.contents[name] = {"rows": int(count), "md5": md5}
        written.part_of.update(dict.fromkeys(group, name))
    return written


def _rows_of_parts(database: duckdb.DuckDBPyConnection, groups: Sequence[Sequence[str]], folder: Path) -> Iterator[str]:
    """SQL for the unsorted rows of each part: asset, key (inside the asset), size, etag, modified.

    The rows of several parts are first written into one folder for each, so that the listing is read once and not for
    every part: of 100 million keys and 20 parts, that takes a fifth of the time.
    """
    columns = "asset, substr(key, length(asset) + 2) AS key, size, etag, modified"
    joined = "FROM objects JOIN wanted USING (asset)"
    numbered = [(name, number) for number, group in enumerate(groups) for name in group]
    database.execute(
        "CREATE OR REPLACE TEMP TABLE wanted AS SELECT unnest(?::VARCHAR[]) AS asset, unnest(?::INTEGER[]) AS part",
        [[name for name, _ in numbered], [part for _, part in numbered]],
    )
    if len(groups) == 1:
        yield f"SELECT {columns} {joined}"
    elif groups:
        split = folder / "split"
        _copy(database, f"SELECT {columns}, part {joined}", split, ", PARTITION_BY (part)")
        for number in range(len(groups)):
            files = sorted((split / f"part={number}").iterdir())
            yield f"SELECT * FROM read_parquet({quoted(files)}, hive_partitioning = false)"
            for file in files:
                file.unlink()


def _copy(database: duckdb.DuckDBPyConnection, query: str, path: Path, options: str = "") -> None:
    """Write the rows of a query as Parquet. Most bytes are those of ETags: a higher level of compression is in vain."""
    target = str(path).replace("'", "''")
    database.execute(
        f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
        f"ROW_GROUP_SIZE {_GROUP_ROWS}{options})"
    )


def _count_repeated(database: duckdb.DuckDBPyConnection, path: Path) -> int:
    """How many rows of a sorted file repeat the key before."""
    query = (
        "SELECT count(*) FROM (SELECT asset = lag(asset) OVER () AND key = lag(key) OVER () AS again "
        f"FROM read_parquet({quoted([path])})) WHERE again"
    )
    return int(one_row(database, query)[0])


def read_keys(path: Path, assets: Iterable[str]) -> Iterator[tuple[str, Iterator[KeyBlock]]]:
    """Keys and sizes of some assets of a part, asset by asset, sorted by key, in blocks.

    The blocks of an asset have to be taken before the next asset: it can have millions of keys.
    """
    for asset, blocks in groupby(_read_blocks(path, sorted(assets)), itemgetter(0)):
        yield asset, ((keys, sizes) for _, keys, sizes in blocks)


def without_empty_key(blocks: Iterable[KeyBlock]) -> Iterator[KeyBlock]:
    """The blocks of an asset without the object that some programs create as its folder, whose key is empty."""
    for keys, sizes in blocks:
        start = 0 if keys[0] else 1
        yield keys[start:], sizes[start:]


def _read_blocks(path: Path, wanted: Sequence[str]) -> Iterator[tuple[str, list[str], list[int]]]:
    import pyarrow
    import pyarrow.compute
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        groups = [number for number in range(file.metadata.num_row_groups) if _has_any(file, number, wanted)]
        for batch in file.iter_batches(10_000, groups, ["asset", "key", "size"]):
            chosen = batch.filter(pyarrow.compute.is_in(batch.column(0), pyarrow.array(wanted, pyarrow.string())))
            runs = pyarrow.compute.run_end_encode(chosen.column(0))
            start = 0
            for asset, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
                rows = chosen.slice(start, end - start)
                yield asset, rows.column(1).to_pylist(), pyarrow.compute.fill_null(rows.column(2), 0).to_pylist()
                start = end


def _has_any(file: Any, group: int, wanted: Sequence[str]) -> bool:
    """Whether a row group can have rows of one of the assets, which are sorted."""
    statistics = file.metadata.row_group(group).column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    index = bisect_left(wanted, str(statistics.min))
    return index < len(wanted) and wanted[index] <= str(statistics.max)
