"""One JSON object per line: every finding with its asset, every asset, and the run last; for streams.

``type`` says which: ``finding``, ``asset`` or ``run``. The keys are those of the JSON report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.finding import Report
from aind_lint.report.json import dump, report_json


def render(report: Report) -> str:
    """The whole report."""
    return "".join(f"{dump(line, indent=None)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    content = report_json(report)
    for asset in content.pop("assets"):
        for finding in asset.pop("findings"):
            yield {"type": "finding", "asset": asset["path"], **finding}
        yield {"type": "asset", **asset}
    for finding in content.pop("configuration_findings"):
        yield {"type": "finding", "asset": None, **finding}
    yield {"type": "run", **content}
