"""Valid uploads of a drawn raw asset: manifests of both dialects, and requests and tables of jobs."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import yaml

from aind_lint.asset.naming.grammar import parse_name
from aind_lint.examples.tree import Tree

#: The sidecars that the program of a rig writes; the transfer service adds the others.
_WRITTEN_BY_RIG = ("session.json", "rig.json", "acquisition.json", "instrument.json")
#: Names of modalities that a job need not state.
_JOB_TYPES = ("default", "ecephys", "behavior")


def rig_manifest(tree: Tree, content: dict[str, Any]) -> dict[str, Any]:
    """A manifest of the older dialect with the sidecars that the rig itself has written."""
    schemas = [key for key in content["schemas"] if key in _WRITTEN_BY_RIG]
    extra = {"s3_bucket": "private", "schedule_time": "20:00:00", "force_cloud_sync": False}
    return {**content, "schemas": schemas, **extra}


def newer_manifest(tree: Tree, content: dict[str, Any]) -> dict[str, Any]:
    """A manifest of the newer dialect: ``name`` is a staging folder, and the manifest lists its job."""
    name = parse_name(tree.name)
    assert name.acquired is not None
    older = ("processor_full_name", "platform")
    return {
        **{key: value for key, value in rig_manifest(tree, content).items() if key not in (*older, "force_cloud_sync")},
        "name": f"{name.subject_id}_{name.acquired:%Y-%m-%dT%H%M%S}-0800",
        "subject_id": name.subject_id,
        "acquisition_datetime": f"{name.acquired:%Y-%m-%dT%H:%M:%S}",
        "s3_bucket": "private",
        "transfer_service_job_type": "default",
        "extra_identifying_info": None,
        "delete_modalities_source_after_success": False,
        "transfer_service_args": job_request(tree, content),
        **({"platform": name.prefix} if name.prefix else {}),
    }


def job_request(tree: Tree, content: dict[str, Any]) -> dict[str, Any]:
    """The request that uploads the asset from a file server."""
    name = parse_name(tree.name)
    assert name.acquired is not None
    folders = list(content["modalities"])
    settings = {folder: {"job_settings": {"input_source": f"/allen/aind/{tree.name}/{folder}"}} for folder in folders}
    job = {
        "job_type": random.Random(tree.name).choice(_JOB_TYPES),
        "project_name": content["project_name"],
        "modalities": [{"abbreviation": folder} for folder in folders],
        "subject_id": name.subject_id,
        "acq_datetime": f"{name.acquired:%Y-%m-%dT%H:%M:%S}",
        "s3_prefix": tree.name,
        "tasks": {
            "modality_transformation_settings": settings,
            "gather_preliminary_metadata": {"job_settings": {"metadata_dir": f"/allen/aind/{tree.name}"}},
        },
    }
    if name.prefix:
        job["platform"] = {"abbreviation": name.prefix}
    return {"user_email": "ada@example.com", "email_notification_types": ["fail"], "upload_jobs": [job]}


def job_rows(tree: Tree, content: dict[str, Any]) -> list[list[str]]:
    """The table that uploads the asset, with its header."""
    name = parse_name(tree.name)
    cells = {"job_type": "default", "project_name": content["project_name"], "subject_id": str(name.subject_id)}
    cells["acq_datetime"] = f"{name.acquired:%Y-%m-%d %H:%M:%S}"
    if name.prefix:
        cells["platform"] = name.prefix
    for number, folder in enumerate(content["modalities"]):
        cells |= {f"modality{number}": folder, f"modality{number}.input_source": f"/allen/aind/{tree.name}/{folder}"}
    return [list(cells), list(cells.values())]


def write_uploads(tree: Tree, content: dict[str, Any], folder: Path) -> list[Path]:
    """Write every kind of upload of an asset.

    Args:
        tree: A raw asset, which is written, too.
        content: Its complete manifest in the older dialect.
        folder: An empty folder.
    """
    root = tree.write(folder)
    manifests = {
        "complete_manifest.yml": content,
        "rig_manifest.yml": rig_manifest(tree, content),
        "manifest_newer.yaml": newer_manifest(tree, content),
    }
    paths = []
    for file, manifest in manifests.items():
        paths.append(root / file)
        paths[-1].write_text(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True), encoding="utf-8")
    paths.append(folder / "request.json")
    paths[-1].write_text(json.dumps(job_request(tree, content), indent=2), encoding="utf-8")
    rows = job_rows(tree, content)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    paths.append(folder / "jobs.csv")
    paths[-1].write_text(text.getvalue(), encoding="utf-8", newline="")
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    paths.append(folder / "jobs.xlsx")
    workbook.save(paths[-1])
    return paths
