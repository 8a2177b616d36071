"""``bil-sheet`` and ``check --for bil``, as users run them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from aind_lint import check
from aind_lint.examples.bases import base_tree
from tests.cli.run_command import run_here

NAME = "SmartSPIM_123456_2023-02-28_15-17-45"
ROR = {"abbreviation": "ROR", "name": "Research Organization Registry"}

SIDECARS_1X: dict[str, Any] = {
    "data_description": {
        "schema_version": "1.0.3",
        "name": NAME,
        "license": "CC-BY-4.0",
        "institution": {"name": "AIND", "registry": ROR, "registry_identifier": "04szwah67"},
        "funding_source": [
            {
                "funder": {"name": "NINDS", "registry": ROR, "registry_identifier": "01s5ya894"},
                "grant_number": "1U19NS123714-01",
            }
        ],
        "investigators": [
            {"name": "A. Person", "registry": {"abbreviation": "ORCID"}, "registry_identifier": "0000-0001-2345-6789"}
        ],
        "modality": [{"abbreviation": "SPIM", "name": "Selective plane illumination microscopy"}],
        "data_summary": "=A brain\tof a mouse.",
    },
    "subject": {
        "schema_version": "1.0.3",
        "subject_id": "123456",
        "species": {"name": "Mus musculus", "registry_identifier": "NCBI:txid10090"},
        "sex": "Female",
        "date_of_birth": "2022-11-13",
    },
    "procedures": {"subject_procedures": [{"procedure_type": "Perfusion", "start_date": "2023-01-26"}]},
    "instrument": {"instrument_type": "SmartSPIM", "manufacturer": {"name": "LifeCanvas"}},
    "acquisition": {
        "specimen_id": "123456-1",
        "axes": [
            {"name": name, "direction": direction, "unit": "micrometer"}
            for name, direction in {
                "Z": "Superior_to_inferior", "Y": "Posterior_to_anterior", "X": "Left_to_right"
            }.items()
        ],
        "tiles": [
            {
                "channel": {"channel_name": channel},
                "coordinate_transformations": [{"type": "scale", "scale": ["1.8", "1.8", "2.0"]}],
            }
            for channel in ("488", "561", "488")
        ],
    },
}  # fmt: skip
#: The same values as 2.x states them.
SIDECARS_2X: dict[str, Any] = {
    **SIDECARS_1X,
    "data_description": {
        **{k: v for k, v in SIDECARS_1X["data_description"].items() if k != "modality"},
        "schema_version": "2.0.0",
        "modalities": SIDECARS_1X["data_description"]["modality"],
        "license": "CC-BY",
    },
    "subject": {
        "schema_version": "2.0.0",
        "subject_id": "123456",
        "subject_details": {k: v for k, v in SIDECARS_1X["subject"].items() if k != "subject_id"},
    },
    "procedures": {
        "subject_procedures": [
            {"object_type": "Surgery", "start_date": "2023-01-26", "procedures": [{"object_type": "Perfusion"}]}
        ]
    },
    "instrument": {"modalities": [{"name": "SmartSPIM"}], "components": [{"object_type": "Objective", "name": "x"}]},
    "acquisition": {
        "specimen_id": "123456-1",
        "coordinate_system": {"axis_unit": "millimeter", "axes": SIDECARS_1X["acquisition"]["axes"]},
        "data_streams": [
            {
                "configurations": [
                    {
                        "images": [
                            {
                                "channel_name": channel,
                                "image_to_acquisition_transform": [
                                    {"object_type": "Translation", "translation": [1, 2, 3]},
                                    {"object_type": "Scale", "scale": [0.0018, 0.0018, 0.002]},
                                ],
                            }
                            for channel in ("488", "561")
                        ]
                    }
                ]
            }
        ],
    },
}


def write(folder: Path, sidecars: dict[str, Any]) -> Path:
    asset = folder / NAME
    asset.mkdir()
    for kind, content in sidecars.items():
        (asset / f"{kind}.json").write_text(json.dumps(content), encoding="utf-8")
    return asset


def rows(folder: Path, tab: str) -> list[dict[str, str]]:
    with (folder / f"{tab}.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def test_the_size_of_the_images_is_that_of_the_largest(tmp_path: Path) -> None:
    asset = write(tmp_path, SIDECARS_1X)
    start = "sorted/tile.ome.zarr/"
    files = {key[len(start) :]: content for key, content in base_tree("formats-2x").files.items() if start in key}
    level = json.loads(files["s0/zarr.json"])  # type: ignore[arg-type]
    for name, length in {"tile.ome.zarr": 4, "large.ome.zarr": 16}.items():
        shape = [*level["shape"][:-1], length]
        contents = {**files, "s0/zarr.json": json.dumps({**level, "shape": shape}).encode()}
        for key, content in contents.items():
            path = asset / "SPIM" / name / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)  # type: ignore[arg-type]
    assert run_here(tmp_path, "bil-sheet", str(asset)).returncode == 0
    (image,) = rows(tmp_path / "bil-sheet", "Image")
    axes = [axis["name"] for axis in json.loads(files["zarr.json"])["attributes"]["ome"]["multiscales"][0]["axes"]]  # type: ignore[arg-type]
    assert (image["Xsize"], image["DimensionOrder"]) == ("16", "".join(reversed(axes)).upper())
    assert (image["Ysize"], image["Zsize"]) == tuple(
        str(level["shape"][axes.index(axis)]) if axis in axes else "" for axis in "yz"
    )


@pytest.mark.parametrize(
    ("modalities", "general"),
    [(["merfish"], "spatial transcriptomics"), (["pophys", "merfish"], "multimodal"), (["SPIM"], "")],
)
def test_the_general_modality_is_stated_where_it_is_clear(tmp_path: Path, modalities: list[str], general: str) -> None:
    stated = {**SIDECARS_1X["data_description"], "modality": [{"abbreviation": one, "name": one} for one in modalities]}
    run_here(tmp_path, "bil-sheet", str(write(tmp_path, {**SIDECARS_1X, "data_description": stated})))
    assert [row["GeneralModality"] for row in rows(tmp_path / "bil-sheet", "Dataset")] == [general]


@pytest.mark.parametrize("sidecars", [SIDECARS_1X, SIDECARS_2X], ids=["1.x", "2.x"])
def test_the_sheet_has_what_the_sidecars_state(tmp_path: Path, sidecars: dict[str, Any]) -> None:
    done = run_here(tmp_path, "bil-sheet", str(write(tmp_path, sidecars)))
    assert done.returncode == 0, done.stderr
    assert "2 required values missing" in done.stdout
    assert "awardTitle (tab Funders)" in done.stdout
    assert "displayColor (tab Image)" in done.stdout
    sheet = tmp_path / "bil-sheet"
    (contributor,) = rows(sheet, "Contributors")
    assert contributor["nameIdentifier"] == "https://orcid.org/0000-0001-2345-6789"
    assert (contributor["affiliationIdentifier"], contributor["nameType"]) == ("https://ror.org/04szwah67", "Personal")
    (funder,) = rows(sheet, "Funders")
    assert (funder["funderName"], funder["awardNumber"]) == ("NINDS", "1U19NS123714-01")
    (dataset,) = rows(sheet, "Dataset")
    assert (dataset["BILDirectory"], dataset["rightsIdentifier"], dataset["Technique"]) == (NAME, "CC-BY-4.0", "other")
    assert dataset["Abstract"] == "=A brain of a mouse."
    (specimen,) = rows(sheet, "Specimen")
    assert (specimen["Age"], specimen["Ageunit"], specimen["NCBITaxonomy"]) == ("74", "days", "NCBI:txid10090")
    (image,) = rows(sheet, "Image")
    assert (image["xAxis"], image["zAxis"]) == ("left-to-right", "superior-to-inferior")
    assert (image["stepSizeX"], image["stepSizeZ"], image["Number"]) == ("1.8", "2", "488, 561")


def test_a_workbook_has_its_headings_where_the_portal_reads_them(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    done = run_here(tmp_path, "bil-sheet", str(write(tmp_path, SIDECARS_1X)), "--format", "xlsx")
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(tmp_path / "bil-sheet.xlsx")
    assert [book["Contributors"].cell(3, 1).value, book["Contributors"].cell(7, 1).value] == [
        "contributorName",
        "A. Person",
    ]
    headings = [cell.value for cell in book["Dataset"][4]]
    abstract = book["Dataset"].cell(7, headings.index("Abstract") + 1)
    assert (abstract.value, abstract.data_type) == ("=A brain of a mouse.", "s")


def test_a_sheet_that_exists_is_kept(tmp_path: Path) -> None:
    asset = str(write(tmp_path, SIDECARS_1X))
    assert run_here(tmp_path, "bil-sheet", asset).returncode == 0
    (tmp_path / "bil-sheet/Funders.tsv").write_text("by hand", encoding="utf-8")
    done = run_here(tmp_path, "bil-sheet", asset)
    assert done.returncode == 2
    assert "may contain values written by hand" in done.stderr
    assert (tmp_path / "bil-sheet/Funders.tsv").read_text(encoding="utf-8") == "by hand"


def test_nothing_is_written_into_an_asset(tmp_path: Path) -> None:
    asset = write(tmp_path, SIDECARS_1X)
    before = sorted(path.name for path in asset.iterdir())
    done = run_here(asset, "bil-sheet", ".")
    assert done.returncode == 2
    assert "inside the asset" in done.stderr
    assert sorted(path.name for path in asset.iterdir()) == before


def test_sidecars_of_any_shape_are_read(tmp_path: Path) -> None:
    odd = {kind: {key: [None, 1, {"x": []}] for key in content} for kind, content in SIDECARS_1X.items()}
    done = run_here(tmp_path, "bil-sheet", str(write(tmp_path, odd)))
    assert done.returncode == 0, done.stderr


def test_what_is_missing_is_a_finding(tmp_path: Path) -> None:
    sidecars = {**SIDECARS_1X, "acquisition": {**SIDECARS_1X["acquisition"], "axes": []}}
    (asset,) = check([write(tmp_path, sidecars)], for_archive="bil", select=["FMT621", "FMT622"], cache=False).assets
    assert [(finding.rule, finding.location.file) for finding in asset.findings] == [
        ("FMT622", None),
        ("FMT622", None),
        ("FMT621", "acquisition.json"),
    ]
