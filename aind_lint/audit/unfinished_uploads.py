"""Multipart uploads that were neither completed nor aborted. No listing shows them, and their parts cost as objects."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from aind_lint.audit.audit_rules import UNFINISHED_UPLOAD
from aind_lint.audit.model import AuditFinding, UnfinishedAttempt
from aind_lint.audit.times import iso_time
from aind_lint.bucket.address import split_s3
from aind_lint.bucket.store import MultipartUpload, Store
from aind_lint.text.shell import shell_argument

#: Hours after which an upload is a fault; before, it is probably still running. The largest objects take days.
_RUNNING_HOURS = 7 * 24


def find_unfinished_uploads(store: Store, created: datetime) -> tuple[list[UnfinishedAttempt], list[AuditFinding]]:
    """The unfinished multipart uploads of a bucket in S3, and one finding for each asset with old ones.

    Args:
        store: The bucket.
        created: The time of the listing.

    Raises:
        BucketError: The uploads cannot be listed.
    """
    attempts = [_attempt(store.url, upload, created) for upload in store.list_uploads("")]
    attempts.sort(key=lambda attempt: (attempt.asset, attempt.key, attempt.started or ""))
    old: dict[str, list[UnfinishedAttempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.age_hours is None or attempt.age_hours >= _RUNNING_HOURS:
            old[attempt.asset].append(attempt)
    findings = []
    for asset, uploads in old.items():
        first = uploads[0]
        more = f"; {len(uploads) - 1:,} more like this" if len(uploads) > 1 else ""
        message = f"a multipart upload of {first.key} began on {(first.started or 'an unknown day')[:10]}{more}"
        fix = f"Abort it: '{first.command}'."
        findings.append(UNFINISHED_UPLOAD.finding(asset, message, first.key, len(uploads), fix))
    return attempts, findings


def _attempt(address: str, upload: MultipartUpload, created: datetime) -> UnfinishedAttempt:
    asset, slash, key = upload.key.partition("/")
    bucket, prefix = split_s3(address)
    full_key = f"{prefix}/{upload.key}" if prefix else upload.key
    started = datetime.fromisoformat(upload.started) if upload.started else None
    age = None if started is None else max(0.0, (created - started) / timedelta(hours=1))
    return UnfinishedAttempt(
        asset if slash else "",
        "multipart",
        key if slash else upload.key,
        None if started is None else iso_time(started),
        None if age is None else round(age, 1),
        f"aws s3api abort-multipart-upload --bucket {bucket} --key {shell_argument(full_key)} --upload-id {upload.id}",
    )
