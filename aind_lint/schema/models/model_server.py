"""The program of the second process that loads the models: see `aind_lint.schema.models.model_process`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import BinaryIO

from aind_lint.schema.models.installed_models import model_version, validate_with_model
from aind_lint.schema.models.model_process import Reply, Request
from aind_lint.schema.models.model_result import ModelResult, ModelUnavailableError


def serve() -> None:
    """Answer the requests on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process decides what an interrupt means
    gc.disable()  # nearly everything is kept to the end: 0.1 s less
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no import may print between the replies
    try:
        _answer_all(sys.stdin.buffer, replies)
    finally:
        os._exit(0)  # the parent process has closed the pipe, or takes the early end for a failure


def _answer_all(requests: BinaryIO, replies: BinaryIO) -> None:
    for line in requests:
        request = Request.from_line(line)
        try:
            reply = Reply(_answer(request))
        except ModelUnavailableError as error:
            reply = Reply(None, str(error))
        if request.kind != "load":
            replies.write(reply.to_line())
            replies.flush()


def _answer(request: Request) -> ModelResult | str:
    if request.kind != "validate":
        return model_version(request.generation, request.cls)
    assert request.data is not None
    return validate_with_model(request.generation, request.cls, request.data, request.zone)
