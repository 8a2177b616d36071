"""`aind-lint audit` over S3 Inventories: what is found, what is not, and which inventories are refused."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from tests.audit.inventories import BUCKET, DAY, NOW, OLD, RAW, Inventory, Row, asset, clean_bucket, percent_encoded
from tests.cli.run_command import run_here

VERSIONS = ("bucket", "key", "version_id", "is_latest", "is_delete_marker", "size", "last_modified_date", "e_tag")


def audit(cwd: Path, *options: str, inventory: str = "inventory", bucket: str = f"s3://{BUCKET}") -> Any:
    """Run an audit of what the listing shows; the process has its JSON report in ``report``."""
    now = () if "--now" in options else ("--now", "2026-11-30T06:00:00Z")
    common = ("--inventory", inventory, "--rules", "keys", "--jobs", "1", *now)
    done: Any = run_here(cwd, "audit", bucket, *common, "--format", "json=report.json", *options)
    report = cwd / "report.json"
    done.report = json.loads(report.read_text("utf-8")) if report.exists() else None
    report.unlink(missing_ok=True)
    return done


def found(done: Any, status: str = "new") -> set[tuple[str, str]]:
    """Rule and asset of the findings."""
    return {(one["rule"], one["asset"]) for one in done.report["findings"] if one["status"] == status}


def states(done: Any) -> dict[str, str]:
    """The states of the assets."""
    return {one["name"]: one["state"] for one in done.report["assets"]}


def write(cwd: Path, rows: list[Row], **options: Any) -> Path:
    return Inventory(cwd / "inventory", rows, **options).write()


def test_nothing_is_found_in_a_clean_bucket(tmp_path):
    write(tmp_path, clean_bucket())
    done = audit(tmp_path)
    assert done.report["findings"] == []
    assert set(states(done).values()) == {"ok"}
    assert done.returncode == 0, done.stderr


#: Objects that are added to a clean bucket, with the rule, the asset and the state they lead to.
PLANTED: dict[str, tuple[list[Row], str, str, str]] = {
    "month 13": (asset("ecephys_1_2023-13-01_10-11-12"), "NAM105", "ecephys_1_2023-13-01_10-11-12", "misnamed"),
    "no time": (asset("ecephys_300001_2023-01-01"), "NAM104", "ecephys_300001_2023-01-01", "misnamed"),
    "no data_description": (asset(RAW)[:-1], "SID101", RAW, "incomplete"),
    "asset inside an asset": (
        [*asset(RAW), Row(f"{RAW}/x/{RAW}_sorted_2024-01-01_00-00-00/data_description.json")],
        "SEP103",
        RAW,
        "conflict",
    ),
    "two eras": ([*asset(RAW), *asset("123456_2022-12-12_05-06-07")], "AUD201", RAW, "conflict"),
    "another case": ([*asset(RAW), *asset(RAW.upper())], "AUD202", RAW, "conflict"),
    "no source": (
        asset("ecephys_9_2023-01-01_00-00-00_sorted_2023-02-02_00-00-00"),
        "AUD203",
        "ecephys_9_2023-01-01_00-00-00_sorted_2023-02-02_00-00-00",
        "warning",
    ),
    "claim without end": (
        [*asset(RAW)[:-1], Row(f"{RAW}/.aind-lint/claim-1.json"), Row(f"{RAW}/.aind-lint/manifest-1.json")],
        "AUD301",
        RAW,
        "unfinished",
    ),
    "decided but not complete": (
        [*asset(RAW)[:-1], *(Row(f"{RAW}/.aind-lint/{kind}-1.json") for kind in ("claim", "manifest", "end"))],
        "AUD301",
        RAW,
        "unfinished",
    ),
    "control object of another program": (
        [*asset(RAW), Row(f"{RAW}/.aind-lint/claim-7.json")],
        "AUD305",
        RAW,
        "damaged",
    ),
    "late object": ([*asset(RAW), Row(f"{RAW}/behavior/late.csv", 10, OLD + 40 * DAY)], "AUD105", RAW, "warning"),
    "keys that differ in case": (
        [*asset(RAW), Row(f"{RAW}/behavior/A.csv"), Row(f"{RAW}/behavior/a.csv")],
        "KEY103",
        RAW,
        "invalid",
    ),
    "junk": ([*asset(RAW), Row(f"{RAW}/.DS_Store")], "KEY111", RAW, "warning"),
    "prefix of another name": ([Row("scratch/notes.txt")], "AUD304", "scratch", "not-an-asset"),
    "object at the root": ([Row("README.md")], "AUD303", "", ""),
    "script in a name": (
        [Row("<script>alert(1)<!--script>/x.txt")],
        "AUD304",
        "<script>alert(1)<!--script>",
        "not-an-asset",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_and_nothing_else_at_another_asset(tmp_path, fault):
    rows, rule, name, state = PLANTED[fault]
    write(tmp_path, [*clean_bucket(6), *rows])
    done = audit(tmp_path)
    assert (rule, name) in found(done), done.report["findings"]
    planted = {row.key.partition("/")[0] for row in rows} | {""}
    assert {asset for _, asset in found(done)} <= planted
    assert not state or states(done)[name] == state
    errors = any(one["severity"] == "error" for one in done.report["findings"])
    assert done.returncode == int(errors)


def without_run(report: dict[str, Any]) -> dict[str, Any]:
    report = {**report, "run": None, "input": {**report["input"], "file_format": None}}
    report["input"] |= {"manifest": None}
    return report


def test_three_formats_and_any_order_of_rows_give_one_result(tmp_path):
    odd = ("a b.csv", "c+d%20e.csv", "é.csv", "e\u0301.csv", 'q,"r".csv', "n\nl.csv", "/double.csv", "%2B.csv")
    rows = [*clean_bucket(6), *asset(RAW), *(Row(f"{RAW}/behavior/{key}") for key in odd)]
    rows.append(Row(f"{RAW}/behavior/class.csv", storage_class=""))
    reports = []
    ways: tuple[dict[str, Any], ...] = (
        {"file_format": "Parquet"},
        {"file_format": "ORC"},
        {"file_format": "CSV"},
        {"file_format": "CSV", "encode": percent_encoded},
        {"file_format": "CSV", "time_format": "%Y-%m-%dT%H:%M:%S.000000000Z"},
        {"file_format": "CSV", "time_format": "%Y-%m-%dT%H:%M:%S+00:00"},
        {"etag_of": lambda row: f'"{row.etag}"'},
        {"rows": rows[::-1], "files": 5},
        {"columns": ("key", "e_tag", "size", "storage_class", "bucket", "last_modified_date")},
    )
    for number, options in enumerate(ways):
        folder = tmp_path / str(number)
        Inventory(folder / "inventory", **{"rows": rows, **options}).write()
        done = audit(folder)
        assert done.report is not None, done.stderr
        assert done.report["input"]["keys"] == len(rows)
        report = without_run(done.report)
        report["input"] |= {"files": 0}
        reports.append(report)
    for report in reports[1:]:
        assert report == reports[0]
    assert any("e\u0301.csv" in (one["file"] or "") for one in reports[0]["findings"])


def test_parts_of_keys_do_not_change_the_result(tmp_path, monkeypatch):
    rows = clean_bucket(6)
    write(tmp_path, [*rows, rows[3]])  # one is listed twice
    expected = audit(tmp_path, "--state", "one")
    monkeypatch.setattr("aind_lint.audit.state.key_parts._PART_ROWS", 20)
    done = audit(tmp_path, "--state", "many")
    for name in ("input", "assets", "findings"):
        assert done.report[name] == expected.report[name]
    parts = {
        name: pyarrow.parquet.read_table(tmp_path / name / "keys").sort_by(
            [("asset", "ascending"), ("key", "ascending")]
        )
        for name in ("one", "many")
    }
    assert parts["one"].to_pylist() == parts["many"].to_pylist() and len(parts["one"]) == len(rows)
    assert [len(list((tmp_path / name / "keys").iterdir())) for name in ("one", "many")] == [1, 4]
    lost = rows[7]
    write(tmp_path, [row for row in rows if row != lost], created=NOW + DAY)
    changed = audit(tmp_path, "--state", "many", "--now", "2026-12-01T06:00:00Z")
    assert [f"{one['asset']}/{one['key']}" for one in changed.report["changes"]] == [lost.key]


def test_old_versions_and_delete_markers_are_no_objects(tmp_path):
    rows = clean_bucket(6)
    old = [Row(row.key, row.size + 1, row.modified - DAY, is_latest=False) for row in rows[:10]]
    deleted = [Row(f"{RAW}/gone.bin", is_delete_marker=True), Row("deleted.txt", is_delete_marker=True)]
    for file_format in ("Parquet", "CSV"):
        folder = tmp_path / file_format
        Inventory(folder / "inventory", [*old, *rows, *deleted], columns=VERSIONS, file_format=file_format).write()
        done = audit(folder)
        assert done.report["findings"] == []
        assert done.report["input"]["keys"] == len(rows)


def test_what_a_missing_column_would_show_is_not_checked(tmp_path):
    write(tmp_path, clean_bucket(3), columns=("bucket", "key"))
    done = audit(tmp_path)
    assert done.report["input"]["missing_columns"] == ["size", "e_tag", "last_modified_date", "storage_class"]
    reasons = " ".join(one["reason"] for one in done.report["not_checked"])
    for column in ("Size", "ETag", "LastModifiedDate", "StorageClass"):
        assert f"no column {column}" in reasons
    for options in ([], ["--rules", "full", "--state", "full"]):  # nothing is read, because every size would be wrong
        done = audit(tmp_path, *options)
        assert (found(done), set(states(done).values())) == (set(), {"ok"})
        assert "contents of sidecars and data" in [one["what"] for one in done.report["not_checked"]]


def test_changes_since_the_last_audit(tmp_path):
    rows = clean_bucket(6)
    name = rows[0].key.partition("/")[0]
    write(tmp_path, rows, created=NOW - DAY)
    assert audit(tmp_path, "--now", "2026-11-29T06:00:00Z").returncode == 0
    changed = [row for row in rows if row.key != f"{name}/ecephys/chunk-0.bin"]
    changed = [Row(row.key, 7, NOW) if row.key == f"{name}/ecephys/chunk-1.bin" else row for row in changed]
    changed = [Row(row.key, row.size, NOW, "x") if row.key == f"{name}/ecephys/chunk-2.bin" else row for row in changed]
    changed = [Row(row.key, 5000, NOW) if row.key == f"{name}/subject.json" else row for row in changed]
    changed += [Row(f"{name}/ecephys/more.bin", 10, NOW - DAY // 2), Row(f"{name}/metadata.nd.json", 10, NOW)]
    write(tmp_path, changed)
    done = audit(tmp_path)
    kinds = {(one["key"], one["kind"], one["category"]) for one in done.report["changes"]}
    assert kinds == {
        ("ecephys/chunk-0.bin", "lost", "unconfirmed"),  # there are no credentials for a HEAD
        ("ecephys/chunk-1.bin", "changed", "damaged"),
        ("ecephys/chunk-2.bin", "changed", "warning"),
        ("ecephys/more.bin", "added", "warning"),
        ("subject.json", "changed", "indexer"),
        ("metadata.nd.json", "added", "indexer"),
    }
    assert found(done) == {("AUD102", name), ("AUD103", name), ("AUD104", name), ("AUD106", name)}
    assert states(done)[name] == "damaged"
    assert done.report["run"]["judged"] == 1 + 1  # the asset, and the one that is derived from it
    assert done.returncode == 1

    again = audit(tmp_path)  # the same listing: nothing is new, and nothing is forgotten
    assert (found(again), found(again, "open")) == (set(), found(done))
    assert again.report["run"]["judged"] == 0
    assert again.returncode == 0
    assert audit(tmp_path, "--fail-on", "any").returncode == 1

    write(tmp_path, rows, created=NOW + DAY)
    restored = audit(tmp_path, "--now", "2026-12-01T06:00:00Z")
    assert found(restored, "resolved") == found(done)
    assert restored.report["changes"] == []
    assert states(restored)[name] == "ok"


def test_a_lost_asset_stays_lost_until_it_returns(tmp_path):
    rows = clean_bucket(6)
    name = "ecephys_200001_2023-01-02_10-11-12"
    write(tmp_path, rows, created=NOW - 2 * DAY)
    audit(tmp_path, "--now", "2026-11-29T00:00:00Z")
    fewer = [row for row in rows if not row.key.startswith(name)]
    for created, status in ((NOW - DAY, "new"), (NOW, "open")):
        write(tmp_path, fewer, created=created)
        done = audit(tmp_path)
        assert ("AUD106", name) in found(done, status)


@pytest.mark.parametrize("options", [(), ("--no-keys",)])
def test_an_asset_that_was_removed_on_purpose_is_forgotten(tmp_path, options):
    twin = "123456_2022-12-12_05-06-07"
    rows = [*clean_bucket(6), *asset(RAW)]
    write(tmp_path, [*rows, *asset(twin)], created=NOW - 3 * DAY)
    assert {rule for rule, _ in found(audit(tmp_path, "--max-age", "9d", *options))} == {"AUD201"}
    write(tmp_path, rows, created=NOW - 2 * DAY)
    lost = audit(tmp_path, "--max-age", "9d", *options)
    assert twin in {name for _, name in found(lost)} and found(lost, "resolved") <= {("AUD201", RAW), ("AUD201", twin)}
    write(tmp_path, rows, created=NOW - DAY)
    done = audit(tmp_path, "--max-age", "9d", *options, "--removed", twin, "--removed", RAW, "--removed", "typo")
    assert (done.report["findings"], done.report["changes"], twin in states(done)) == ([], [], False)
    assert f"--removed {RAW} is ignored: the listing has 9 objects of it" in done.stderr
    assert "--removed typo is ignored" in done.stderr and f"--removed {twin} is" not in done.stderr
    write(tmp_path, rows)
    assert audit(tmp_path, *options).report["findings"] == []


@pytest.mark.parametrize("options", [(), ("--no-keys",)])
def test_what_was_found_in_a_lost_asset_stays_open_until_it_is_back(tmp_path, options):
    lost, source = asset("ecephys_9_2023-01-01_00-00-00_sorted_2023-02-02_00-00-00"), RAW
    bad = asset("ecephys_7_2023-01-01")
    names = {row.key.partition("/")[0] for row in (*lost, *bad)}
    rows = [*clean_bucket(6), *asset(source), *lost, *bad]
    expected = {("AUD203", lost[0].key.partition("/")[0]), ("NAM104", "ecephys_7_2023-01-01")}
    write(tmp_path, rows, created=NOW - 3 * DAY)
    assert found(audit(tmp_path, "--max-age", "9d", *options)) == expected
    for days in (2, 1):
        write(tmp_path, [row for row in rows if row.key.partition("/")[0] not in names], created=NOW - days * DAY)
        done = audit(tmp_path, "--max-age", "9d", *options)
        assert expected < found(done, "open") | found(done, "new") and not found(done, "resolved")
        assert {one for one in found(done, "open") if not one[0].startswith("AUD10")} == expected
    write(tmp_path, [*rows, *asset("ecephys_9_2023-01-01_00-00-00")])
    back = audit(tmp_path, *options)
    assert (
        expected - found(back, "open")
        == expected & found(back, "resolved")
        == {one for one in expected if one[0] == "AUD203"}
    )


def test_what_was_found_in_a_removed_asset_that_was_never_published_is_resolved(tmp_path):
    unpublished = [row for row in asset(RAW) if not row.key.endswith("data_description.json")]
    write(tmp_path, [*clean_bucket(6), *unpublished], created=NOW - DAY)
    assert found(audit(tmp_path)) == {("SID101", RAW)}
    write(tmp_path, clean_bucket(6))
    assert found(audit(tmp_path), "resolved") == {("SID101", RAW)}


def test_without_keys_a_change_stays_until_the_asset_is_as_before(tmp_path):
    rows = clean_bucket(6)
    gone, changed = "ecephys_200001_2023-01-02_10-11-12", "ecephys_200002_2023-01-03_10-11-12"
    damaged = [row for row in rows if not row.key.startswith((f"{gone}/", f"{changed}/ecephys/chunk-1"))]
    expected = {("AUD107", gone), ("AUD107", changed)}
    write(tmp_path, rows, created=NOW - 3 * DAY)
    assert found(audit(tmp_path, "--no-keys", "--max-age", "9d")) == set()
    write(tmp_path, damaged, created=NOW - 2 * DAY)
    assert found(audit(tmp_path, "--no-keys", "--max-age", "9d")) == expected
    for options in (["--no-keys"], []):  # with keys, too, no one knows what it was
        write(tmp_path, damaged, created=NOW - DAY)
        done = audit(tmp_path, *options)
        assert (found(done, "open"), found(done, "resolved")) == (expected, set())
    write(tmp_path, rows)
    restored = audit(tmp_path)
    assert (found(restored, "open"), found(restored, "resolved")) == (set(), expected)


def test_without_keys_the_indexer_may_write_its_own_files(tmp_path):
    rows = clean_bucket(2)
    name = "ecephys_200001_2023-01-02_10-11-12"
    written = [
        Row(f"{name}/metadata.nd.json", 9, NOW - DAY),
        Row(f"{name}/original_metadata/subject.json", 9, NOW - DAY),
    ]
    rewritten = [replace(row, size=4001) if row.key == f"{name}/subject.json" else row for row in rows]
    for days, listed in ((3, rows), (2, [*rewritten, *written]), (1, [*rows, *written])):
        write(tmp_path, listed, created=NOW - days * DAY)
        done = audit(tmp_path, "--no-keys", "--max-age", "9d")
        assert (found(done), found(done, "open")) == (set(), set())
    write(tmp_path, [row for row in rows if row.key != f"{name}/ecephys/chunk-1.bin"])
    assert found(audit(tmp_path, "--no-keys")) == {("AUD107", name)}


def test_keys_that_are_kept_again_name_the_next_change(tmp_path):
    rows = clean_bucket(3)
    write(tmp_path, rows, created=NOW - 2 * DAY)
    audit(tmp_path, "--no-keys", "--max-age", "9d")
    write(tmp_path, rows, created=NOW - DAY)
    assert found(audit(tmp_path)) == set()
    write(tmp_path, [row for row in rows if "chunk-1" not in row.key])
    assert {rule for rule, _ in found(audit(tmp_path))} == {"AUD106"}


def test_fingerprints_of_another_duckdb_are_not_compared(tmp_path):
    rows = clean_bucket(3)
    write(tmp_path, rows, created=NOW - DAY)
    audit(tmp_path, "--no-keys")
    meta = tmp_path / "aind-lint-audit" / BUCKET / "meta.json"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "hash_probe": "of another version"}))
    gone = rows[0].key.partition("/")[0]
    write(tmp_path, [row for row in rows if not row.key.startswith(f"{gone}/")])
    done = audit(tmp_path)
    assert ("AUD107", gone) in found(done)
    assert {name for rule, name in found(done) if rule == "AUD107"} == {gone}
    (unchecked,) = (one for one in done.report["not_checked"] if one["what"] == "changes since the last audit")
    assert unchecked["assets"] == 3


@pytest.mark.parametrize("keys", [[], ["--no-keys"]])
def test_half_of_the_bucket_gone_is_no_alarm_but_an_untrusted_listing(tmp_path, keys):
    rows = clean_bucket(60)
    write(tmp_path, rows, created=NOW - DAY)
    audit(tmp_path, *keys)
    before = {path.name: path.read_bytes() for path in (tmp_path / "aind-lint-audit" / BUCKET).glob("*.parquet")}
    write(tmp_path, rows[: len(rows) // 2])
    done = audit(tmp_path)
    assert done.returncode == 4
    assert not done.report["input"]["is_trusted"]
    assert "--confirm" in done.stderr
    assert before == {
        path.name: path.read_bytes() for path in (tmp_path / "aind-lint-audit" / BUCKET).glob("*.parquet")
    }
    confirmed = audit(tmp_path, "--confirm")
    assert confirmed.report["input"]["is_trusted"]


def test_an_asset_that_is_being_uploaded_is_no_fault(tmp_path):
    uploading = asset(RAW, NOW - DAY // 24)[:4]
    claimed = [Row("ecephys_7_2026-11-29_00-00-00/.aind-lint/claim-1.json", 10, NOW - DAY // 24)]
    write(tmp_path, [*clean_bucket(3), *uploading, *claimed])
    done = audit(tmp_path)
    assert done.report["findings"] == []
    assert states(done)[RAW] == "unknown"
    assert states(done)["ecephys_7_2026-11-29_00-00-00"] == "unfinished"
    assert any(one["asset"] == RAW for one in done.report["not_checked"])


def truncate(cwd: Path) -> None:
    path = sorted((cwd / "inventory" / "data").iterdir())[0]
    path.write_bytes(path.read_bytes()[:-10])


def damage(cwd: Path) -> None:
    path = sorted((cwd / "inventory" / "data").iterdir())[0]
    path.write_bytes(b"x" + path.read_bytes()[1:])


def remove_file(cwd: Path) -> None:
    sorted((cwd / "inventory" / "data").iterdir())[0].unlink()


def change_checksum(cwd: Path) -> None:
    next((cwd / "inventory").glob("*/manifest.checksum")).write_text("0" * 32)


def remove_checksum(cwd: Path) -> None:
    next((cwd / "inventory").glob("*/manifest.checksum")).unlink()


def remove_manifest(cwd: Path) -> None:
    next((cwd / "inventory").glob("*/manifest.json")).unlink()


def write_other_json(cwd: Path) -> None:
    write(cwd, clean_bucket(1), change=lambda manifest: manifest.pop("files"))


def remove_all_files(cwd: Path) -> None:
    write(cwd, clean_bucket(1), change=lambda manifest: manifest.update(files=[]))


def rewrite_file(cwd: Path, column: str, values: Callable[[Any], Any], **options: Any) -> None:
    """Change a column of a data file, whose MD5 stays right."""
    path = sorted((cwd / "inventory" / "data").iterdir())[0]
    table = pyarrow.parquet.read_table(path)
    index = table.schema.get_field_index(column)
    pyarrow.parquet.write_table(table.set_column(index, column, values(table[column])), path, **options)
    update_manifest(cwd, path.read_bytes())


def update_manifest(cwd: Path, content: bytes) -> None:
    """Describe the first data file as it is now."""
    manifest = next((cwd / "inventory").glob("*/manifest.json"))
    listed = json.loads(manifest.read_text())
    listed["files"][0] |= {"size": len(content), "MD5checksum": hashlib.md5(content).hexdigest()}
    manifest.write_text(json.dumps(listed))
    manifest.with_name("manifest.checksum").write_text(hashlib.md5(manifest.read_bytes()).hexdigest())


def remove_a_key(cwd: Path) -> None:
    rewrite_file(cwd, "key", lambda keys: pyarrow.array([None, *keys.to_pylist()[1:]]))


def remove_a_key_without_statistics(cwd: Path) -> None:
    rewrite_file(cwd, "key", lambda keys: pyarrow.array([None, *keys.to_pylist()[1:]]), write_statistics=False)


def write_binary_keys(cwd: Path) -> None:
    rewrite_file(cwd, "key", lambda keys: keys.cast(pyarrow.binary()))


def remove_a_size(cwd: Path) -> None:
    rewrite_file(cwd, "size", lambda sizes: pyarrow.array([None, *sizes.to_pylist()[1:]], pyarrow.int64()))


def damage_a_page(cwd: Path) -> None:
    """The footer of the file stays, so that only reading the rows shows it."""
    path = sorted((cwd / "inventory" / "data").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[20:400] = bytes(byte ^ 0x5A for byte in content[20:400])
    path.write_bytes(bytes(content))
    update_manifest(cwd, path.read_bytes())


def write_in_the_future(cwd: Path) -> None:
    write(cwd, clean_bucket(1), created=NOW + 40 * DAY)


REFUSED = {
    "truncated": (truncate, "has .* bytes, but its manifest"),
    "damaged": (damage, "its MD5 is"),
    "missing file": (remove_file, "does not exist"),
    "wrong checksum": (change_checksum, "is damaged: its MD5"),
    "no checksum": (remove_checksum, "no inventory .* is complete"),
    "no manifest": (remove_manifest, "no inventory .* is complete"),
    "no files": (write_other_json, "is not the manifest of an S3 Inventory"),
    "empty list of files": (remove_all_files, "names no data files"),
    "row without a key": (remove_a_key, "has 1 row without a key"),
    "row without a key or statistics": (remove_a_key_without_statistics, "has 1 row without a key"),
    "column of another type": (write_binary_keys, "the data files of the inventory are not as S3 writes them"),
    "damaged before S3 computed the MD5": (damage_a_page, "the data files of the inventory are not as S3 writes them"),
    "object without a size": (remove_a_size, "has 1 object without a size"),
    "in the future": (write_in_the_future, "is in the future"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_damaged_inventory_is_refused(tmp_path, fault):
    write(tmp_path, clean_bucket(3))
    change, message = REFUSED[fault]
    change(tmp_path)
    done = audit(tmp_path)
    assert done.returncode == 4
    assert re.search(message, done.stderr), done.stderr
    assert done.stderr.count("error: ") == 1
    assert done.report is None


def test_an_inventory_of_another_bucket_is_refused(tmp_path):
    write(tmp_path, clean_bucket(3))
    done = audit(tmp_path, bucket="s3://another-bucket")
    assert done.returncode == 4
    assert f"inventory of the bucket {BUCKET}, not of another-bucket" in done.stderr


def test_an_inventory_with_rows_of_another_bucket_is_refused(tmp_path):
    write(
        tmp_path, clean_bucket(3), bucket="another-bucket", change=lambda manifest: manifest.update(sourceBucket=BUCKET)
    )
    done = audit(tmp_path)
    assert done.returncode == 4
    assert "another-bucket" in done.stderr


@pytest.mark.parametrize("file_format", ["CSV", "Parquet", "ORC"])
def test_a_data_file_without_rows(tmp_path, file_format):
    rows = clean_bucket(3)
    write(tmp_path, rows, file_format=file_format, files=len(rows) + 1)
    done = audit(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.report["input"]["keys"] == len(rows)


def test_times_in_nanoseconds(tmp_path):
    write(tmp_path, clean_bucket(3))
    rewrite_file(tmp_path, "last_modified_date", lambda times: times.cast(pyarrow.timestamp("ns", "UTC")))
    done = audit(tmp_path)
    assert done.report["findings"] == [], done.stderr


def test_a_data_file_that_is_listed_twice_is_read_once(tmp_path):
    write(tmp_path, clean_bucket(3), change=lambda manifest: manifest["files"].append(manifest["files"][0]))
    done = audit(tmp_path)
    assert done.returncode == 0
    assert done.report["findings"] == []
    assert "twice" in done.report["input"]["warnings"][0]


def test_a_key_that_is_listed_twice_counts_once(tmp_path):
    rows = clean_bucket(3)
    write(tmp_path, [*rows, rows[0], rows[3]])
    done = audit(tmp_path)
    assert done.report["findings"] == []
    assert "2 keys twice" in done.report["input"]["warnings"][0]


def test_an_old_inventory_needs_confirmation(tmp_path):
    write(tmp_path, clean_bucket(3), created=NOW - 5 * DAY)
    done = audit(tmp_path)
    assert done.returncode == 4
    assert "--max-age" in done.stderr
    assert audit(tmp_path, "--confirm").returncode == 0
    assert audit(tmp_path, "--max-age", "6d").returncode == 0


def test_an_inventory_older_than_the_last_audit_is_refused(tmp_path):
    write(tmp_path, clean_bucket(3))
    audit(tmp_path)
    path = write(tmp_path, clean_bucket(3), created=NOW - DAY)
    done = audit(tmp_path, inventory=str(path))
    assert done.returncode == 4
    assert "older than the last audit" in done.stderr


def test_the_newest_complete_inventory_is_used(tmp_path):
    write(tmp_path, clean_bucket(3), created=NOW - DAY)
    write(tmp_path, clean_bucket(6), created=NOW).with_name("manifest.checksum").unlink()
    done = audit(tmp_path)
    assert done.report["input"]["created"] == "2026-11-29T00:00:00Z"


def test_a_prefix_of_the_bucket(tmp_path):
    rows = [Row(f"lab/{row.key}", row.size, row.modified) for row in clean_bucket(3)]
    write(tmp_path, [*rows, Row("elsewhere/x.txt"), Row("labs/y.txt")])
    done = audit(tmp_path, bucket=f"s3://{BUCKET}/lab")
    assert done.report["findings"] == []
    assert done.report["input"]["keys"] == len(rows)
