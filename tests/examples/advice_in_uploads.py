"""Steps of fixes that change an upload, the destination or the configuration."""

from __future__ import annotations

import csv
import re
from typing import Any

import yaml

from aind_lint.finding import Finding
from aind_lint.text.json_position import split_pointer
from tests.examples.advice_on_values import change
from tests.examples.situation import NotFollowableError, Situation


def _key_beside(finding: Finding, key: str) -> str:
    """A key beside the place of the finding, or the one at its place."""
    return f"{(finding.location.pointer or '').rpartition('/')[0]}/{key}"


def rename_key(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    def how(parent: Any, key: Any) -> None:
        parent[match["new"]] = parent.pop(key)

    change(situation, finding.location.file, _key_beside(finding, match["old"]), how)


def remove_key(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if situation.upload is None:
        raise NotFollowableError("no manifest")
    pointer = _key_beside(finding, match["old"])
    change(situation, finding.location.file, pointer, lambda parent, key: parent.__delitem__(key))


def move_paths(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    assert situation.upload is not None
    modalities = situation.upload["modalities"]
    modalities[match["new"]] += modalities[match["old"]]


def list_sidecar(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if situation.upload is None or match["sidecar"] not in situation.tree.files:
        raise NotFollowableError(f"{match['sidecar']} is not there")
    situation.upload["schemas"].append(match["sidecar"])


def remove_request(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    change(situation, finding.location.file, "/transfer_service_args", lambda parent, key: parent.__delitem__(key))


def set_key(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if situation.example.job_table is not None:
        _set_cell(situation, finding, match["key"], match["value"])
        return
    if situation.upload is None:
        raise NotFollowableError("no manifest")

    def how(parent: Any, key: Any) -> None:
        parent[key] = yaml.safe_load(match["value"])

    change(situation, situation.upload_file, _key_beside(finding, match["key"]), how)


def set_shown(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    parts = split_pointer(finding.location.pointer or "")
    if situation.example.job_table is not None:
        _set_cell(situation, finding, parts[-1], match["value"])
        return

    def how(parent: Any, key: Any) -> None:
        parent[key] = yaml.safe_load(match["value"])

    change(situation, finding.location.file, finding.location.pointer, how)


def _set_cell(situation: Situation, finding: Finding, key: str, value: str) -> None:
    rows = list(csv.reader((situation.example.job_table or "").splitlines()))
    rows[1 + int(split_pointer(finding.location.pointer or "")[1])][rows[0].index(key)] = value
    situation.changed(job_table="\n".join(map(",".join, rows)))


def remove_job(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    pointer = finding.location.pointer
    if situation.example.job_table is not None:
        lines = situation.example.job_table.splitlines()
        del lines[1 + int(split_pointer(pointer or "")[-1])]
        situation.changed(job_table="\n".join(lines))
    else:
        change(situation, finding.location.file, pointer, lambda parent, key: parent.__delitem__(key))


def remove_column(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    rows = list(csv.reader((situation.example.job_table or "").splitlines()))
    column = rows[0].index(match["old"])
    situation.changed(job_table="\n".join(",".join(row[:column] + row[column + 1 :]) for row in rows))


def change_destination(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    situation.changed(destination=match["address"])


def remove_suppression(situation: Situation, finding: Finding, match: re.Match[str]) -> None:
    if len(situation.example.suppressions) != 1:
        raise NotFollowableError("several suppressions")
    situation.changed(suppressions=[])
