"""Do the jobs of an upload agree with its manifest, and with one another?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.naming.vocabulary import Vocabulary
from aind_lint.asset.upload.upload_job import NamedModality, UploadJob, parse_aware_time
from aind_lint.asset.upload.upload_manifest import UploadManifest
from aind_lint.engine.evidence import join_words
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import shorten

SCOPE = "upload"

#: Jobs of one request. Source: ``SubmitJobRequestV2``.
_MAX_JOBS = 50
#: Values that state nothing.
_MEANING_NOTHING = (None, "", "default")
#: What a job states under these keys, as other rules compare it.
_VALUES = {"subject_id": ("subject",), "platform": ("platform",)}


class Options(verb.Options):
    """Which problem to report: a job against the manifest or against itself, or the same job twice."""

    problem: Literal["contradiction", "duplicate"]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every problem."""
    if asset.upload is None:
        return
    manifest = asset.upload.manifest
    problems = _PROBLEMS[options.problem](manifest, asset.vocabulary)
    yield from report_limited(problems, "more problems like this", manifest.path.name)


def _contradictions(manifest: UploadManifest, vocabulary: Vocabulary) -> Iterator[Fault]:
    for job in manifest.listed_jobs or manifest.jobs:
        yield from _modalities(manifest, job, vocabulary)
        if manifest.form == "manifest" and job.pointer:
            yield from _values(manifest, job)
    if manifest.form == "manifest" and manifest.dialect == "newer":
        yield from _staging_name(manifest)


def _modalities(manifest: UploadManifest, job: UploadJob, vocabulary: Vocabulary) -> Iterator[Fault]:
    """The modalities of a job against those of the manifest, and its settings against its modalities."""
    file = manifest.path.name

    def present(word: str) -> str:
        """The modality that a word means; RIG102 reports the word."""
        return (
            vocabulary.suggested_modality(word) or word
            if word not in vocabulary.modality_folders
            else vocabulary.present_name(word)
        )

    listed = {present(modality.abbreviation) for modality in job.modalities}
    settings = job.modality_settings()
    expected = {present(key) for key in manifest.modalities} if job.pointer else set()
    where = "the manifest"
    if not expected:
        expected, where = listed, "modalities of the job"
    named: list[NamedModality] = [*job.modalities, *settings]
    for modality in named if expected else []:
        if present(modality.abbreviation) not in expected:
            message = f"the job uploads {shorten(modality.abbreviation)}, which is not in {where}"
            word = modality.abbreviation
            fix = None if job.pointer and manifest.form == "manifest" else _add_or_remove(modality, file)
            yield Fault(message, file, modality.pointer, found=word, fix=fix, compares=("modality",), item=word)
    for words, place in ((listed, "modalities"), ({present(m.abbreviation) for m in settings}, "tasks")):
        missing = sorted(expected - words) if words and manifest.modalities and job.pointer else []
        if missing:
            verb_phrase = "which are" if missing[1:] else "which is"
            message = f"the job does not upload {shorten(join_words(missing))}, {verb_phrase} in the manifest"
            yield Fault(message, file, f"{job.pointer}/{place}", expected=", ".join(missing))


def _add_or_remove(modality: NamedModality, file: str) -> str:
    """The repair of a setting for a modality that the job itself does not have."""
    return f"Add {shorten(modality.abbreviation)} to modalities of the job, or remove {modality.pointer} from {file}"


def _values(manifest: UploadManifest, job: UploadJob) -> Iterator[Fault]:
    """The values of a job that the manifest states, too."""
    for key in ("subject_id", "project_name", "platform", "s3_bucket"):
        mine, theirs = (_text(content.get(key)) for content in (job.content, manifest.content))
        if mine in _MEANING_NOTHING or theirs in _MEANING_NOTHING or mine == theirs:
            continue
        message = f"{key} of the job is {shorten(mine)}, but that of the manifest is {shorten(theirs)}"
        pointer, compares = f"{job.pointer}/{key}", _VALUES.get(key, ())
        yield Fault(message, manifest.path.name, pointer, found=mine, expected=theirs, compares=compares)
    theirs_at = parse_aware_time(manifest.content.get("acquisition_datetime"))
    mine_at = parse_aware_time(job.content.get("acq_datetime"))
    if mine_at and theirs_at and not _is_same_time(mine_at, theirs_at):
        expected = f"{theirs_at:%Y-%m-%d %H:%M:%S}"
        message = f"acq_datetime of the job is {mine_at:%Y-%m-%d %H:%M:%S}, but acquisition_datetime is {expected}"
        found = str(job.content["acq_datetime"])
        pointer = f"{job.pointer}/acq_datetime"
        yield Fault(message, manifest.path.name, pointer, found=found, expected=expected, compares=("start",))


def _staging_name(manifest: UploadManifest) -> Iterator[Fault]:
    """In the newer dialect, ``name`` is a staging folder; a subject in it that differs is a mistake all the same."""
    job = UploadJob("", manifest.content, {})
    name, subject = manifest.stated_name, job.subject_id
    if name is None or subject is None:
        return
    begin, _, rest = name.partition("_")
    if begin == job.platform:
        begin = rest.partition("_")[0]
    if begin.isdigit() and subject.isdigit() and begin != subject:
        message = f"name begins with subject {begin}, but subject_id is {subject}"
        file = manifest.path.name
        fix = (
            f"If the subject is {subject}, correct name in {file}. "
            f"If it is {begin}, set /subject_id in {file} to {begin}"
        )
        yield Fault(message, file, "/subject_id", found=subject, expected=begin, fix=fix, compares=("subject",))


def _is_same_time(one: datetime, other: datetime) -> bool:
    """Whether two times are equal to the second, as written or as points in time."""
    one, other = one.replace(microsecond=0), other.replace(microsecond=0)
    if one.tzinfo and other.tzinfo and one == other:
        return True
    return one.replace(tzinfo=None) == other.replace(tzinfo=None)


def _text(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("abbreviation")
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _duplicates(manifest: UploadManifest, vocabulary: Vocabulary) -> Iterator[Fault]:
    file = manifest.path.name
    jobs = manifest.listed_jobs
    if len(jobs) > _MAX_JOBS and manifest.form != "table":
        message = f"the request has {len(jobs):,} jobs; the transfer service accepts {_MAX_JOBS}"
        yield Fault(
            message,
            file,
            jobs[_MAX_JOBS].pointer,
            found=f"{len(jobs)}",
            fix=f"Divide the request into requests of at most {_MAX_JOBS} jobs.",
        )
    first: dict[str, int] = {}
    for number, job in enumerate(jobs):
        text = json.dumps(job.content, sort_keys=True, default=str)
        if text in first:
            message = f"job {number + 1} is the same as job {first[text] + 1}"
            yield Fault(message, file, job.pointer, found=job.computed_name)
        first.setdefault(text, number)


_PROBLEMS: dict[str, Callable[[UploadManifest, Vocabulary], Iterator[Fault]]] = {
    "contradiction": _contradictions,
    "duplicate": _duplicates,
}
