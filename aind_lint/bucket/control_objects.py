"""The tool's own objects in a published asset, ``<asset>/.aind-lint/…``: each is written once.

``claim-n.json`` opens attempt n, ``manifest-n.json`` says what it will hold, ``end-n.json`` decides it. The bucket is
public, so they name no person and no machine.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from aind_lint.errors import DamagedError

FOLDER = ".aind-lint"
FORMAT_VERSION = 1

#: The sidecar whose presence makes an asset exist; it is written last.
DATA_DESCRIPTION = "data_description.json"

#: What the bucket's indexer owns at the root of an asset.
INDEXER_FILE = "metadata.nd.json"
INDEXER_FOLDER = "original_metadata"

_CONTROL_KEY = re.compile(rf"{re.escape(FOLDER)}/(claim|manifest|end|closed)-([1-9][0-9]{{0,5}})\.json")

Outcome = Literal["commit", "superseded", "abandoned"]


@dataclass(frozen=True)
class Claim:
    """Who writes an asset now.

    Attributes:
        content_id: The content it is going to have.
        run_id: The run, a random word; it also stands in that run's receipt.
        time: When, ISO 8601 in UTC.
        tool: Name and version of the writer.
    """

    content_id: str
    run_id: str
    time: str
    tool: str


@dataclass(frozen=True)
class End:
    """How an attempt was decided.

    Attributes:
        outcome: commit, superseded or abandoned.
        content_id: The content of the attempt.
        data_description: Of a commit, the bytes of ``data_description.json`` in base64, so that anyone can finish it.
    """

    outcome: Outcome
    content_id: str
    data_description: str | None = None

    @classmethod
    def commit(cls, content_id: str, data_description: bytes) -> End:
        """The decision to commit."""
        return cls("commit", content_id, base64.b64encode(data_description).decode("ascii"))


def claim_key(attempt: int) -> str:
    """The key of an attempt's claim, inside the asset."""
    return f"{FOLDER}/claim-{attempt}.json"


def manifest_key(attempt: int) -> str:
    """The key of an attempt's manifest, inside the asset."""
    return f"{FOLDER}/manifest-{attempt}.json"


def end_key(attempt: int) -> str:
    """The key of an attempt's decision, inside the asset."""
    return f"{FOLDER}/end-{attempt}.json"


def closed_key(attempt: int) -> str:
    """The key of the record that an abandoned attempt has been removed, inside the asset."""
    return f"{FOLDER}/closed-{attempt}.json"


def tag_of(content_id: str, attempt: int) -> str:
    """The mark on every data object that an attempt stores, so that abandoning it removes nothing else."""
    return f"{content_id}/{attempt}"


def encode(record: Claim | End) -> bytes:
    """A record as it is stored."""
    content = {"format_version": FORMAT_VERSION, **{k: v for k, v in asdict(record).items() if v is not None}}
    return (json.dumps(content, indent=1) + "\n").encode("utf-8")


def decode_claim(raw: bytes) -> Claim:
    """Read a stored claim.

    Raises:
        DamagedError: It is not one of a known form.
    """
    content = _decode(raw, "content_id", "run_id", "time", "tool")
    return Claim(content["content_id"], content["run_id"], content["time"], content["tool"])


def decode_end(raw: bytes) -> End:
    """Read a stored decision.

    Raises:
        DamagedError: It is not one of a known form.
    """
    content = _decode(raw, "outcome", "content_id")
    if content["outcome"] not in get_args(Outcome):
        raise DamagedError(f"a control object has the outcome '{content['outcome']}', unknown to this version")
    return End(content["outcome"], content["content_id"], content.get("data_description"))


def _decode(raw: bytes, *texts: str) -> Any:
    try:
        content = json.loads(raw)
        if content["format_version"] != FORMAT_VERSION:
            raise DamagedError(f"a control object has format {content['format_version']}, unknown to this version")
        if all(isinstance(content[name], str) for name in texts):
            return content
    except (ValueError, LookupError, TypeError):
        pass
    raise DamagedError("a control object in the bucket is damaged: it is not the JSON this tool writes")


def attempts(keys: Iterable[str]) -> dict[int, set[str]]:
    """From keys inside an asset: for every attempt, which of claim, manifest, end and closed are there."""
    found: dict[int, set[str]] = {}
    for key in keys:
        if match := _CONTROL_KEY.fullmatch(key):
            found.setdefault(int(match.group(2)), set()).add(match.group(1))
    return found


def is_control(key: str) -> bool:
    """Whether a key inside an asset belongs to the tool."""
    return key.startswith(f"{FOLDER}/")


def is_indexers(key: str) -> bool:
    """Whether a key inside an asset belongs to the bucket's indexer."""
    return key == INDEXER_FILE or key.startswith(f"{INDEXER_FOLDER}/")
