"""What is judged together, and the parameters of a judge, as JSON: the same for a process, a cluster, any number.

A unit of work has up to 100 assets, so that the sidecars of many are read at the same time. Nothing in it is a secret:
every worker reads the credentials of its own environment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from aind_lint.audit.asset_task import AssetTask, AssetVerdict
from aind_lint.audit.batches import split_by_size
from aind_lint.bucket.address import Connection
from aind_lint.config.settings import Settings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

#: Assets of one unit, and keys of their listings: about 16 MB of JSON.
_UNIT_ASSETS, _UNIT_KEYS = 100, 200_000


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # slow to import, and an audit in which nothing has changed needs none

    return TypeAdapter(model)


@dataclass(frozen=True)
class JudgeParameters:
    """What every unit of an audit shares.

    Attributes:
        address: Address of the bucket.
        settings: The configuration.
        connection: How to connect to S3; the credentials are those of each worker.
        now: The time of the listing, which counts as now for every rule.
        sample: The share of the assets whose data is read.
        max_requests_per_second: The most requests of one worker in a second; None without a limit.
    """

    address: str
    settings: Settings
    connection: Connection
    now: datetime
    sample: float = 0.0
    max_requests_per_second: float | None = None

    def to_json(self) -> str:
        """The parameters as JSON."""
        content = {
            "address": self.address,
            "settings": _adapter(Settings).dump_python(self.settings, mode="json"),
            "connection": self.connection._asdict(),
            "now": self.now.isoformat(),
            "sample": self.sample,
            "max_requests_per_second": self.max_requests_per_second,
        }
        return json.dumps(content, sort_keys=True)

    def verdict_inputs(self) -> str:
        """What of them a verdict depends on: not the time, and not how data is read."""
        return repr((self.address, self.settings))

    @classmethod
    def from_json(cls, text: str) -> JudgeParameters:
        """The parameters that `to_json` has written."""
        content: dict[str, Any] = json.loads(text)
        return cls(
            content["address"],
            _adapter(Settings).validate_python(content["settings"]),
            Connection(**content["connection"]),
            datetime.fromisoformat(content["now"]),
            content["sample"],
            content["max_requests_per_second"],
        )


def units(tasks: Iterable[AssetTask]) -> Iterator[list[AssetTask]]:
    """Tasks in units of work, which depend on nothing but the order of the tasks."""
    return split_by_size(tasks, lambda task: len(task.keys or ()), _UNIT_KEYS, _UNIT_ASSETS)


def tasks_to_json(tasks: list[AssetTask]) -> str:
    """A unit of work as JSON."""
    return _adapter(list[AssetTask]).dump_json(tasks).decode()


def tasks_from_json(text: str) -> list[AssetTask]:
    """The unit that `tasks_to_json` has written."""
    found: list[AssetTask] = _adapter(list[AssetTask]).validate_json(text)
    return found


def verdicts_to_json(verdicts: list[AssetVerdict]) -> str:
    """Verdicts as JSON."""
    return _adapter(list[AssetVerdict]).dump_json(verdicts).decode()


def verdicts_from_json(text: str) -> list[AssetVerdict]:
    """The verdicts that `verdicts_to_json` has written."""
    found: list[AssetVerdict] = _adapter(list[AssetVerdict]).validate_json(text)
    return found


def unknown_verdicts(unit: list[AssetTask], reason: str) -> list[AssetVerdict]:
    """The verdicts of assets that could not be judged."""
    return [AssetVerdict(task.name, unknown=reason) for task in unit]
