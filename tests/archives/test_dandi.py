"""``check --for dandi``, as users run it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.examples.format_samples import format_samples
from aind_lint.finding import AssetReport
from aind_lint.formats import data_files
from aind_lint.formats.codecs.chunk_error import UndecodedError

STORE = "sorted/session.nwb.zarr/"


def one(path: Path, **options: Any) -> AssetReport:
    (asset,) = check([path], for_archive="dandi", **options).assets
    assert not asset.crashes
    return asset


def write_store(folder: Path) -> Path:
    for key, content in format_samples().items():
        if key.startswith(STORE):
            file = folder / key.removeprefix(STORE)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return folder


def dandi_findings(asset: AssetReport) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.expected) for finding in asset.findings if finding.rule.startswith("FMT6")]


def test_a_store_of_a_dandiset_is_ready(tmp_path: Path) -> None:
    (tmp_path / "dandiset.yaml").write_text("identifier: '000001'\n", encoding="utf-8")
    store = write_store(tmp_path / "sub-123456/sub-123456_ses-20221212T050607_ecephys.nwb.zarr")
    assert not dandi_findings(one(store))
    assert not dandi_findings(one(tmp_path))


@pytest.mark.parametrize(
    "path",
    [
        "session.nwb.zarr",
        "sub-123456.nwb.zarr",
        "sub-123456/session.nwb.zarr",
        "sub-654321/sub-123456.nwb.zarr",
        "sub-123456/sub-123456.nwb",
    ],
)
def test_other_places_are_errors_with_the_right_one(tmp_path: Path, path: str) -> None:
    findings = dandi_findings(one(write_store(tmp_path / path)))
    assert findings == [("FMT601", "sub-123456/sub-123456_ses-20221212T050607.nwb.zarr")]


def test_another_subject_in_the_name_is_an_error(tmp_path: Path) -> None:
    store = write_store(tmp_path / "sub-654321/sub-654321_ecephys.nwb.zarr")
    assert dandi_findings(one(store)) == [("FMT602", "123456")]


def test_nothing_is_checked_for_dandi_unless_asked(tmp_path: Path) -> None:
    (asset,) = check([write_store(tmp_path / "session.nwb.zarr")], cache=False).assets
    assert not dandi_findings(asset)


@pytest.fixture
def nwb(tmp_path: Path) -> Path:
    """A sound NWB file in HDF5, in a dandiset."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "dandiset/sub-123456/sub-123456.nwb"
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        file.attrs.update({"neurodata_type": "NWBFile", "nwb_version": "2.7.0"})
        texts = {"session_description": "a", "identifier": "b", "session_start_time": "2022-12-12T05:06:07-08:00"}
        subject = {"subject_id": "123456", "species": "Mus musculus", "sex": "F", "age": "P90D"}
        for name, text in {**texts, **{f"general/subject/{name}": text for name, text in subject.items()}}.items():
            file[name] = text
        series = file.create_group("acquisition/speed")
        series.attrs["neurodata_type"] = "TimeSeries"
        series["timestamps"] = [0.0, 1.0]
        series["data"] = [1.0, 2.0]
        series["data"].attrs["unit"] = "cm/s"
    return path


def install_dandi(folder: Path, monkeypatch: pytest.MonkeyPatch, *records: dict[str, Any], code: int = 1) -> Path:
    """A program called dandi that prints these records; it writes its arguments and environment to a file."""
    if os.name == "nt":
        pytest.skip("a script without an extension is no program")
    folder.mkdir()
    output = "\n".join(json.dumps(record) for record in records)
    called = folder / "called"
    script = f"#!/bin/sh\necho \"$@\" > {called}\nenv >> {called}\ncat <<'END'\n{output}\nEND\nexit {code}\n"
    (folder / "dandi").write_text(script, encoding="utf-8")
    (folder / "dandi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-dandi")
    return called


def record(name: str, severity: str = "ERROR", type_: str = "VALIDATION", message: str = "wrong") -> dict[str, Any]:
    return {"id": name, "severity": severity, "message": message, "origin": {"type": type_}}


def test_errors_of_the_program_are_findings(nwb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = install_dandi(
        tmp_path / "bin",
        monkeypatch,
        record("NWBI.check_subject_weight"),
        record("NWBI.check_description", "WARNING"),
        record("DANDI.NO_DANDISET_FOUND"),
    )
    findings = [finding for finding in one(nwb).findings if finding.rule == "FMT605"]
    assert [finding.found for finding in findings] == ["NWBI.check_subject_weight"]
    arguments, *environment = called.read_text(encoding="utf-8").splitlines()
    assert arguments.startswith("validate --format json_lines /")
    assert arguments.endswith(f"/{nwb.name}")
    assert "DANDI_NO_ET=1" in environment
    assert not any("not-for-dandi" in line for line in environment)


@pytest.mark.parametrize(
    ("records", "code", "reason"),
    [
        ([record("zarr.tensorstore_cannot_open", message="no zarr")], 1, "no zarr"),
        ([record("x", type_="INTERNAL", message="crashed")], 1, "crashed"),
        ([record("NWBI.x", message="During validation: KeyError")], 1, "During validation"),
        ([record("x", type_="INTERNAL", message="")], 1, "failed: x"),
        ([{"unknown": 1}], 1, "its output is not"),
        ([], 3, "exit code 3"),
        ([], 1, "exit code 1 without a result"),
        ([], 0, "exit code 0 without a result"),
    ],
)
def test_failures_of_the_program_are_not_findings(
    nwb: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    records: list[dict[str, Any]],
    code: int,
    reason: str,
) -> None:
    install_dandi(tmp_path / "bin", monkeypatch, *records, code=code)
    asset = one(nwb, select=["FMT605"])
    assert not asset.findings
    assert any(reason in item.reason for item in asset.not_checked)


def test_a_file_that_cannot_be_read_is_not_checked(nwb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*arguments: Any) -> None:
        raise UndecodedError("h5py is not installed")

    monkeypatch.setattr(data_files, "read_content", read)
    asset = one(nwb)
    assert not dandi_findings(asset)
    for rule in ("FMT601", "FMT602", "FMT604", "FMT605"):
        assert ["h5py is not installed" in item.reason for item in asset.not_checked if item.rule == rule] == [True]


def test_the_program_is_not_run_on_a_file_with_an_external_link(
    nwb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(nwb, "a") as file:
        file["acquisition/elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")
    called = install_dandi(tmp_path / "bin", monkeypatch, code=0)
    asset = one(nwb, select=["FMT605"])
    assert not called.exists()
    assert any("only on files without other problems" in item.reason for item in asset.not_checked)


def test_a_program_inside_the_checked_folder_is_not_run(nwb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = install_dandi(nwb.parent / "bin", monkeypatch, code=0)
    asset = one(nwb, select=["FMT605"])
    assert any("inside the files that are checked" in item.reason for item in asset.not_checked)
    assert not called.exists()
