"""`publish`: the public function behind ``aind-lint publish`` and ``aind-lint watch``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from aind_lint.app.checking.check_targets import refuse_no_asset
from aind_lint.app.publishing.publish_options import Destination, PublishCallbacks, PublishOptions, RefusedError
from aind_lint.bucket.address import Connection
from aind_lint.finding import AssetReport
from aind_lint.publication.progress import OnProgress, ignore_progress
from aind_lint.publication.step_log import log_detail
from aind_lint.schema.models.model_process import start_model_process
from aind_lint.system.disk_paths import path_on_disk
from aind_lint.system.keep_awake import keep_awake

if TYPE_CHECKING:
    from aind_lint.publication.receipt import Receipt

__all__ = ["Destination", "RefusedError", "publish"]


def publish(
    asset: Path | str,
    to: str,
    *,
    dry_run: bool = False,
    supersede: bool = False,
    jobs: int | None = None,
    max_rate: float | None = None,
    sha256: Path | None = None,
    config: Path | None = None,
    watched_folder: Path | None = None,
    connection: Connection = Connection(),
    on_progress: OnProgress | None = None,
    on_message: Callable[[str], None] = lambda text: None,
    on_checked: Callable[[AssetReport], None] = lambda report: None,
    confirm: Callable[[AssetReport, Destination], bool] = lambda report, destination: True,
) -> Receipt:
    """Check an asset with every rule and, only if all pass, publish it.

    No option skips a check or overwrites an object. To finish an interrupted publication, call again.

    Args:
        asset: The asset's folder, or an upload manifest that names its files.
        to: The destination: ``s3://bucket``, or a folder used as a bucket; a new folder is written ``./name``.
        dry_run: Check and plan, but write nothing.
        supersede: Replace an unfinished publication with other content, if this asset contains all it has stored.
        jobs: The maximum number of concurrent requests; None adapts it to the latency of the destination.
        max_rate: The maximum number of bytes per second; None is no limit.
        sha256: Write the SHA-256 of every file to this file, as ``sha256sum`` does. Unlike a CRC, SHA-256 resists
            deliberate collisions.
        config: The configuration file, instead of the one found upwards from the asset. Only these settings count:
            the time zone, additional rules, buckets that are not flat, and suppressions of findings below error.
        watched_folder: Publish an upload manifest only if its sources are below this folder, or below ``data_roots`` of
            the configuration; None lets it name any file.
        connection: How to reach S3.
        on_progress: Called with the progress.
        on_message: Called with one line of text when the publication waits or retries.
        on_checked: Called with the report when all checks have passed.
        confirm: Called after all checks passed, before the data is read and anything is written; False cancels.

    Returns:
        The receipt. Its state is "already published" if the destination holds the same content.

    Raises:
        RefusedError: A check failed or could not be made; ``error.report`` names it.
        ConflictError: The destination holds other content, or a file changed during the publication.
        BucketError: The destination cannot be read or written.
        NoAssetError: The folder is empty, or it is a folder of assets.
        DeclinedError: ``confirm`` returned False; it is a `UsageError`.
        UsageError: The asset cannot be read, or the destination is invalid or inside an asset.
    """
    source = path_on_disk(Path(asset))
    options = PublishOptions(dry_run, supersede, jobs, max_rate, sha256, config, watched_folder)
    callbacks = PublishCallbacks(on_progress or ignore_progress, on_message, on_checked, confirm)
    try:
        refuse_no_asset(source)
        models = start_model_process()  # before anything else that takes long
        with keep_awake(), models or nullcontext():
            from aind_lint.app.publishing.publish_steps import open_publication

            return open_publication(source, to, connection, options, callbacks, models).run()
    except BaseException as error:
        log_detail(source.name, "not published: %s: %s", type(error).__name__, error)
        raise
