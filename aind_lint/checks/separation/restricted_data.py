"""Is restricted data about to be published in a bucket that everybody can read, or perhaps can read?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from aind_lint.asset.asset import Asset
from aind_lint.asset.upload.upload_manifest import UploadManifest
from aind_lint.bucket.address import bucket_of, is_s3, split_s3
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault, Unchecked
from aind_lint.finding import NO_BUCKET
from aind_lint.text.characters import one_line

_FILE, _KEY = "data_description.json", "/restrictions"
#: Names that say that a bucket is public: ``aind-open-data``.
_PUBLIC = re.compile(r"(.*[-.])?(open|public)([-.].*)?")
#: What ``s3_bucket`` of a job means; other rules report another value.
_DESTINATIONS = {"open": "public", "default": "unknown", None: "unknown"}
_PRIVATE = re.compile(r"(.*[-.])?private([-.].*)?")


class Options(verb.Options):
    """What to report, and which texts mean no restriction.

    Attributes:
        destination: ``public``: a bucket that everybody can read; ``unknown``: one that perhaps everybody can read.
        no_restriction: Texts that mean that there is no restriction, in lower case.
    """

    destination: Literal["public", "unknown"]
    no_restriction: list[str]


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault | Unchecked]:
    """Yield a fault for restrictions of an asset that goes to such a bucket."""
    try:
        restrictions = asset.value(_FILE, _KEY)
    except LookupError:
        return
    if not isinstance(restrictions, str) or restrictions.strip(" .").casefold() in options.no_restriction:
        return
    if asset.upload and (bucket := _uploaded_to(asset.upload.manifest, options.destination)):
        yield _upload_fault(restrictions, bucket, asset.upload.manifest.path.name)
    elif context.store is None:
        yield Unchecked(NO_BUCKET)
    elif is_s3(url := context.store.url):
        is_public = _is_public(context, url)
        if options.destination == "public" and is_public:
            yield _fault(restrictions, f"the public bucket {url}")
        elif options.destination == "unknown" and is_public is None:
            yield _unknown(restrictions, url)


def _is_public(context: CheckContext, url: str) -> bool | None:
    """Whether everybody can read a bucket; None if neither the configuration, its name nor its policy shows it."""
    name = split_s3(url)[0]
    if bucket_of(url) in context.public_buckets or _PUBLIC.fullmatch(name):
        return True
    assert context.store is not None
    is_public = context.store.is_public
    return False if is_public is None and _PRIVATE.fullmatch(name) else is_public


def _uploaded_to(manifest: UploadManifest, destination: str) -> str | None:
    """The setting with which the transfer service uploads a job to such a bucket."""
    for job in manifest.jobs:
        bucket = job.content.get("s3_bucket", job.defaults.get("s3_bucket"))
        # The older watchdog service uploads to the private bucket if no bucket is given.
        if bucket is None and manifest.form == "manifest" and manifest.dialect == "older":
            continue
        if isinstance(bucket, (str, type(None))) and _DESTINATIONS.get(bucket) == destination:
            return bucket or "default"
    return None


def _upload_fault(restrictions: str, bucket: str, file: str) -> Fault:
    """The fault of an upload manifest or a job."""
    if bucket == "open":
        return _fault(restrictions, "the public bucket (s3_bucket: open)")
    message = f"the asset is restricted ({one_line(restrictions, 80)}), but {file} does not name the private bucket"
    return Fault(message, _FILE, _KEY, found=restrictions, fix=f"Add s3_bucket: private to {file}")


def _unknown(restrictions: str, url: str) -> Fault:
    message = (
        f"the asset is restricted ({one_line(restrictions, 80)}), and whether everybody can read {url} is not known"
    )
    fix = (
        f"Ask the owner of {bucket_of(url)} whether everybody can read it. If so, add it to public_buckets under "
        "[vocabulary] in aind-lint.toml"
    )
    return Fault(message, _FILE, _KEY, found=restrictions, fix=fix)


def _fault(restrictions: str, where: str) -> Fault:
    message = f"the asset is restricted ({one_line(restrictions, 80)}), but would be published in {where}"
    return Fault(message, _FILE, _KEY, found=restrictions)
