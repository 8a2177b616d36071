"""The tool's own objects in a published asset, ``<asset>/.aind-lint/…``: each is written once.

``claim-n.json`` starts attempt n, ``manifest-n.json`` lists its content, ``end-n.json`` decides it, ``closed-n.json``
records that an abandoned attempt was removed. The bucket is public, so they name no person and no machine.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from aind_lint.errors import NOT_SUPPORTED, DamagedError

CONTROL_FOLDER = ".aind-lint"

#: The object at the root of a destination with which ``doctor --write`` tests whether existing objects are kept.
PROBE_KEY = ".aind-lint-probe"
FORMAT_VERSION = 1

#: An asset exists if this sidecar does; it is written last.
DATA_DESCRIPTION = "data_description.json"

_CONTROL_KEY = re.compile(rf"{re.escape(CONTROL_FOLDER)}/(claim|manifest|end|closed)-([^/]*)\.json")
_NUMBER = re.compile("[1-9][0-9]{0,5}")

#: Bytes of the largest record: a decision contains data_description.json, of at most 64 MB, in base64.
MAX_RECORD = 128 * 2**20


class AttemptOutcome(str, Enum):
    """How an attempt ended, as ``end-n.json`` names it."""

    COMMIT = "commit"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"

    __str__ = str.__str__


@dataclass(frozen=True)
class Claim:
    """The start of an attempt.

    Attributes:
        content_id: Identity of the content that the attempt publishes.
        run_id: Random identifier of the run, which is also in its receipt.
        time: Start time, ISO 8601 in UTC.
        tool: Name and version of the program.
    """

    content_id: str
    run_id: str
    time: str
    tool: str


@dataclass(frozen=True)
class End:
    """The decision about an attempt.

    Attributes:
        outcome: How the attempt ended.
        content_id: Identity of the content of the attempt.
        data_description: For a commit, ``data_description.json`` in base64, so that any later run can write it.
    """

    outcome: AttemptOutcome
    content_id: str
    data_description: str | None = None

    @classmethod
    def commit(cls, content_id: str, data_description: bytes) -> End:
        """The decision to commit."""
        return cls(AttemptOutcome.COMMIT, content_id, base64.b64encode(data_description).decode("ascii"))


def claim_key(attempt: int) -> str:
    """The key of an attempt's claim, inside the asset."""
    return f"{CONTROL_FOLDER}/claim-{attempt}.json"


def manifest_key(attempt: int) -> str:
    """The key of an attempt's manifest, inside the asset."""
    return f"{CONTROL_FOLDER}/manifest-{attempt}.json"


def end_key(attempt: int) -> str:
    """The key of an attempt's decision, inside the asset."""
    return f"{CONTROL_FOLDER}/end-{attempt}.json"


def closed_key(attempt: int) -> str:
    """The key of the record that an abandoned attempt has been removed, inside the asset."""
    return f"{CONTROL_FOLDER}/closed-{attempt}.json"


def attempt_tag(content_id: str, attempt: int) -> str:
    """The tag of every data object that an attempt stores; abandoning the attempt removes only objects with it."""
    return f"{content_id}/{attempt}"


def encode(record: Claim | End) -> bytes:
    """The stored form of a record."""
    content = {"format_version": FORMAT_VERSION, **{k: v for k, v in asdict(record).items() if v is not None}}
    return (json.dumps(content, indent=1) + "\n").encode("utf-8")


def decode_claim(raw: bytes) -> Claim:
    """Read a stored claim.

    Raises:
        DamagedError: It is not in a known format.
    """
    content = _decode(raw, "content_id", "run_id", "time", "tool")
    return Claim(content["content_id"], content["run_id"], content["time"], content["tool"])


def decode_end(raw: bytes) -> End:
    """Read a stored decision.

    Raises:
        DamagedError: It is not in a known format.
    """
    content = _decode(raw, "outcome", "content_id")
    try:
        outcome = AttemptOutcome(content["outcome"])
    except ValueError:
        raise DamagedError(f"a control object has the outcome '{content['outcome']}', which {NOT_SUPPORTED}") from None
    return End(outcome, content["content_id"], content.get("data_description"))


def _decode(raw: bytes, *required: str) -> Any:
    try:
        content = json.loads(raw)
        if content["format_version"] != FORMAT_VERSION:
            raise DamagedError(f"a control object has format {content['format_version']}, which {NOT_SUPPORTED}")
        if all(isinstance(content[name], str) for name in required):
            return content
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise DamagedError("a control object in the bucket is damaged: it is not the JSON that aind-lint writes")


def group_attempts(keys: Iterable[str]) -> dict[int, set[str]]:
    """The attempts among keys inside an asset: by number, which of claim, manifest, end and closed exist.

    Raises:
        DamagedError: The numbers are not 1, 2, …, or a record without which others cannot exist is missing.
    """
    attempts: dict[int, set[str]] = {}
    for key in keys:
        if match := _CONTROL_KEY.fullmatch(key):
            if not _NUMBER.fullmatch(match.group(2)):
                raise DamagedError(f"{key} is not the name of a control object that aind-lint writes")
            attempts.setdefault(int(match.group(2)), set()).add(match.group(1))
    for expected, number in enumerate(sorted(attempts), 1):
        _refuse_gap(expected, number, attempts)
    return attempts


def _refuse_gap(expected: int, number: int, attempts: dict[int, set[str]]) -> None:
    """Raise DamagedError if a record that must precede those of an attempt is missing."""
    found = f"{CONTROL_FOLDER}/{min(attempts[number])}-{number}.json exists"
    if "claim" not in attempts[number]:
        raise DamagedError(f"{found}, but {claim_key(number)} is missing")
    if number != expected:
        raise DamagedError(f"{found}, but {claim_key(expected)} is missing")
    if "end" not in attempts[number] and "closed" in attempts[number]:
        raise DamagedError(f"{closed_key(number)} exists, but {end_key(number)} is missing")
    if number > 1 and "end" not in attempts[number - 1]:
        raise DamagedError(f"{found}, but {end_key(number - 1)} is missing")


def is_control_key(key: str) -> bool:
    """Whether a key inside an asset is one of this tool's control objects."""
    return key.startswith(f"{CONTROL_FOLDER}/")
