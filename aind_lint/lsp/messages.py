"""Requests to a check worker and its replies: a line of JSON, followed by the texts of a request as UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Literal

#: ``text`` checks one file in two stages; ``asset`` checks an asset with its models; ``cancel`` ends such a check.
Task = Literal["text", "asset", "cancel"]
#: Stages of the findings of one file.
SYNTAX, FILE, ASSET = 1, 2, 3


@dataclass(frozen=True)
class CheckRequest:
    """A request to a worker.

    Attributes:
        task: What to do.
        key: The file or folder. A later request with the same key replaces an earlier one.
        number: Repeated in the replies.
        encoding: The unit of columns: utf-8, utf-16 or utf-32.
        texts: The open texts by path, as UTF-8.
    """

    task: Task
    key: str
    number: int
    encoding: str = "utf-16"
    texts: dict[str, bytes] = field(default_factory=dict)

    def to_bytes(self) -> Iterator[bytes]:
        """The line and the texts."""
        lengths = [[path, len(text)] for path, text in self.texts.items()]
        yield json.dumps([self.task, self.key, self.number, self.encoding, lengths]).encode("ascii") + b"\n"
        yield from self.texts.values()

    @classmethod
    def read(cls, stream: BinaryIO) -> CheckRequest | None:
        """The next request in a stream; None at its end.

        Raises:
            ValueError: The stream contains something else.
        """
        line = stream.readline()
        if not line:
            return None
        task, key, number, encoding, lengths = json.loads(line)
        texts = {path: stream.read(length) for path, length in lengths}
        return cls(task, key, number, encoding, texts)


@dataclass(frozen=True)
class CheckReply:
    """The result of one stage.

    Attributes:
        key: The key of the request.
        number: The number of the request.
        stage: `SYNTAX`, `FILE` or `ASSET`.
        findings: Diagnostics by path, as values of JSON; see `aind_lint.lsp.document_checker`.
        rules: Ids of the rules that this stage runs; None for all.
        error: Why nothing could be checked.
    """

    key: str
    number: int
    stage: int
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rules: list[str] | None = None
    error: str | None = None

    def to_line(self) -> bytes:
        """The reply as a line of JSON."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> CheckReply:
        """The reply that `to_line` wrote.

        Raises:
            ValueError: The line is not JSON.
            TypeError: It is not a reply.
        """
        return cls(**json.loads(line))
