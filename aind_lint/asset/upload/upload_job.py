"""Jobs of the transfer service: what each uploads, from where, and the asset name that the service computes.

The name is ``[<platform>_]<subject-id>_<date>_<time>``. Source: ``UploadJobConfigsV2`` of aind-data-transfer-service
2.2.2; the jobs of version 1 (``ModalityConfigs``) are parsed as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from aind_lint.asset.naming.name_timestamp import format_name_timestamp
from aind_lint.text.json_position import join_pointer
from aind_lint.text.timestamps import parse_iso

#: Further notations of a time that the transfer service accepts.
_US_FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")
#: A subject id that can be a part of a name.
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,60}", re.ASCII)
#: Tasks with settings for each modality.
_MODALITY_TASKS = ("modality_transformation_settings", "codeocean_pipeline_settings")


@dataclass(frozen=True)
class UploadSource:
    """A file or folder that is uploaded.

    Attributes:
        folder: The folder of the asset to which it is copied: a modality; empty for the root.
        path: The path, as it is written in the file.
        pointer: JSON pointer to the path in the file.
    """

    folder: str
    path: str
    pointer: str


@dataclass(frozen=True)
class NamedModality:
    """A modality that a job names.

    Attributes:
        abbreviation: The abbreviation, as it is written.
        pointer: JSON pointer to it.
    """

    abbreviation: str
    pointer: str


@dataclass(frozen=True)
class UploadJob:
    """One job: a member of ``upload_jobs``, or a manifest without jobs, from which the service makes one.

    Attributes:
        pointer: JSON pointer to the job; empty for the manifest itself.
        content: Its values.
        defaults: The values of the manifest, for keys that the job does not have.
    """

    pointer: str
    content: dict[str, Any]
    defaults: dict[str, Any]

    @property
    def time_key(self) -> str:
        """The key of the acquisition time: ``acq_datetime`` in a job, ``acquisition_datetime`` in a manifest."""
        return "acq_datetime" if "acq_datetime" in self.content or self.pointer else "acquisition_datetime"

    @property
    def time_value(self) -> Any:
        """The acquisition time, as it is written."""
        return self.content.get(self.time_key, self.defaults.get("acquisition_datetime"))

    @property
    def time(self) -> datetime | None:
        """The acquisition time, as the service parses it."""
        return parse_service_time(self.time_value)

    @property
    def subject_value(self) -> Any:
        """The subject id, as it is written."""
        return self.content.get("subject_id", self.defaults.get("subject_id"))

    @property
    def subject_id(self) -> str | None:
        """The subject id, an integer or a text; None if it is neither, or cannot be a part of a name."""
        value = self.subject_value
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return None
        text = str(value).strip()
        return text if _SUBJECT.fullmatch(text) else None

    @property
    def platform(self) -> str | None:
        """The abbreviation of the platform; None if there is none."""
        platform = self.content.get("platform", self.defaults.get("platform"))
        if isinstance(platform, dict):
            platform = platform.get("abbreviation")
        return platform if isinstance(platform, str) and platform else None

    @property
    def computed_name(self) -> str | None:
        """The name that the transfer service computes; None if subject or time are invalid."""
        subject, acquired = self.subject_id, self.time
        if subject is None or acquired is None:
            return None
        begin = f"{self.platform}_" if self.platform else ""
        return f"{begin}{subject}_{format_name_timestamp(acquired)}"

    @property
    def modalities(self) -> list[NamedModality]:
        """The modalities in the job's list ``modalities``; empty for a manifest, which has a mapping instead."""
        listed = self.content.get("modalities")
        named = []
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            pointer = f"{self.pointer}/modalities/{index}"
            for key in ("modality", "abbreviation"):
                if isinstance(item, dict) and key in item:
                    item, pointer = item[key], f"{pointer}/{key}"
            if isinstance(item, str):
                named.append(NamedModality(item, pointer))
        return named

    @property
    def is_version_1(self) -> bool:
        """Whether it is a job of version 1 of the service: its modalities have their sources, and it has no tasks."""
        listed = self.content.get("modalities")
        items = listed if isinstance(listed, list) else []
        return "tasks" not in self.content and any(isinstance(item, dict) and "source" in item for item in items)

    @property
    def tasks(self) -> dict[str, Any]:
        """The tasks with settings of their own, by id."""
        tasks = self.content.get("tasks")
        return tasks if isinstance(tasks, dict) else {}

    def skips(self, task: str) -> bool:
        """Whether the job skips a task."""
        settings = self.tasks.get(task)
        return isinstance(settings, dict) and settings.get("skip_task") is True

    def modality_settings(self, task: str = _MODALITY_TASKS[0]) -> list[NamedModality]:
        """The modalities for which a task has settings; empty if the task is skipped."""
        settings = self.tasks.get(task)
        if not isinstance(settings, dict) or settings.get("skip_task") is True:
            return []
        return [
            NamedModality(key, self.pointer + join_pointer(["tasks", task, key]))
            for key in settings
            if isinstance(key, str) and key != "skip_task"
        ]

    @property
    def named_modalities(self) -> Iterator[NamedModality]:
        """Every modality that the job names: in its list, and as keys of tasks."""
        yield from self.modalities
        for task in _MODALITY_TASKS:
            yield from self.modality_settings(task)

    @property
    def sources(self) -> Iterator[UploadSource]:
        """The folders that the tasks of the job read, and those of jobs of version 1."""
        for modality in self.modality_settings():
            pointer = f"{modality.pointer}/job_settings/input_source"
            yield from _source(modality.abbreviation, self._at("tasks", _MODALITY_TASKS[0], modality), pointer)
        listed = self.content.get("modalities")
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(item, dict):
                yield from _source("", item.get("source"), f"{self.pointer}/modalities/{index}/source")
        settings = self.tasks.get("gather_preliminary_metadata")
        if isinstance(settings, dict) and isinstance(inner := settings.get("job_settings"), dict):
            pointer = f"{self.pointer}/tasks/gather_preliminary_metadata/job_settings/metadata_dir"
            yield from _source("", inner.get("metadata_dir"), pointer)

    def _at(self, group: str, task: str, modality: NamedModality) -> Any:
        settings = self.content[group][task][modality.abbreviation]
        inner = settings.get("job_settings") if isinstance(settings, dict) else None
        return inner.get("input_source") if isinstance(inner, dict) else None


def _source(folder: str, path: Any, pointer: str) -> Iterator[UploadSource]:
    if isinstance(path, str) and path:
        yield UploadSource(folder, path, pointer)


def parse_service_time(value: Any) -> datetime | None:
    """A time as the services parse it. Its time zone is dropped, because the name contains the time as written."""
    aware = parse_aware_time(value)
    return None if aware is None else aware.replace(tzinfo=None)


def parse_aware_time(value: Any) -> datetime | None:
    """A time as the services parse it, with its time zone if it states one."""
    if not isinstance(value, str):
        return None
    parsed = parse_iso(value.strip())
    if isinstance(parsed, datetime):
        return parsed
    if isinstance(parsed, date):
        return datetime.combine(parsed, time.min)
    for notation in _US_FORMATS:
        try:
            return datetime.strptime(value.strip(), notation)
        except ValueError:
            continue
    return None
