"""A second process that loads the models of the schema packages while this one does other work.

Loading them takes 1.2 s of CPU, more than all other parts of the checks together, and Python runs one thread at a time.
No result depends on the process: without it, or when it dies, the models are loaded in this process. Requests and
replies are lines of JSON, which carries data and no code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from queue import SimpleQueue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Literal, NamedTuple

from aind_lint.schema.generation import Generation
from aind_lint.schema.models.model_result import ModelError, ModelResult, ModelUnavailableError
from aind_lint.schema.models.model_source import LocalModels
from aind_lint.schema.violation import Violation
from aind_lint.system.python_process import available_cores, can_start_python, kill, start_python

_PROGRAM = "from aind_lint.schema.models.model_server import serve; serve()"

#: Modules that are imported with the models.
_LOADED = ("aind_data_schema.base", "biodata_schema.base")

_was_started = Event()


class Request(NamedTuple):
    """What the process is asked for.

    Attributes:
        kind: To load a model, which has no reply; to validate with it; or its version.
        generation: The generation of the model.
        cls: The class of the model.
        data: The content of a sidecar, to validate.
        zone: The time zone of times without an offset.
    """

    kind: Literal["load", "validate", "version"]
    generation: Generation
    cls: str
    data: dict[str, Any] | None = None
    zone: str = ""

    def to_line(self) -> bytes:
        """The request as a line of JSON.

        Raises:
            ValueError: JSON cannot represent it.
        """
        return json.dumps(self).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Request:
        """The request that `to_line` wrote."""
        return cls(*json.loads(line))


class Reply(NamedTuple):
    """The reply to a request.

    Attributes:
        value: The result or the version.
        unavailable: Why there is none.
    """

    value: ModelResult | str | None
    unavailable: str | None = None

    def to_line(self) -> bytes:
        """The reply as a line of JSON."""
        value = self.value if self.value is None or isinstance(self.value, str) else asdict(self.value)
        return json.dumps([value, self.unavailable]).encode("ascii") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Reply:
        """The reply that `to_line` wrote.

        Raises:
            ValueError: The line is not JSON, or it is cut off.
            TypeError: It is not a reply.
            LookupError: It lacks a key.
        """
        value, unavailable = json.loads(line)
        return cls(_model_result(value) if isinstance(value, dict) else value, unavailable)

    def result(self) -> Any:
        """The result or the version.

        Raises:
            ModelUnavailableError: There is no such model.
        """
        if self.unavailable is not None:
            raise ModelUnavailableError(self.unavailable)
        return self.value


def _model_result(fields: dict[str, Any]) -> ModelResult:
    failures = (
        ModelError(**{**failure, "violation": Violation(**failure["violation"])})
        for failure in fields["validator_failures"]
    )
    violations = (Violation(**violation) for violation in fields["schema_violations"])
    return ModelResult(tuple(violations), tuple(failures))


class ModelProcess:
    """The models, in a second process; leave the ``with`` block to end it."""

    def __init__(self) -> None:
        """Start the process.

        Raises:
            OSError: It cannot be started.
        """
        self._process = start_python(_PROGRAM)
        self._local = LocalModels()
        self._is_alive = True
        self._lock = Lock()
        self._sent: list[Request] = []
        self._replies: list[Reply] = []
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        # A thread of its own: a full pipe blocks while the process still loads the models.
        Thread(target=self._write, daemon=True).start()

    def __enter__(self) -> ModelProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._is_alive = False
        self._requests.put(None)
        kill(self._process)

    def load(self, generation: Generation, classes: Iterable[str]) -> None:
        """Let the process load models that will be needed."""
        for cls in classes:
            self._requests.put(Request("load", generation, cls))

    def submit(self, generation: Generation, cls: str, data: dict[str, Any], zone: str) -> None:
        """Ask for a result that `validate` will return later."""
        with self._lock:
            self._send(Request("validate", generation, cls, data, zone))

    def validate(self, generation: Generation, cls: str, data: dict[str, Any], zone: str) -> ModelResult:
        """Validate the content of a sidecar with a model.

        Raises:
            ModelUnavailableError: There is no such model.
        """
        reply = self._reply(Request("validate", generation, cls, data, zone))
        result: ModelResult = self._local.validate(generation, cls, data, zone) if reply is None else reply.result()
        return result

    def version(self, generation: Generation, cls: str) -> str:
        """The ``schema_version`` of a model.

        Raises:
            ModelUnavailableError: There is no such model.
        """
        reply = self._reply(Request("version", generation, cls))
        return self._local.version(generation, cls) if reply is None else str(reply.result())

    def _send(self, request: Request) -> int:
        """The number of a request, which is sent unless an equal one has been sent."""
        for number, sent in enumerate(self._sent):
            if sent.data is request.data and sent == request:
                return number
        self._sent.append(request)
        self._requests.put(request)
        return len(self._sent) - 1

    def _reply(self, request: Request) -> Reply | None:
        """The reply to a request; None if the process has died."""
        with self._lock:
            number = self._send(request)
            while self._is_alive and len(self._replies) <= number:
                self._read()
            return self._replies[number] if number < len(self._replies) else None

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            self._replies.append(Reply.from_line(self._process.stdout.readline()))
        except (OSError, ValueError, TypeError, LookupError):  # it has died, and its last line may be cut off anywhere
            self._is_alive = False

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            while (request := self._requests.get()) is not None:
                self._process.stdin.write(request.to_line())
                self._process.stdin.flush()
        except (OSError, ValueError, RecursionError):
            # It has died or was closed, or JSON cannot represent the request. A reply would be awaited for ever.
            self._process.kill()


def start_model_process() -> ModelProcess | None:
    """A process for the models; None if this one has them already, or a second process would gain nothing.

    Only the first publication of a process gets one. From the second on it is cheaper to keep the models loaded here.
    """
    if _was_started.is_set() or available_cores() < 2 or not can_start_python():
        return None
    if any(name in sys.modules for name in _LOADED):
        return None
    _was_started.set()
    try:
        return ModelProcess()
    except (OSError, subprocess.SubprocessError):
        return None
