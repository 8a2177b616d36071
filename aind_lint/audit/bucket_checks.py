"""Checks that need the whole bucket: names that clash, missing sources, publications without end, stray objects."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aind_lint.asset.naming.asset_name import AssetName
from aind_lint.asset.naming.grammar import parse_name
from aind_lint.asset.naming.name_timestamp import NAME_TIMESTAMP
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.audit.audit_rules import (
    CONTROL_OBJECTS,
    LATE_OBJECT,
    NAMES_CLASH,
    NOT_AN_ASSET,
    ROOT_OBJECT,
    SOURCE_MISSING,
    TWO_ERAS,
    UNFINISHED,
)
from aind_lint.audit.listing.object_tables import EXEMPT, AssetFacts
from aind_lint.audit.model import AuditFinding, ObjectChange, UnfinishedAttempt
from aind_lint.audit.times import HOUR, iso
from aind_lint.bucket.control_objects import CONTROL_FOLDER, DATA_DESCRIPTION, PROBE_KEY, claim_key, group_attempts
from aind_lint.errors import DamagedError
from aind_lint.sidecar.kinds import SIDECARS
from aind_lint.text.characters import one_line
from aind_lint.text.shell import shell_argument

if TYPE_CHECKING:
    import duckdb

#: Findings about root objects, and about prefixes that are no assets; more are counted.
MAX_STRAY = 100

#: An attempt is a fault after this time; before, it is probably still running.
_ATTEMPT_HOURS = 24

#: An object is late if it is so much newer than the publication. The upload of a large asset can take days.
_LATE_HOURS = 7 * 24


@dataclass
class BucketChecks:
    """The results of the checks that need the whole bucket.

    Attributes:
        names: The parsed name of every top-level prefix that can be an asset.
        strays: Top-level prefixes that are no assets.
        findings: Findings, unsorted.
        unfinished: Publications that have not ended.
        in_flight: Assets that were being uploaded at the time of the listing.
        twins: For each name, other names of the same recording or that differ only in case or normalization.
        removed: Prefixes that contain only the control objects of an abandoned publication.
        unchecked: Rules of the bucket that could not be checked.
    """

    names: dict[str, AssetName] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    findings: list[AuditFinding] = field(default_factory=list)
    unfinished: list[UnfinishedAttempt] = field(default_factory=list)
    in_flight: set[str] = field(default_factory=set)
    twins: dict[str, list[str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    unchecked: set[str] = field(default_factory=set)


def check_bucket(
    facts: Mapping[str, AssetFacts], created: int, is_snapshot: bool, address: str, vocabulary: Vocabulary
) -> BucketChecks:
    """Run the checks that need only names and small objects.

    Args:
        facts: The facts of every top-level prefix.
        created: The time of the listing, milliseconds since 1970.
        is_snapshot: Whether the listing is an inventory, which was not made at one moment.
        address: The address of the bucket, for commands.
        vocabulary: The known prefixes and modalities.
    """
    checks = BucketChecks()
    for name, asset in sorted(facts.items()):
        if not name:
            continue
        parsed = parse_name(name, vocabulary=vocabulary)
        if parsed.form is None and not NAME_TIMESTAMP.search(name) and not _has_date(name) and not _has_sidecar(asset):
            checks.strays.append(name)
            continue
        checks.names[name] = parsed
        _check_attempts(checks, asset, created, address)
        if is_snapshot and _is_in_flight(asset, created):
            checks.in_flight.add(name)
    _check_strays(checks)
    _check_twins(checks)
    _check_clashes(checks, [name for name in facts if name])
    return checks


def _has_sidecar(asset: AssetFacts) -> bool:
    return any(row.key in SIDECARS for row in asset.small)


def _has_date(name: str) -> bool:
    """Whether a name has something like a date, so that it was probably meant to be the name of an asset."""
    parts = name.replace("T", "_").split("_")
    return any(len(part) == 10 and part[4] == part[7] == "-" and part.replace("-", "").isdecimal() for part in parts)


def _is_in_flight(asset: AssetFacts, created: int) -> bool:
    """Whether an asset was probably being uploaded while the inventory was made."""
    if asset.first_modified is None or asset.last_modified is None:
        return False
    is_committed = any(row.key == DATA_DESCRIPTION for row in asset.small) and any(
        row.key.startswith(f"{CONTROL_FOLDER}/end-") for row in asset.small
    )
    return asset.first_modified >= created - 24 * HOUR and not (is_committed and asset.last_modified < created)


def _check_attempts(checks: BucketChecks, asset: AssetFacts, created: int, address: str) -> None:
    times = {row.key: row.modified for row in asset.small}
    control = [key for key in times if key.startswith(f"{CONTROL_FOLDER}/")]
    if not control:
        return
    try:
        attempts = group_attempts(control)
    except DamagedError as error:
        checks.findings.append(CONTROL_OBJECTS.finding(asset.name, one_line(str(error), 200), control[0]))
        return
    if not attempts:
        return
    last = max(attempts)
    is_published = DATA_DESCRIPTION in times
    if "closed" in attempts[last] or ("end" in attempts[last] and is_published):
        if not is_published and asset.keys == len(control):
            checks.removed.add(asset.name)
        return
    started = times.get(claim_key(last))
    age = None if started is None else max(0.0, (created - started) / HOUR)
    finish = "end" in attempts[last] or is_published
    command = f"aind-lint abandon {shell_argument(asset.name)} --in {shell_argument(address)}"
    if finish:
        command = f"aind-lint publish {shell_argument(asset.name)} --to {shell_argument(address)}"
    checks.unfinished.append(
        UnfinishedAttempt(
            asset.name, "claim", claim_key(last), iso(started), None if age is None else round(age, 1), command
        )
    )
    if age is None or age >= _ATTEMPT_HOURS:
        days = "at an unknown time" if age is None else f"{age / 24:,.0f} days before this listing"
        stage = "is decided, but not complete" if finish else "has not ended"
        fix = f"Run '{command}'." if finish else f"Finish it with 'aind-lint publish', or remove it: '{command}'."
        message = f"attempt {last} began {days} and {stage}"
        checks.findings.append(UNFINISHED.finding(asset.name, message, claim_key(last), fix=fix))


def _check_strays(checks: BucketChecks) -> None:
    for name in checks.strays[:MAX_STRAY]:
        checks.findings.append(NOT_AN_ASSET.finding(name, f"'{one_line(name, 100)}' is not the name of an asset"))
    if len(checks.strays) > MAX_STRAY:
        count = len(checks.strays) - MAX_STRAY
        message = (
            f"{count:,} more prefixes are not names of assets, such as '{one_line(checks.strays[MAX_STRAY], 100)}'"
        )
        checks.findings.append(NOT_AN_ASSET.finding("", message, count=count))


def _check_twins(checks: BucketChecks) -> None:
    """The same recording under a name with a prefix and one without."""
    recordings: dict[tuple[object, ...], list[AssetName]] = defaultdict(list)
    for name in checks.names.values():
        if name.subject_id and name.acquired and not name.problems:
            recordings[name.subject_id, name.acquired, name.label, name.processed].append(name)
    for same in recordings.values():
        bare = [name.text for name in same if not name.prefix]
        prefixed = [name.text for name in same if name.prefix]
        if bare and prefixed:
            for one, others in [*((n, prefixed) for n in bare), *((n, bare) for n in prefixed)]:
                checks.findings.append(TWO_ERAS.finding(one, f"the same recording is also published as {others[0]}"))
                checks.twins[one] = sorted({*checks.twins.get(one, []), *others})


def _check_clashes(checks: BucketChecks, names: Sequence[str]) -> None:
    """Names that are one folder on Windows or macOS."""
    seen, repeated = set[str](), set[str]()  # a list for each of a million names would take 100 MB
    for name in names:
        folded = _folded(name)
        (repeated if folded in seen else seen).add(folded)
    clashes: dict[str, list[str]] = defaultdict(list)
    for name in names if repeated else ():
        if (folded := _folded(name)) in repeated:
            clashes[folded].append(name)
    for same in clashes.values():
        for name in same:
            others = sorted(other for other in same if other != name)
            message = f"the name is equal to {others[0]}, except for case or Unicode normalization"
            checks.findings.append(NAMES_CLASH.finding(name, message))
            checks.twins[name] = sorted({*checks.twins.get(name, []), *others})


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def check_sources(checks: BucketChecks, present: Container[str]) -> list[AuditFinding]:
    """Findings about derived assets whose source is not among the top-level prefixes of the bucket."""
    found = []
    recordings = {(name.subject_id, name.acquired): name.text for name in checks.names.values() if name.form == "raw"}
    for name in checks.names.values():
        if name.form != "derived" or not name.source or name.source in present:
            continue
        other = recordings.get((name.subject_id, name.acquired))
        hint = f"; the bucket has {other}" if other else ""
        found.append(SOURCE_MISSING.finding(name.text, f"its source {name.source} is not in the bucket{hint}"))
    return found


def check_root(database: duckdb.DuckDBPyConnection, facts: Mapping[str, AssetFacts]) -> list[AuditFinding]:
    """Findings about objects outside any asset."""
    if "" not in facts:
        return []
    query = f"FROM objects WHERE asset = '' AND key <> '{PROBE_KEY}'"
    rows = database.execute(f"SELECT key {query} ORDER BY key LIMIT {MAX_STRAY + 1}").fetchall()
    found = [
        ROOT_OBJECT.finding("", f"'{one_line(key, 100)}' is outside any asset", key) for (key,) in rows[:MAX_STRAY]
    ]
    if len(rows) > MAX_STRAY:
        total = database.execute(f"SELECT count(*) {query}").fetchall()[0][0] - MAX_STRAY
        found.append(ROOT_OBJECT.finding("", f"{total:,} more objects are outside any asset", rows[-1][0], total))
    return found


def check_late_objects(
    database: duckdb.DuckDBPyConnection,
    facts: Mapping[str, AssetFacts],
    names: Iterable[str],
    changes: Iterable[ObjectChange],
) -> list[AuditFinding]:
    """Findings about data that is much newer than the publication of its asset, except objects known as changed.

    The time of a publication is that of its decision, or that of data_description.json, which is stored last. The
    indexer rewrites the latter, so without a decision a late object can go unnoticed.
    """
    limits = []
    for name in names:
        asset = facts[name]
        times = {row.key: row.modified for row in asset.small if row.modified is not None}
        ends = [time for key, time in times.items() if key.startswith(f"{CONTROL_FOLDER}/end-")]
        published = max(ends) if ends else times.get(DATA_DESCRIPTION)
        if published is None or asset.last_data is None:
            continue
        limit = published + _LATE_HOURS * HOUR
        if asset.last_data > limit:
            limits.append((name, limit, published))
    if not limits:
        return []
    database.execute("CREATE OR REPLACE TEMP TABLE limits (asset VARCHAR, latest BIGINT, published BIGINT)")
    database.executemany("INSERT INTO limits VALUES (?, ?, ?)", limits)
    rows = database.execute(
        "SELECT asset, count(*), min(key), max(modified), any_value(published) FROM ("
        "SELECT o.asset, substr(o.key, length(o.asset) + 2) AS key, modified, published "
        "FROM objects AS o JOIN limits USING (asset) "
        f"WHERE modified > latest AND NOT list_contains(?::VARCHAR[], o.key)) WHERE NOT {EXEMPT} "
        "GROUP BY asset ORDER BY asset",
        [[f"{change.asset}/{change.key}" for change in changes]],
    ).fetchall()
    found = []
    for asset, count, key, newest, published in rows:
        days = [(iso(time) or "")[:10] for time in (published, newest)]
        text = f"{key} was written after the publication of {days[0]}, on {days[1]} or before"
        more = f"; {count - 1:,} more like this" if count > 1 else ""
        found.append(LATE_OBJECT.finding(asset, one_line(text, 300) + more, key, count))
    return found
