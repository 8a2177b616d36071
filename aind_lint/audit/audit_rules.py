"""The rules about the bucket as a whole. Those about one asset are the rules of `check`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from aind_lint.audit.model import AuditFinding
from aind_lint.text.shell import shell_argument


@dataclass(frozen=True)
class AuditRule:
    """A rule about the bucket as a whole.

    Attributes:
        id: Its id.
        name: Its name.
        severity: Its severity.
        why: Why it matters.
        fix: How to fix a violation.
    """

    id: str
    name: str
    severity: Literal["error", "warning", "info"]
    why: str
    fix: str

    def finding(
        self,
        asset: str,
        message: str,
        file: str | None = None,
        count: int = 1,
        fix: str = "",
        expected: str | None = None,
    ) -> AuditFinding:
        """A violation of this rule."""
        found = AuditFinding(asset, self.id, self.name, self.severity, message, file, why=self.why, fix=fix or self.fix)
        return replace(found, count=count, expected=expected)


_IMMUTABLE = "Published data must not change: results that were computed from it could not be reproduced."

OBJECT_LOST = AuditRule(
    "AUD101",
    "object-lost",
    "error",
    _IMMUTABLE,
    "Restore the object from a backup, an older version or the acquisition computer, with the same content.",
)
OBJECT_CHANGED = AuditRule(
    "AUD102",
    "object-changed",
    "error",
    _IMMUTABLE,
    "Restore the old content, and publish the new one as another asset.",
)
OBJECT_REWRITTEN = AuditRule(
    "AUD103",
    "object-rewritten",
    "warning",
    _IMMUTABLE,
    "Compare the object with a copy. If another program wrote the same content again, nothing is to be done.",
)
OBJECT_ADDED = AuditRule(
    "AUD104",
    "object-added",
    "warning",
    "Nothing may be added to a published asset: users who downloaded it before have other data under the same name.",
    "Publish the new data as a derived asset, and ask the bucket owner to remove it here.",
)
LATE_OBJECT = AuditRule(
    "AUD105",
    "object-after-publication",
    "warning",
    "An object that is newer than the publication was added or changed after it.",
    "Find out which program wrote it. Publish new data as a derived asset.",
)
LOSS_NOT_CONFIRMED = AuditRule(
    "AUD106",
    "loss-not-confirmed",
    "warning",
    "The objects are missing in the listing, but no request has confirmed that they are gone.",
    "Run the audit with access to the bucket.",
)
ASSET_CHANGED = AuditRule(
    "AUD107",
    "asset-changed",
    "warning",
    "Something in the asset was lost, changed or added. The state has no keys (--no-keys), so the object is unknown.",
    "Compare the asset with a copy, and restore what was lost. Without --no-keys, an audit names the next one.",
)
TWO_ERAS = AuditRule(
    "AUD201",
    "published-in-two-eras",
    "error",
    "The same recording is in the bucket twice, under a name with and one without a prefix. Users find one of the two.",
    "Keep one of the two, and ask the bucket owner to remove the other one; then run the audit once with --removed and "
    "its name.",
)
NAMES_CLASH = AuditRule(
    "AUD202",
    "names-clash",
    "error",
    "On Windows and macOS the two names are one folder, so downloads of both are mixed.",
    "Rename one of the two: publish it under its right name, and ask the bucket owner to remove this one; then run the "
    "audit once with --removed and its name.",
)
SOURCE_MISSING = AuditRule(
    "AUD203",
    "source-not-in-bucket",
    "warning",
    "The results cannot be traced to their data.",
    "Publish the source. If it was renamed, publish the derived asset under a name that begins with the new name.",
)
UNFINISHED = AuditRule(
    "AUD301",
    "unfinished-publication",
    "warning",
    "The asset cannot be used, and its name is taken.",
    "Finish the publication, or remove what it stored.",
)
UNFINISHED_UPLOAD = AuditRule(
    "AUD302",
    "unfinished-multipart-upload",
    "warning",
    "The parts cost as much as an object, and no listing shows them.",
    "Abort the upload, or let a lifecycle rule of the bucket do it (AbortIncompleteMultipartUpload).",
)
ROOT_OBJECT = AuditRule(
    "AUD303",
    "object-at-root",
    "warning",
    "The bucket is a flat list of assets. An object outside any asset has no metadata, so users cannot find it.",
    "Ask the bucket owner to move the object into an asset, or to remove it.",
)
NOT_AN_ASSET = AuditRule(
    "AUD304",
    "prefix-is-no-asset",
    "warning",
    "Its name is not that of an asset, and it has no data_description.json, so users cannot find it.",
    "Publish the data as an asset, and ask the bucket owner to remove the prefix.",
)
CONTROL_OBJECTS = AuditRule(
    "AUD305",
    "control-objects-damaged",
    "error",
    "aind-lint writes these objects in a fixed order. Others show that a program changed the published asset.",
    "Find out which program wrote or removed them.",
)


def restore_asset(name: str) -> str:
    """How to fix the loss of a whole asset."""
    return (
        "Restore the asset from a backup or older versions of its objects, with the same content. If the bucket owner "
        f"has removed it on purpose, run the audit once with --removed {shell_argument(name)}."
    )


RULES = (
    OBJECT_LOST,
    OBJECT_CHANGED,
    OBJECT_REWRITTEN,
    OBJECT_ADDED,
    LATE_OBJECT,
    LOSS_NOT_CONFIRMED,
    ASSET_CHANGED,
    TWO_ERAS,
    NAMES_CLASH,
    SOURCE_MISSING,
    UNFINISHED,
    UNFINISHED_UPLOAD,
    ROOT_OBJECT,
    NOT_AN_ASSET,
    CONTROL_OBJECTS,
)

#: Rules that look at the objects of one asset, so that they decide nothing about one that is not in the listing.
OF_LISTED_ASSETS = {LATE_OBJECT.id, SOURCE_MISSING.id, CONTROL_OBJECTS.id}

#: Rules of a bucket whose violation means that a published asset is damaged.
DAMAGE = {OBJECT_LOST.id, OBJECT_CHANGED.id, CONTROL_OBJECTS.id}

#: Rules whose violation means that an asset is in conflict with another one; SEP103 finds assets inside assets.
CONFLICT = {TWO_ERAS.id, NAMES_CLASH.id, "SEP103"}
