"""One JSON object per line, for streams: the findings of an asset, the asset, and so on; the run comes last.

``type`` is ``finding``, ``asset`` or ``run``. The keys are those of the JSON report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aind_lint.finding import Report
from aind_lint.report.json_document import report_json, to_json_text


def render(report: Report, verbose: bool = False) -> str:
    """The whole report."""
    return "".join(f"{to_json_text(line, indent=None)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[dict[str, Any]]:
    content = report_json(report)
    for asset in content.pop("assets"):
        for finding in asset.pop("findings"):
            yield {"type": "finding", "asset": asset["path"], **finding}
        yield {"type": "asset", **asset}
    for finding in content.pop("configuration_findings"):
        yield {"type": "finding", "asset": None, **finding}
    yield {"type": "run", **content}
