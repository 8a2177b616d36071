"""One attempt to publish a plan: claim, send, verify, commit.

An asset exists when its ``data_description.json`` does. That object is written last, and only after the decision to
commit is recorded. Every write is conditional, so nothing is ever replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aind_lint.asset.listing.listing import FileStat
from aind_lint.bucket.body import Body, ContentChangedError
from aind_lint.bucket.control_objects import (
    DATA_DESCRIPTION,
    AttemptOutcome,
    Claim,
    End,
    claim_key,
    encode,
    end_key,
    manifest_key,
)
from aind_lint.bucket.destination.comparison import Differences
from aind_lint.bucket.destination.destination_state import (
    DestinationState,
    DestinationStatus,
    read_claim,
    read_end,
    read_manifest,
)
from aind_lint.bucket.store import Store
from aind_lint.errors import BucketError, ConflictError, DamagedError
from aind_lint.publication.condition_probe import probe_completion, probe_conditions
from aind_lint.publication.plan import Plan
from aind_lint.publication.progress import Progress
from aind_lint.publication.step_log import Step, log_detail, log_step
from aind_lint.publication.stored_check import StoredCheck
from aind_lint.publication.upload.abort_uploads import abort_uploads
from aind_lint.publication.upload.transfer import (
    AttemptEndedError,
    ClockReading,
    Transfer,
    TransferOptions,
    attempt_ended_error,
)
from aind_lint.system.thread_pool import run_in_thread

#: The maximum number of differences in a message.
_MAX_SHOWN = 5

#: Lists the local files again.
ListFiles = Callable[[], Mapping[str, FileStat]]


@dataclass(frozen=True)
class Inspection:
    """What the destination held of an asset at one time.

    Attributes:
        clocks: The clocks before the destination was read.
        state: What it held.
    """

    clocks: ClockReading
    state: DestinationState


@dataclass(frozen=True)
class Commit:
    """A committed publication.

    Attributes:
        attempt: The number of the attempt in the bucket; 0 if another tool published the asset.
        already_published: Whether the destination held the content before this run committed it.
        objects_sent: Number of objects that this run stored, without control objects.
        bytes_sent: Number of bytes that this run stored.
    """

    attempt: int
    already_published: bool
    objects_sent: int = 0
    bytes_sent: int = 0


class VerificationError(ConflictError):
    """The destination does not hold what was sent.

    Attributes:
        differences: What is missing, changed or extra.
    """

    def __init__(self, message: str, differences: Differences) -> None:
        super().__init__(message)
        self.differences = differences


class Attempt:
    """One attempt, new or resumed.

    Attributes:
        is_claimed: Whether the claim is in the bucket, so that running again resumes the attempt.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        claim: Claim,
        list_files: ListFiles,
        inspection: Inspection,
        options: TransferOptions,
    ) -> None:
        """Begin nothing yet.

        Args:
            plan: What to publish.
            store: The destination.
            claim: The claim to write if the attempt has none.
            list_files: Lists the local files again.
            inspection: What the destination holds.
            options: How objects are sent.
        """
        state = inspection.state
        self._plan = plan
        self._store = store
        self._claim = claim
        self._list_files = list_files
        self._options = options
        self._superseded = state.attempt if state.status is DestinationStatus.REPLACEABLE else None
        self._number = state.attempt + (self._superseded is not None)
        self.is_claimed = state.status is DestinationStatus.PARTIAL
        self._may_hold_objects = self.is_claimed or self._number > 1
        self._transfer = Transfer(plan, store, self._number, inspection.clocks, options)
        self._control_etags: dict[str, str] = {}

    def run(self) -> Commit:
        """Publish the plan, or finish what an interrupted run began.

        Ctrl-C: this method calls `Transfer.stop`, which sets `UploadControl.stopping` and aborts multipart uploads by
        `Store.stop`. ``cli/main.py`` prints the message and ends the process with 130 at once, without waiting for
        threads. SIGTERM does the same with 143 (``sigterm_as_interrupt`` in ``cli/terminal.py``).

        Raises:
            ConflictError: The destination holds something else, or does not hold what was sent.
            ContentChangedError: A local file changed since the plan.
            BucketError: The destination cannot be read or written; running again resumes.
        """
        name = self._plan.name
        with log_step(Step.CLAIM, name):
            self._run_interruptibly(self.claim)
        try:
            with log_step(Step.SEND, name):
                self._run_interruptibly(self.send)
            with log_step(Step.VERIFY, name):
                self.verify()
            with log_step(Step.COMMIT, name):
                self.commit()
        except (KeyboardInterrupt, AttemptEndedError):
            self._transfer.stop()
            raise
        finally:
            if self._options.journal:
                self._options.journal.close()
        if self._options.journal:
            self._options.journal.delete()
        return Commit(self._number, False, self._transfer.objects_sent, self._transfer.bytes_sent)

    def _run_interruptibly(self, step: Callable[[], None]) -> None:
        """Run a step in a thread, where an interrupt cannot come between a response and what is noted of it.

        Otherwise a multipart upload could be created whose id is lost, so that nothing aborts it.
        """
        run_in_thread(step, self._transfer.stopping)

    def claim(self) -> None:
        """Write the claim and the manifest, each with one conditional PUT.

        The claim alone decides between publishers of different content. It is written before any other object, and then
        the store has to prove that it does not replace it.
        """
        self._refuse_changed_files()
        if self._superseded is not None:
            probe_conditions(self._store, self._plan.name, self._superseded)
            self._supersede(self._superseded)
        if not self.is_claimed and not self._create(claim_key(self._number), Body.of_bytes(encode(self._claim))):
            existing = read_claim(self._store, self._plan.name, self._number)
            if existing.content_id != self._claim.content_id:
                raise ConflictError(
                    f"another publication of {self._plan.name} with other content began at {existing.time}; "
                    "this run stored nothing; run the same command again to see what can be done"
                )
            self._may_hold_objects = True
        self.is_claimed = True
        if self._superseded is None and self._claimed_content_id() != self._claim.content_id:
            raise ConflictError(
                f"another program has overwritten {self._plan.name}/{claim_key(self._number)} in {self._store.url}; "
                "nothing else was written. Contact the bucket owner"
            )
        log_detail(self._plan.name, "attempt %d is claimed", self._number)
        key = manifest_key(self._number)
        if not self._create(key, Body.of_chunks(self._plan.manifest.chunks)):
            stored = read_manifest(self._store, self._plan.name, self._number)
            if stored.content_id != self._plan.manifest.content_id:
                raise DamagedError(
                    f"{self._plan.name}/{key} in {self._store.url} is not the manifest that the claim names"
                )

    def send(self) -> None:
        """Send every object that is not stored yet, except ``data_description.json``."""
        if self._plan.parts:
            probe_completion(self._store, self._plan.name, self._number)
        self._transfer.send_all(self._may_hold_objects)
        sent, found = self._transfer.objects_sent, self._transfer.objects_found
        log_detail(self._plan.name, "%d objects sent (%d bytes), %d found", sent, self._transfer.bytes_sent, found)

    def verify(self) -> None:
        """List the destination and compare it with the manifest: nothing missing, changed or unlisted."""
        self._compare_stored(committed=False)
        abort_unfinished_uploads(self._plan, self._store)  # none should be open when the asset appears

    def commit(self) -> None:
        """Record the decision, write ``data_description.json`` and list the destination once more."""
        self._refuse_changed_files()
        self._decide()
        self._transfer.send(DATA_DESCRIPTION)
        self._compare_stored(committed=True)

    def _claimed_content_id(self) -> str:
        """The content of the claim, once the store has shown that it does not replace it."""
        return probe_conditions(self._store, self._plan.name, self._number).content_id

    def _create(self, key: str, body: Body) -> bool:
        """Write a control object with one conditional PUT; False if it exists already."""
        etag = self._store.create(f"{self._plan.name}/{key}", body)
        if etag is not None:
            self._control_etags[key] = etag
        return etag is not None

    def _refuse_changed_files(self) -> None:
        change = self._plan.first_change(self._list_files())
        if change is None:
            return
        key, what = change
        retry = "when no program writes to the asset any more, run the same command again"
        if self.is_claimed:
            retry += "; objects that are stored stay in the bucket, so you may have to add --supersede"
        raise ContentChangedError(key, f"{what} since the asset was checked, so the asset was not committed; {retry}")

    def _supersede(self, number: int) -> None:
        """End an attempt with other content, whose objects this one takes over."""
        end = End(AttemptOutcome.SUPERSEDED, read_claim(self._store, self._plan.name, number).content_id)
        if not self._create(end_key(number), Body.of_bytes(encode(end))):
            existing = read_end(self._store, self._plan.name, number)
            if existing.outcome is not AttemptOutcome.SUPERSEDED:
                raise attempt_ended_error(self._plan, existing)

    def _decide(self) -> None:
        """Record the decision to commit, with the bytes of ``data_description.json``, so that any run can finish it."""
        sidecar = self._plan.asset.sidecar(DATA_DESCRIPTION)
        assert sidecar is not None
        content_id = self._plan.manifest.content_id
        end = End.commit(content_id, sidecar.raw)
        if not self._create(end_key(self._number), Body.of_bytes(encode(end))):
            existing = read_end(self._store, self._plan.name, self._number)
            if (existing.outcome, existing.content_id) != (AttemptOutcome.COMMIT, content_id):
                raise attempt_ended_error(self._plan, existing)

    def _compare_stored(self, committed: bool) -> None:
        manifest = self._plan.manifest
        self._options.on_progress(Progress("verifying", 0, 0, len(manifest), manifest.size))
        check = StoredCheck(self._plan, self._store, self._number, self._transfer.etags, self._control_etags)
        if differences := Differences.of(check.differences(committed)):
            shown = "; ".join(str(difference) for difference in differences[:_MAX_SHOWN])
            more = f"; and {differences.total - _MAX_SHOWN:,} more" if differences.total > _MAX_SHOWN else ""
            when = "after" if committed else "before"
            raise VerificationError(
                f"{self._store.url} does not hold what was sent ({when} the commit): {shown}{more}", differences
            )


def abort_unfinished_uploads(plan: Plan, store: Store) -> None:
    """Abort multipart uploads whose creation was never confirmed, because a response was lost; every key is stored.

    A failure is ignored: such uploads cost storage and do no harm, and ``aind-lint verify`` lists them.
    """
    if plan.parts:
        with suppress(BucketError):
            abort_uploads(store, plan.manifest)
