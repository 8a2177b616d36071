"""Scans a folder for finished assets and publishes them one by one; a failure does not stop the others."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aind_lint.app.watching.finished_assets import FinishedAsset, find_finished_assets
from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.app.watching.log import log
from aind_lint.app.watching.outcome_files import InUseError, Outcome, move_without_overwriting, write_outcome
from aind_lint.app.watching.webhook import Webhook
from aind_lint.errors import AindLintError, BucketError, os_error_reason

#: Seconds to wait after a bucket could not be reached: doubled after each failure, up to a maximum.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 60, 900


@dataclass
class Watcher:
    """Publishes the finished assets of a folder.

    Attributes:
        folder: The watched folder.
        publish: Publishes one asset; after a `BucketError` it is tried again later.
        idle_tracker: Also publish assets that have not changed for some time; None to publish only marked assets.
        webhook: Where failures are reported.
        move_data: Whether the folder of a published asset is renamed into ``done/``, on the same volume.
    """

    folder: Path
    publish: Callable[[FinishedAsset], Outcome]
    idle_tracker: IdleTracker | None = None
    webhook: Webhook | None = None
    move_data: bool = False
    _last_messages: dict[str, str] = field(default_factory=dict)
    _failures: int = 0

    def watch(self, interval: float) -> None:
        """Scan the folder repeatedly, until interrupted."""
        while True:
            self.scan_once()
            wait = min(_FIRST_WAIT_SECONDS * 2 ** (self._failures - 1), _LONGEST_WAIT_SECONDS) if self._failures else 0
            time.sleep(max(interval, wait))

    def scan_once(self) -> bool:
        """Publish every asset that is finished now.

        Returns:
            Whether all of them were published.
        """
        try:
            assets = find_finished_assets(self.folder, self.idle_tracker)
        except (AindLintError, OSError) as error:
            reason = os_error_reason(error) if isinstance(error, OSError) else str(error)
            self._report_once(str(self.folder), f"the folder cannot be read; trying again later: {reason}")
            return False
        all_published = True
        for asset in assets:
            try:
                all_published &= self._publish(asset)
            except InUseError as error:
                self._report_once(asset.name, f"not finished yet, trying again later: {error}")
                all_published = False
            except BucketError as error:
                # Other assets would fail in the same way.
                self._failures += 1
                self._report_once(asset.name, f"the bucket could not be reached, trying again later: {error}")
                return False
        self._failures = 0
        return all_published

    def _publish(self, asset: FinishedAsset) -> bool:
        if asset.name not in self._last_messages:
            log.info("%s  checking", asset.name)
        try:
            outcome = self.publish(asset)
        except (BucketError, InUseError):
            raise
        except Exception as error:
            log.debug("", exc_info=True)
            outcome = Outcome(False, f"internal error, not published: {type(error).__name__}: {error}")
        finally:
            gc.collect()  # otherwise connections stay open until the next garbage collection
        try:
            target_folder = write_outcome(self.folder, asset, outcome)
            if asset.marker is None and self.idle_tracker is not None:
                self.idle_tracker.mark_handled(asset.source)
        except OSError as error:
            self._report_once(
                asset.name, f"{outcome.summary}; but its files cannot be written: {os_error_reason(error)}"
            )
            return False
        self._last_messages.pop(asset.name, None)
        lines = [outcome.summary, *outcome.details]
        if outcome.published:
            log.info("%s  %s", asset.name, "\n".join(lines))
            if self.move_data and asset.source.is_dir():
                self._move_data(asset, target_folder)
        else:
            lines.append(f"the data stays where it is; the report is in {target_folder}")
            log.error("%s  %s", asset.name, "\n".join(lines))
            self._send(asset.name, outcome.summary, outcome.details)
        return outcome.published

    def _move_data(self, asset: FinishedAsset, target_folder: Path) -> None:
        try:
            log.info("%s  moved to %s", asset.name, move_without_overwriting(asset.source, target_folder))
        except OSError as error:
            log.warning("%s  the data stays where it is: %s", asset.name, os_error_reason(error))

    def _report_once(self, name: str, message: str) -> None:
        """Log a problem that may last for hours once, and send the first message about it."""
        if self._last_messages.get(name) == message:
            return
        log.warning("%s  %s", name, message)
        if name not in self._last_messages:
            self._send(name, message, ())
        self._last_messages[name] = message

    def _send(self, name: str, summary: str, details: tuple[str, ...]) -> None:
        if self.webhook is None:
            return
        content: dict[str, object] = {
            "text": f"aind-lint: {name}: {summary}",
            "asset": name,
            "summary": summary,
            "details": details,
        }
        if problem := self.webhook.send(content):
            log.warning("%s  the webhook at %s could not be notified: %s", name, self.webhook.host, problem)
