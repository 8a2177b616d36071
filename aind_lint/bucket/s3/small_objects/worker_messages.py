"""The messages between the publishing process and a worker process: lines of JSON, which carry data and no code."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from aind_lint.bucket.upload_context import Endpoint, SigningContext
from aind_lint.bucket.upload_control import Deadline
from aind_lint.system.concurrency_limits import LoopLimits


class WorkerSetup(NamedTuple):
    """The first line to a worker process.

    Attributes:
        root: The folder with the files of the asset, as an absolute path.
        asset: The asset's name, with which every key in the bucket begins.
        limits: What the event loop of the process may have at the same time.
    """

    root: str
    asset: str
    limits: LoopLimits

    def to_line(self) -> bytes:
        """The setup as a line of JSON."""
        return json.dumps(self).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> WorkerSetup:
        """The setup that `to_line` wrote."""
        root, asset, limits = json.loads(line)
        return cls(root, asset, LoopLimits(*limits))


class WorkerFile(NamedTuple):
    """A small object that a worker process is to store.

    Attributes:
        position: The position in the manifest.
        key: The path inside the asset.
        size: Bytes.
        crc64nvme: The planned checksum, in the encoding of S3.
    """

    position: int
    key: str
    size: int
    crc64nvme: str


class WorkerBatch(NamedTuple):
    """Every other line to a worker process.

    Attributes:
        tag: The tag of the attempt.
        context: The address and the credentials.
        deadline: When the last of these requests may be signed.
        files: The objects.
    """

    tag: str
    context: SigningContext
    deadline: Deadline
    files: list[WorkerFile]

    def to_line(self) -> bytes:
        """The batch as a line of JSON."""
        return json.dumps([self.tag, asdict(self.context), self.deadline, self.files]).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> WorkerBatch:
        """The batch that `to_line` wrote."""
        tag, context, deadline, files = json.loads(line)
        signing = SigningContext(**{**context, "endpoint": Endpoint(**context["endpoint"])})
        return cls(tag, signing, Deadline(*deadline), [WorkerFile(*file) for file in files])


@dataclass
class WorkerResults:
    """A line from a worker process: results of some of the objects that it has received, by their positions.

    Attributes:
        stored: Objects that it has stored.
        etags: The ETag of each of them.
        taken: Objects whose key is taken.
        returned: Objects that it could not store, or did not try to.
        reason: Why the last of those is returned.
    """

    stored: list[int] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    reason: str = ""

    def __len__(self) -> int:
        return len(self.stored) + len(self.taken) + len(self.returned)

    def to_line(self) -> bytes:
        """The results as a line of JSON."""
        return json.dumps([self.stored, self.etags, self.taken, self.returned, self.reason]).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> WorkerResults:
        """The results that `to_line` wrote.

        Raises:
            ValueError: The line is not JSON, or it is cut off.
            TypeError: It is not a list of results.
        """
        return cls(*json.loads(line))
