"""Records what this machine has stored of an attempt, so that a resumed run need not request every object's state.

A line is added after the store has confirmed an object or a part of a large one. The journal only saves time and proves
nothing: a line counts while the store lists the object with the ETag of the line, and otherwise the object is compared.
It is outside the asset. If the disk is full, the journal ends and the publication continues.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from json.encoder import encode_basestring_ascii
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from aind_lint.bucket.destination.stored_etags import StoredEtags
from aind_lint.bucket.manifest import Manifest, ManifestEntry
from aind_lint.bucket.retry import OnMessage
from aind_lint.bucket.store import ResumeState
from aind_lint.errors import os_error_reason

#: Maximum time in seconds until a line is passed to the system.
_FLUSH_SECONDS = 0.5


class Journal:
    """The journal of one attempt at one destination."""

    def __init__(self, folder: Path, url: str, on_message: OnMessage = lambda text: None) -> None:
        """A journal in ``folder`` for the destination ``url``; ``on_message`` is called when it cannot be kept."""
        self._folder = folder
        self._url = url
        self._on_message = on_message
        self._lock = Lock()
        self._stream: BinaryIO | None = None
        self._path: Path | None = None
        self._flushed = 0.0
        self._resume_states: dict[str, ResumeState] = {}

    def open(self, manifest: Manifest, attempt: int) -> StoredEtags:
        """Begin or continue the journal of an attempt; the recorded ETags of stored objects.

        Version 0.1.0 recorded none, so the objects of its lines are compared with the store.
        """
        stored = StoredEtags(len(manifest))
        place = hashlib.sha256(f"{self._url}\n{manifest.content_id}\n{attempt}".encode()).hexdigest()[:16]
        self._path = self._folder / f"{manifest.asset}.{place}.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._stream = self._path.open("a+b")
            self._stream.seek(0)
            for line in self._stream:
                with suppress(ValueError, LookupError, TypeError):  # the last line of a run that was killed
                    row = json.loads(line)
                    if "upload" in row:
                        self._replay_part(row["key"], row["upload"], row["part"], row["etag"])
                    elif manifest.get(row["key"]) == ManifestEntry(row["key"], row["size"], row["crc64nvme"]):
                        stored.note(manifest.index(row["key"]), row.get("etag"))
                        self._resume_states.pop(row["key"], None)
            self._stream.write(b"\n")  # ends a line that was cut off
        except OSError as error:
            self._disable(error)
        return stored

    def _replay_part(self, key: str, upload: str, part: int, etag: str) -> None:
        """Replay a line about a stored part; part 0 stands for the start of the upload."""
        if key not in self._resume_states or self._resume_states[key].upload_id != upload:
            self._resume_states[key] = ResumeState(upload)
        if part:
            self._resume_states[key].part_etags[part] = etag

    def resume_state(self, key: str) -> ResumeState:
        """The state of a multipart upload that an earlier run recorded; new parts are recorded, too."""
        resume_state = self._resume_states.pop(key, None) or ResumeState()

        def record(upload: str, part: int, etag: str) -> None:
            self._add(json.dumps({"key": key, "upload": upload, "part": part, "etag": etag}) + "\n", flush=True)

        resume_state.record = record
        return resume_state

    def add(self, entry: ManifestEntry, proof: str, etag: str | None) -> None:
        """Record that an object is stored, what confirmed its content, and its ETag."""
        key = encode_basestring_ascii(entry.key)
        row = f'"key": {key}, "size": {entry.size}, "crc64nvme": "{entry.crc64nvme}", "proof": "{proof}"'
        self._add(f'{{{row}, "etag": {encode_basestring_ascii(etag or "")}}}\n')

    def _add(self, line: str, flush: bool = False) -> None:
        with self._lock:
            if self._stream is None:
                return
            try:
                self._stream.write(line.encode())
                now = time.monotonic()
                if flush or now - self._flushed > _FLUSH_SECONDS:
                    self._flushed = now
                    self._stream.flush()
            except OSError as error:
                self._disable(error)

    def close(self) -> None:
        """Close the file and keep it, so that a later run can resume."""
        with self._lock:
            if self._stream is not None:
                try:
                    self._stream.close()
                except OSError as error:
                    self._disable(error)
                self._stream = None

    def delete(self) -> None:
        """Close and delete the file: the attempt is committed, so no run will resume it."""
        self.close()
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()

    def _disable(self, error: OSError) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()
        reason = os_error_reason(error)
        self._on_message(
            f"the journal cannot be written to {self._folder} ({reason}); resuming will read the bucket instead"
        )
