"""Reports of an audit: what is in them, how long they are, and that no text of a bucket becomes markup."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest

from aind_lint.audit import model
from aind_lint.audit.model import AssetState, AuditResult, HistoryRow
from aind_lint.report.audit import AUDIT_TEXT_FORMATS, render_audit
from aind_lint.report.audit.parquet import TABLES, write_tables
from tests.report.audit_results import empty_result, large_result
from tests.report.test_hostile import _EVIL, _RAW, _assert_markdown_is_plain, _Page

_DOCUMENTATION = Path(__file__).parents[2] / "docs/audit-report.md"


@pytest.mark.parametrize("format_name", AUDIT_TEXT_FORMATS)
def test_no_text_of_a_bucket_does_harm(format_name: str) -> None:
    result = large_result(20, 60, text=_EVIL)
    rendered = click.unstyle(render_audit(format_name, result))
    assert not _RAW.search(rendered)
    rendered.encode("utf-8")
    if format_name == "html":
        page = _Page()
        page.feed(rendered)
        assert page.tags["script"] == page.tags["style"] == 1
        assert not set(page.tags) & {"img", "iframe", "object", "link", "form", "base", "image", "use", "foreignobject"}
    if format_name == "markdown":
        _assert_markdown_is_plain(rendered)
    if format_name == "json":
        assert json.loads(rendered)["bucket"] == f"s3://aind-open-data{_EVIL}"


def test_the_page_is_bounded_and_counts_the_rest() -> None:
    page = render_audit("html", large_result(3000, 5000))
    assert len(page) < 2_000_000
    assert all(table.count("<tr") <= 1001 for table in re.findall(r"<table.*?</table>", page, re.DOTALL))
    assert "more rows not shown here" in page
    assert len(re.findall(r'<svg class="chart"[^>]* role="img" aria-label="[^"]+"', page)) == 4
    for rule in ("CON103", "SID104", "SCH201", "LAY103", "CON301"):
        assert f"/docs/rules/{rule}.md" in page, rule


def test_the_page_begins_with_what_changed() -> None:
    page = render_audit("html", large_result(50, 50))
    headings = re.findall(r"<h2>([\w ]+?)(?: <|<)", page)
    assert headings == [
        "Damage and conflicts", "Unfinished", "New findings", "Open findings", "Resolved findings", "Trends",
        "Where the findings are", "Storage", "Assets that are not ok", "Not checked",
    ]  # fmt: skip
    changes = page.split("Objects written by the indexer")
    assert ">indexer</strong>" not in changes[0]
    assert "d41d8cd98f00b204e9800998ecf8427e" in changes[0]
    assert "1,200,004" in changes[0]


@pytest.mark.parametrize("format_name", ["html", "text", "markdown"])
def test_one_asset_with_many_changed_objects_does_not_hide_the_others(format_name: str) -> None:
    result = large_result(8, 5)
    big, small, gone = (asset.name for asset in result.assets[:3])
    lost = model.ObjectChange(big, "a", "lost", "damaged", old_size=7, since=result.input.created)
    result.changes = [
        *(dataclasses.replace(lost, key=f"a/{number}.dat") for number in range(900)),
        *(dataclasses.replace(lost, asset=gone, key=f"b/{number}.dat") for number in range(900)),
        dataclasses.replace(lost, asset=small, key="c.dat"),
    ]
    result.assets[2].keys = 0
    rendered = re.sub(r"\\|<!-- -->", "", click.unstyle(render_audit(format_name, result)))
    shown = {"html": 20}.get(format_name, 3)
    assert rendered.count(f"{big}/a/") == shown
    assert f"{900 - shown} more objects" in rendered
    assert f"{small}/c.dat" in rendered
    assert f"{gone}/" not in rendered
    assert "the whole asset is gone: 900 objects" in rendered


def test_the_page_runs_only_its_own_script_and_fetches_nothing() -> None:
    page = render_audit("html", large_result(20, 20))
    assert "default-src 'none'" in page
    assert set(re.findall(r"\w+=.?https?://[\w.]+", page)) == {'href="https://github.com'}
    assert not re.search(r"<[^>]* (style|src|on\w+)=", page)


@pytest.mark.parametrize("format_name", ["html", "text", "markdown"])
def test_an_input_that_is_not_trusted_is_reported_first(format_name: str) -> None:
    result = large_result(20, 20)
    assert "not trusted" not in render_audit(format_name, result).lower()
    result.input.is_trusted = False
    result.input.warnings = ["57% of the known assets lost objects"]
    rendered = render_audit(format_name, result)
    assert 0 < rendered.lower().index("not trusted") < rendered.index("recording")
    assert "57% of the known assets" in render_audit("text", result)


@pytest.mark.parametrize("format_name", AUDIT_TEXT_FORMATS)
def test_an_empty_bucket(format_name: str) -> None:
    rendered = render_audit(format_name, empty_result())
    assert bool(rendered) is (format_name != "markdown")


def test_a_finding_that_stands_for_others_counts_once_everywhere() -> None:
    name = "123456_2022-12-12_05-06-07"
    asset = model.AuditedAsset(name, AssetState.INVALID, modalities=["ecephys"], acquired="2022-12")
    finding = model.AuditFinding(name, "CON103", "subject-mismatch", "error", "two places differ", count=2)
    result = dataclasses.replace(empty_result(), assets=[asset], findings=[finding])
    assert "**CON103** subject\\-mismatch, 1 finding: 123456\\_2022" in render_audit("markdown", result)
    assert f"error   CON103 subject-mismatch: {name}\n" in click.unstyle(render_audit("text", result))
    page = render_audit("html", result)
    assert "(2 of this kind)" in page and not re.findall(r"<t[dh][^>]*>2</t[dh]>", page)


def test_markdown_repeats_nothing() -> None:
    result = large_result(200, 400)
    assert 0 < len(render_audit("markdown", result)) < 20_000
    assert "number" not in render_audit("markdown", result)  # one line for each rule, not for each finding
    assert render_audit("markdown", _the_night_after(result)) == ""


def _the_night_after(result: AuditResult) -> AuditResult:
    """The same bucket, audited again: everything that was new is known."""
    findings = [dataclasses.replace(one, status="open") for one in result.findings if one.status != "resolved"]
    assets = [dataclasses.replace(asset, previous_state=asset.state) for asset in result.assets]
    names = {asset.name for asset in assets if asset.state is AssetState.UNFINISHED}
    unfinished = [attempt for attempt in result.unfinished if attempt.asset in names]
    listing = dataclasses.replace(result.input, created="2026-11-30T00:00:00Z")
    return dataclasses.replace(result, input=listing, findings=findings, assets=assets, unfinished=unfinished)


@pytest.mark.parametrize("rows", [0, 50])
def test_parquet_columns(tmp_path: Path, rows: int) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    result = large_result(rows + 6, rows, text="\udcff") if rows else empty_result()
    write_tables(result, tmp_path / "tables")
    for name, columns in TABLES.items():
        table = parquet.read_table(tmp_path / "tables" / f"{name}.parquet")
        assert table.column_names == list(columns)
        assert table.num_rows == len(getattr(result, name))
    if rows:
        written = parquet.read_table(tmp_path / "tables/assets.parquet").to_pylist()
        assert written[0]["name"].endswith("\\udcff")
        assert dict(written[0]["bytes_by_class"]) == result.assets[0].bytes_by_class


def test_parquet_has_every_value_of_the_model() -> None:
    rows = {
        "assets": model.AuditedAsset, "findings": model.AuditFinding, "changes": model.ObjectChange,
        "unfinished": model.UnfinishedAttempt, "not_checked": model.AuditNotChecked, "history": HistoryRow,
    }  # fmt: skip
    assert {name: list(columns) for name, columns in TABLES.items()} == {
        name: [field.name for field in dataclasses.fields(row)] for name, row in rows.items()
    }


def test_every_key_is_documented() -> None:
    text = _DOCUMENTATION.read_text(encoding="utf-8")
    missing = [key for key in _keys(AuditResult) if f"`{key}`" not in text]
    assert not missing


def _keys(kind: Any) -> Iterator[str]:
    for name, hint in get_type_hints(kind).items():
        yield name
        for part in (hint, *getattr(hint, "__args__", ())):
            if dataclasses.is_dataclass(part):
                yield from _keys(part)


def test_reports_load_no_extra() -> None:
    code = "import sys; from aind_lint.report.audit import render_audit, html, json, markdown, parquet, text; "
    code += "print([name for name in ('pyarrow', 'duckdb', 'dask') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
