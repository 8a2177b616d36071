"""The public API does what its documentation says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aind_lint
from aind_lint import (
    AindLintError,
    BucketError,
    ConflictError,
    NoAssetError,
    Receipt,
    RefusedError,
    Report,
    Severity,
    UsageError,
    check,
    publish,
)
from aind_lint.examples.bases import base_tree
from aind_lint.publication.progress import Progress
from tests.cli.run_command import RAW_2X, broken


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return base_tree("raw-2x").write(tmp_path)


def test_every_public_name_is_there() -> None:
    for name in aind_lint.__all__:
        assert getattr(aind_lint, name).__doc__ or name == "__version__"
    with pytest.raises(AttributeError, match="has no attribute 'pubish'"):
        aind_lint.pubish  # noqa: B018


def test_check_returns_a_report(good: Path) -> None:
    report = check([good])
    assert isinstance(report, Report)
    assert (report.exit_code(), report.count(Severity.ERROR), len(report.assets)) == (0, 0, 1)
    asset = report.assets[0]
    assert (asset.name, asset.level, asset.generation, asset.profile) == (RAW_2X, "raw", "2.x", "candidate")
    assert asset.rules_run > 50
    assert asset.blockers == []


def test_check_takes_strings_paths_and_any_iterable(good: Path) -> None:
    for paths in ([good], [str(good)], (path for path in [good]), {good}):
        assert check(paths).exit_code() == 0


def test_select_and_ignore(tmp_path: Path) -> None:
    broken().write(tmp_path)
    assert {f.rule for f in check([tmp_path], select=["CON"]).assets[0].findings} == {"CON103"}
    assert {f.rule for f in check([tmp_path], ignore=["SID", "subject-mismatch"]).assets[0].findings} == set()


def test_progress_is_reported(good: Path) -> None:
    listed: list[int] = []
    moments: list[Progress] = []
    check([good], on_listed=listed.append)
    assert listed[-1] == 11
    receipt = publish(good, "./bucket", on_progress=moments.append)
    last = {moment.stage: moment for moment in moments}
    assert list(last) == ["listing", "reading", "sending", "verifying"]
    assert (last["reading"].files, last["reading"].size) == (11, receipt.size)
    assert last["sending"] == Progress("sending", 11, receipt.size, 11, receipt.size)


def test_publish_returns_a_receipt(good: Path) -> None:
    planned = publish(good, "./bucket", dry_run=True)
    assert (planned.state, planned.files_sent, Path("bucket").exists()) == ("planned", 0, False)
    first = publish(good, to="./bucket")
    assert isinstance(first, Receipt)
    assert (first.state, first.asset, first.files, first.files_sent) == ("published", RAW_2X, 11, 11)
    again = publish(str(good), to="./bucket")
    assert (again.state, again.files_sent, again.content_id) == ("already published", 0, first.content_id)
    assert planned.content_id == first.content_id


def test_publish_refuses_with_the_report(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="is not publishable: CON101, CON103, CON205, SCH201, SID104") as refused:
        publish(broken().write(tmp_path), str(tmp_path / "bucket"))
    assert refused.value.exit_code == 1
    assert {"CON103", "SID104"} <= {finding.rule for finding in refused.value.report.findings}
    assert not (tmp_path / "bucket").exists()


def test_publish_refuses_to_replace(good: Path) -> None:
    publish(good, "./bucket")
    (good / "behavior/trials.csv").write_text("trial\n")
    with pytest.raises(RefusedError) as refused:
        publish(good, "./bucket")
    assert (refused.value.exit_code, refused.value.report.blockers) == (5, ["IMM101"])


def test_publish_notices_a_change_after_the_check(good: Path) -> None:
    def change_meanwhile(*arguments: object) -> bool:
        (good / "behavior/trials.csv").write_text("trial\n")
        return True

    with pytest.raises(ConflictError, match="changed"):
        publish(good, "./bucket", confirm=change_meanwhile)
    assert not Path("bucket", RAW_2X, "data_description.json").exists()


def test_the_confirmation_can_be_declined(good: Path) -> None:
    with pytest.raises(UsageError, match="nothing was published"):
        publish(good, "./bucket", confirm=lambda report, plan: False)
    assert not Path("bucket").exists()


@pytest.mark.parametrize("path", ["missing", "nul\0byte", "x" * 5000, "a/" * 5000])
def test_wrong_paths(path: str, good: Path) -> None:
    with pytest.raises(UsageError):
        check([path])
    with pytest.raises(UsageError):
        publish(path, "./bucket")


def test_wrong_destinations(good: Path) -> None:
    for to in ("s3:/x", "s3://X", "ftp://x", "bucket"):
        with pytest.raises(UsageError):
            publish(good, to)
    assert check([good], bucket="nowhere").assets[0].bucket_error == (
        "the bucket nowhere does not exist; did you mean s3://nowhere?"
    )
    with pytest.raises(RefusedError) as refused:
        publish(good, "nowhere/deeper")
    assert refused.value.exit_code == 4


def test_no_asset(tmp_path: Path) -> None:
    with pytest.raises(NoAssetError):
        check([tmp_path])
    with pytest.raises(NoAssetError):
        publish(tmp_path, str(tmp_path / "bucket"))


def test_every_error_is_an_aind_lint_error_with_the_exit_code_of_the_contract() -> None:
    codes = {error: error.exit_code for error in (UsageError, NoAssetError, BucketError, ConflictError)}
    assert list(codes.values()) == [2, 3, 4, 5]
    assert all(issubclass(error, AindLintError) for error in [*codes, RefusedError])


_SNIPPET = """
from aind_lint import Connection, Receipt, RefusedError, Report, Severity, check, publish

report: Report = check(["a"], bucket="s3://b", select=["CON"], connection=Connection(region="us-west-2"))
code: int = report.exit_code(Severity.WARNING)
places: list[tuple[str | None, int | None]] = [
    (finding.location.file, finding.location.line) for asset in report.assets for finding in asset.findings
]
try:
    receipt: Receipt = publish("a", to="s3://b", dry_run=True, on_message=print)
except RefusedError as error:
    blockers: list[str] = error.report.blockers
"""

_WRONG = """
from aind_lint import check, publish

check(["a"], profile="public")
publish("a")
report: int = check(["a"])
"""


@pytest.mark.slow
def test_the_api_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "right.py").write_text(_SNIPPET)
    (tmp_path / "wrong.py").write_text(_WRONG)
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "right.py", "wrong.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(root), "MYPY_CACHE_DIR": str(root / ".mypy_cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [error.partition(":")[0] for error in errors] == ["wrong.py"] * 3, done.stdout + done.stderr
