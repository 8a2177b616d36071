"""The watcher: looks for finished assets, publishes them one by one, and goes on whatever happens to one of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aind_lint.app.watching.idle_tracker import IdleTracker
from aind_lint.app.watching.jobs import Job, find_jobs
from aind_lint.app.watching.log import log
from aind_lint.app.watching.outcome_files import InUseError, Outcome, move_aside, put_on_record
from aind_lint.app.watching.webhook import Webhook
from aind_lint.errors import AindLintError, BucketError, os_error_reason

#: Seconds to wait after a bucket could not be reached: doubled with every failure, up to the last.
_FIRST_WAIT, _LONGEST_WAIT = 60, 900


@dataclass
class Watcher:
    """Publishes what is finished in a folder.

    Attributes:
        folder: The watched folder.
        publish: Publishes one asset; a `BucketError` means later.
        stillness: When given, an asset that lies still is finished as well.
        webhook: Who is told of failures.
        move_data: Whether the folder of a published asset is renamed into ``done/``, on the same volume.
    """

    folder: Path
    publish: Callable[[Job], Outcome]
    stillness: IdleTracker | None = None
    webhook: Webhook | None = None
    move_data: bool = False
    _told: dict[str, str] = field(default_factory=dict)
    _failures: int = 0

    def watch(self, interval: float) -> None:
        """Look again and again, until interrupted."""
        while True:
            self.look()
            wait = min(_FIRST_WAIT * 2 ** (self._failures - 1), _LONGEST_WAIT) if self._failures else 0
            time.sleep(max(interval, wait))

    def look(self) -> bool:
        """Deal with everything that is finished now.

        Returns:
            Whether all of it was published.
        """
        try:
            jobs = find_jobs(self.folder, self.stillness)
        except (AindLintError, OSError) as error:
            reason = os_error_reason(error) if isinstance(error, OSError) else str(error)
            self._tell(str(self.folder), f"the folder cannot be read; trying again later: {reason}")
            return False
        well = True
        for job in jobs:
            try:
                well &= self._do(job)
            except InUseError as error:
                self._tell(job.name, f"not finished yet, trying again later: {error}")
                well = False
            except BucketError as error:
                # Another asset would meet the same bucket.
                self._failures += 1
                self._tell(job.name, f"the bucket could not be reached, trying again later: {error}")
                return False
        self._failures = 0
        return well

    def _do(self, job: Job) -> bool:
        if job.name not in self._told:
            log.info("%s  checking", job.name)
        try:
            outcome = self.publish(job)
        except (BucketError, InUseError):
            raise
        except Exception as error:
            log.debug("", exc_info=True)
            outcome = Outcome(False, f"internal error, not published: {type(error).__name__}: {error}")
        finally:
            gc.collect()  # else connections of the last asset stay open until somebody happens to look for garbage
        try:
            shelf = put_on_record(self.folder, job, outcome)
            if job.token is None and self.stillness is not None:
                self.stillness.deal_with(job.source)
        except OSError as error:
            self._tell(job.name, f"{outcome.summary}; but the record cannot be written: {os_error_reason(error)}")
            return False
        self._told.pop(job.name, None)
        lines = [outcome.summary, *outcome.details]
        if outcome.published:
            log.info("%s  %s", job.name, "\n".join(lines))
            if self.move_data and job.source.is_dir():
                self._move_data(job, shelf)
        else:
            lines.append(f"the data stays where it is; the report is in {shelf}")
            log.error("%s  %s", job.name, "\n".join(lines))
            self._send(job.name, outcome.summary, outcome.details)
        return outcome.published

    def _move_data(self, job: Job, shelf: Path) -> None:
        try:
            log.info("%s  moved to %s", job.name, move_aside(job.source, shelf))
        except OSError as error:
            log.warning("%s  the data stays where it is: %s", job.name, os_error_reason(error))

    def _tell(self, name: str, message: str) -> None:
        """Log what may go on for hours, once, and send the first of it."""
        if self._told.get(name) == message:
            return
        log.warning("%s  %s", name, message)
        if name not in self._told:
            self._send(name, message, ())
        self._told[name] = message

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
            log.warning("%s  the webhook at %s was not told: %s", name, self.webhook.host, problem)
