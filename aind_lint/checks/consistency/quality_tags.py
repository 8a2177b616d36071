"""Do the groupings and allowed failures of a quality control name tags that a metric has?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.asset.asset import Asset
from aind_lint.engine.fault_limit import report_limited
from aind_lint.engine.rules import verb
from aind_lint.engine.rules.check_context import CheckContext
from aind_lint.engine.rules.verb import Fault
from aind_lint.text.characters import one_line
from aind_lint.text.suggestions import closest

SCOPE = "sidecar"

_FILE = "quality_control.json"


class Options(verb.Options):
    """This verb has no options."""


def check(asset: Asset, options: Options, context: CheckContext) -> Iterator[Fault]:
    """Yield a fault for every key in default_grouping and every value in allow_tag_failures that no metric has."""
    sidecar = asset.sidecar(_FILE)
    if sidecar is not None and sidecar.data is not None:
        yield from report_limited(_faults(sidecar.data), "more tags like this", _FILE)


def _faults(data: dict[str, Any]) -> Iterator[Fault]:
    metrics = data.get("metrics")
    tags = [metric.get("tags") for metric in metrics if isinstance(metric, dict)] if isinstance(metrics, list) else []
    pairs = [pair for tag in tags if isinstance(tag, dict) for pair in tag.items()]
    if not tags or any(not isinstance(tag, (dict, type(None))) for tag in tags):
        return  # before 2.3, tags were lists without keys
    keys, values = {key for key, _ in pairs}, {value for _, value in pairs if isinstance(value, str)}
    allowed_values = values | {f"{key}:{value}" for key, value in pairs}
    for field, allowed, what in (
        ("default_grouping", keys | {"modality", "stage", "name"}, "key of a tag"),
        ("allow_tag_failures", allowed_values, "value of a tag"),
    ):
        listed = data.get(field)
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            for word in item if isinstance(item, list) else [item]:
                if isinstance(word, str) and word not in allowed:
                    meant = closest(word, allowed & (keys | values))
                    message = f"'{one_line(word, 60)}' in {field} is no {what} that a metric has"
                    yield Fault(message, _FILE, f"/{field}/{index}", found=word, expected=meant)
